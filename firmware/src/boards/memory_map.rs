//! MemoryMap maps: plain numbers, from which `build.rs` makes the linker scripts, the boards their addresses, and the tests the files that
//! they load into the emulator.

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// The first address.
    pub start: u32,
    /// How many bytes.
    pub length: u32,
}

impl Area {
    /// The first address behind it.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.start + self.length
    }
}

/// Where a board has what.
#[derive(Clone, Copy, Debug)]
pub struct MemoryMap {
    /// The board, as its cargo feature and QEMU's machine are called.
    pub board: &'static str,
    /// Where the boot image lies, from which the processor starts.
    pub boot: Area,
    /// The flash that the boot manages: trust policies, journal, slots and staging area, in [`MemoryMap::regions`].
    pub flash: Area,
    /// What the flash erases at once.
    pub sector: u32,
    /// What it writes at once, and only once before it is erased.
    pub word: u32,
    /// How much of the flash each slot takes, and the staging area.
    pub slot: u32,
    /// Stack and statics.
    pub ram: Area,
    /// What boot and application tell each other, behind `ram`; nobody's start-up clears it.
    pub handover: Area,
}

/// Bytes at the end of the handover block that are not the report's: the clock (8) and the application's vector table (8).
const HANDOVER_WORDS: u32 = 16;

/// The parts of the flash, as offsets from its start.
#[derive(Clone, Copy, Debug)]
pub struct Regions {
    /// The pages of the trust policy.
    pub policy: [Area; 2],
    /// The pages of the journal.
    pub journal: [Area; 2],
    /// The slots a and b.
    pub slots: [Area; 2],
    /// The staging area.
    pub staging: Area,
}

impl MemoryMap {
    /// The map of the flash: a page each, then the slots, then the staging area.
    #[must_use]
    pub const fn regions(&self) -> Regions {
        Regions {
            policy: [self.page(0), self.page(1)],
            journal: [self.page(2), self.page(3)],
            slots: [self.image(0), self.image(1)],
            staging: self.image(2),
        }
    }

    const fn page(&self, number: u32) -> Area {
        Area { start: number * self.sector, length: self.sector }
    }

    const fn image(&self, number: u32) -> Area {
        Area { start: 4 * self.sector + number * self.slot, length: self.slot }
    }

    /// Where an image may lie that runs in a slot: behind the head of its package, which is of the length `head`. Half of the slot is left to its bundle.
    #[must_use]
    pub const fn application(&self, slot: usize, head: u32) -> Area {
        Area { start: self.flash.start + self.regions().slots[slot].start + head, length: self.slot / 2 }
    }

    /// Stack, statics and the handover block.
    #[must_use]
    pub const fn all_ram(&self) -> Area {
        Area { start: self.ram.start, length: self.handover.end() - self.ram.start }
    }

    /// The boot report's block.
    #[must_use]
    pub const fn report(&self) -> Area {
        Area { start: self.handover.start, length: self.handover.length - HANDOVER_WORDS }
    }

    /// Where the battery-backed clock is: a little-endian `u64`.
    #[must_use]
    pub const fn clock(&self) -> u32 {
        self.report().end()
    }

    /// Where the boot leaves the address of the application's vector table, for cores that cannot be told another one.
    #[must_use]
    pub const fn vectors(&self) -> u32 {
        self.report().end() + 8
    }
}

const KIB: u32 = 1 << 10;
const MIB: u32 = 1 << 20;

/// Arm's MPS2 with the AN385 image (Arm DAI 0385): a Cortex-M3. All of its memories are RAM; the first one, where the processor starts, stands for
/// internal flash, and the PSRAM for a memory-mapped external one with the usual sectors of 4 KiB.
pub const MPS2_AN385: MemoryMap = MemoryMap {
    board: "mps2-an385",
    boot: Area { start: 0, length: 256 * KIB },
    flash: Area { start: 0x2100_0000, length: 16 * MIB },
    sector: 4 * KIB,
    word: 16, // the longest of the microcontrollers of PORTING.md
    slot: 5 * MIB,
    ram: Area { start: 0x2000_0000, length: 32 * KIB },
    handover: Area { start: 0x2000_8000, length: KIB },
};

/// The same with the AN386 image: a Cortex-M4 with floating point, which the boot has no use for.
pub const MPS2_AN386: MemoryMap = MemoryMap { board: "mps2-an386", ..MPS2_AN385 };

/// The same board with the AN505 image (Arm DAI 0505): a Cortex-M33 that starts in the secure state, in which boot and application stay. So these are
/// the addresses of the secure world, but for the PSRAM, which has one address only and is nobody's while the SAU is off.
pub const MPS2_AN505: MemoryMap = MemoryMap {
    board: "mps2-an505",
    boot: Area { start: 0x1000_0000, ..MPS2_AN385.boot },
    flash: Area { start: 0x8000_0000, ..MPS2_AN385.flash },
    ram: Area { start: 0x3800_0000, ..MPS2_AN385.ram },
    handover: Area { start: 0x3800_8000, ..MPS2_AN385.handover },
    ..MPS2_AN385
};

/// BBC's micro:bit: a Nordic nRF51822 (Cortex-M0, 256 KiB of flash in pages of 1 KiB, 16 KiB of RAM). Boot and slots share the flash.
pub const MICROBIT: MemoryMap = MemoryMap {
    board: "microbit",
    boot: Area { start: 0, length: 108 * KIB },
    flash: Area { start: 108 * KIB, length: 148 * KIB },
    sector: KIB,
    word: 4,
    slot: 48 * KIB,
    ram: Area { start: 0x2000_0000, length: 15 * KIB },
    handover: Area { start: 0x2000_3c00, length: KIB },
};

/// QEMU's `virt`, rv32imac. It is all RAM: the first part stands for the flash of the boot, the third for that of the slots.
pub const VIRT: MemoryMap = MemoryMap {
    board: "virt",
    boot: Area { start: 0x8000_0000, ..MPS2_AN385.boot },
    ram: Area { start: 0x8010_0000, ..MPS2_AN385.ram },
    handover: Area { start: 0x8010_8000, ..MPS2_AN385.handover },
    flash: Area { start: 0x8100_0000, ..MPS2_AN385.flash },
    ..MPS2_AN385
};

/// Every board.
pub const ALL: [&MemoryMap; 5] = [&MPS2_AN385, &MPS2_AN386, &MPS2_AN505, &MICROBIT, &VIRT];
