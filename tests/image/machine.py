"""A Cortex-M3 in the unicorn emulator: runs a boot image as QEMU's mps2-an385 does, and can be set back to where it was.

Unicorn itself has no memory protection unit: [`ProtectionUnit`] is one, made of what the image writes into its registers.
"""

import struct
import threading
import time
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile
from unicorn import (
    UC_ARCH_ARM, UC_HOOK_BLOCK, UC_HOOK_INTR, UC_HOOK_MEM_INVALID, UC_HOOK_MEM_WRITE_PROT, UC_MODE_MCLASS, UC_MODE_THUMB, UC_PROT_ALL,
    UC_PROT_EXEC, UC_PROT_NONE, UC_PROT_READ, UC_PROT_WRITE, Uc, UcError,
)
from unicorn.arm_const import (
    UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R12, UC_ARM_REG_SP, UC_ARM_REG_XPSR, UC_CPU_ARM_CORTEX_M3,
)

# What a state is made of besides memory, and where in it is what.
REGISTERS = (*range(UC_ARM_REG_R0, UC_ARM_REG_R12 + 1), UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_XPSR)
SP, LR, PC, XPSR = 13, 14, 15, 16
CALL = (UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_PC)

# How a run ends.
EXIT, IMAGE, STRAY, FAULT, HANG = "exit", "image", "stray", "fault", "hang"

# Semihosting operations (Arm, "Semihosting for AArch32 and AArch64", 2.0).
SYS_OPEN, SYS_CLOSE, SYS_WRITEC, SYS_WRITE, SYS_READ, SYS_SEEK, SYS_FLEN = 0x01, 0x02, 0x03, 0x05, 0x06, 0x0A, 0x0C
SYS_EXIT, SYS_EXIT_EXTENDED = 0x18, 0x20
PAGE = 4096
SYSTEM_CONTROL = 0xE000_E000  # with VTOR and the protection unit (Armv7-M Architecture Reference Manual, B3.2)
NEVER = 0xFFFF_FFFE
BREAKPOINT = 7  # unicorn's number of the exception that `bkpt` takes
NOP = b"\x00\xbf"


@dataclass(frozen=True)
class End:
    """How a run ended, and the exit code or the address."""

    kind: str
    value: int


class Unsure(Exception):
    """The emulator has stopped, and not where it should."""


class Image:
    """The segments and symbols of an ELF file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            elf = ELFFile(file)
            self.segments = [
                (segment["p_paddr"], segment.data())
                for segment in elf.iter_segments()
                if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]
            ]
            symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
            functions = [s for s in symbols if s["st_info"]["type"] == "STT_FUNC"]
            self.functions = sorted((s["st_value"] & ~1, s["st_size"], s.name) for s in functions)
            self.symbols = {s.name: s["st_value"] for s in symbols}

    def function(self, address):
        """The name of the function that holds `address`."""
        inside = [name for start, size, name in self.functions if start <= address < start + size]
        return inside[0] if inside else "?"


class ProtectionUnit:
    """PMSAv7 as the Cortex-M3 has it (Armv7-M Architecture Reference Manual, B3.5): eight regions, of which the last one counts. Of access it knows
    what privileged code may do, as which all runs here. Where no region is, there is nothing; a background region is not modelled."""

    TYPE, CONTROL, NUMBER, BASE, END = 0xD90, 0xD94, 0xD98, 0xD9C, 0xDBC
    NO_WRITE, NO_ACCESS = (0b101, 0b110, 0b111), (0b000,)

    def __init__(self):
        self.control, self.number, self.regions = 0, 0, [(0, 0)] * 8

    def write(self, offset, value):
        if offset == self.CONTROL:
            self.control = value
        elif offset == self.NUMBER:
            self.number = value & 7
        elif (offset - self.BASE) % 8 == 0:
            if value & 0x10:
                self.number = value & 7
            self.regions[self.number] = (value & ~0x1F, self.regions[self.number][1])
        else:
            self.regions[self.number] = (self.regions[self.number][0], value)

    def is_on(self):
        return self.control & 1 == 1

    def state(self):
        return self.control, self.number, tuple(self.regions)

    def set(self, state):
        self.control, self.number, self.regions = state[0], state[1], list(state[2])

    def allows(self, start, size):
        """What an area may be used for, which is in a region as a whole or not at all."""
        if not self.is_on():
            return UC_PROT_ALL
        for base, attributes in reversed(self.regions):
            length = 2 << (attributes >> 1 & 0x1F)
            if attributes & 1 and base & -length <= start and start + size <= (base & -length) + length:
                access = attributes >> 24 & 7
                if access in self.NO_ACCESS:
                    return UC_PROT_NONE
                write = UC_PROT_NONE if access in self.NO_WRITE else UC_PROT_WRITE
                return UC_PROT_READ | write | (UC_PROT_NONE if attributes >> 28 & 1 else UC_PROT_EXEC)
        return UC_PROT_NONE


class Watchdog(threading.Thread):
    """Stops runs of the thread that makes it when they have taken too long, by the time that the processor has spent on them. Unicorn's own timer takes longer than
    most runs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.clock = time.pthread_getcpuclockid(threading.get_ident())
        self.deadline, self.machine, self.lock = 0, None, threading.Lock()
        self.start()

    def run(self):
        while True:
            time.sleep(0.005)
            with self.lock:
                if self.machine and time.clock_gettime(self.clock) > self.deadline:
                    self.machine.late = True
                    self.machine.uc.emu_stop()

    def watch(self, machine, seconds):
        with self.lock:
            self.deadline, self.machine = time.clock_gettime(self.clock) + seconds, machine


@dataclass(frozen=True)
class State:
    """A machine at some point: its registers, the unit's, VTOR, and RAM."""

    registers: tuple
    unit: tuple
    vectors: int
    ram: tuple

    @property
    def sp(self):
        return self.registers[SP]


class Machine:
    """The processor, its memories, and the files that it reaches by semihosting.

    `ram` and `flash` are what a run changes and what is set back; `images` is what must not be executed; what else of RAM and flash is executed has been
    taken for code by mistake: a stray, where the protection unit lets it.
    """

    def __init__(self, image, rom, ram, flash, images, files):
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M3)
        self.unit, self.vectors = ProtectionUnit(), 0
        self.areas = [(*area, kind) for kind, areas in (("rom", rom), ("ram", ram), ("flash", flash)) for area in areas]
        self.protection = {}
        for start, size, _ in self.areas:
            self.uc.mem_map(start, size)
        for address, content in image.segments:
            self.uc.mem_write(address, content)
        self.uc.mmio_map(SYSTEM_CONTROL, PAGE, self._read_register, None, self._write_register, None)
        self.ram, self.images, self.end, self.files, self.handles = ram, images, None, dict(files), {}
        self.flash, self.kept, self.late, self.slow = flash, None, False, 0
        self.uc.hook_add(UC_HOOK_INTR, self._exception)
        self.uc.hook_add(UC_HOOK_MEM_INVALID & ~UC_HOOK_MEM_WRITE_PROT, self._invalid)
        self.uc.hook_add(UC_HOOK_MEM_WRITE_PROT, self._protected)
        for start, size in (*ram, *flash):
            self.uc.hook_add(UC_HOOK_BLOCK, self._executed, begin=start, end=start + size - 1)
        self._protect()
        stack, entry = struct.unpack("<II", self.uc.mem_read(0, 8))
        self.uc.reg_write(UC_ARM_REG_SP, stack)
        self.uc.reg_write(UC_ARM_REG_PC, entry | 1)

    @property
    def pc(self):
        return self.uc.reg_read(UC_ARM_REG_PC)

    @property
    def sp(self):
        return self.uc.reg_read(UC_ARM_REG_SP)

    def run(self, until=None, watchdog=None, seconds=0, may_stop=False):
        """Runs up to `until`, or to an end, which it returns. A `watchdog` stops it after `seconds`; `may_stop` says that a hook may.

        A machine that a watchdog has stopped is of no use any more: unicorn may be anywhere in its work.
        """
        self.end, self.late = None, False
        until = NEVER if until is None else until
        # What was translated already would run over an address to stop at.
        if until != NEVER:
            self.uc.ctl_remove_cache(until, until + 1)
        if watchdog:
            watchdog.watch(self, seconds)
        try:
            self.uc.emu_start(self.pc | 1, until)
        except UcError:
            self.end = self.end or End(FAULT, self.pc)
        if watchdog:
            watchdog.watch(None, 0)
        if self.late and not self.end and self.pc != until:
            self.end = End(HANG, self.pc)
        if not self.end and not may_stop and self.pc != until:
            # Unicorn stops where what runs ceases to be executable.
            if self._may_execute(self.pc):
                raise Unsure
            self.end = End(FAULT, self.pc)
        return self.end

    def skip(self, address, size):
        """Runs to an instruction in this block and goes on behind it, and what follows up to `size` bytes, as if it had not been there. Says whether it came there.

        For that time it is one that does nothing, which is right in IT blocks as well.
        """
        if address != self.pc and self.run(until=address):
            return False
        # Only now: what follows may be constants that were read before.
        code = bytes(self.uc.mem_read(address, size))
        self.patch(address, NOP * (size // 2))
        self.run(until=address + size)
        self.patch(address, code)
        return self.end is None

    def patch(self, address, code):
        """Writes code; what was translated is forgotten."""
        self.uc.mem_write(address, code)
        self.uc.ctl_remove_cache(address, address + len(code))

    def save(self):
        """The state; flash must be as it was."""
        ram = tuple(bytes(self.uc.mem_read(start, size)) for start, size in self.ram)
        return State(self.uc.reg_read_batch(REGISTERS), self.unit.state(), self.vectors, ram)

    def restore(self, state, context=None, keep_flash=False):
        """Sets back to a state; `context` is unicorn's own form of its registers. Flash too, if it is not to be kept."""
        if context:
            self.uc.context_restore(context)
        else:
            self.uc.reg_write_batch([(r, v | (r == UC_ARM_REG_PC)) for r, v in zip(REGISTERS, state.registers)])
        for (start, _), content in zip(self.ram, state.ram):
            self.uc.mem_write(start, content)
        self.vectors = state.vectors
        if self.kept and not keep_flash:
            self.put_flash(self.kept, None)
            self.unit.set(state.unit)
            self._protect()
        elif self.unit.state() != state.unit:
            self.unit.set(state.unit)
            self._protect()

    def put_flash(self, contents, kept):
        """Writes the flash; `kept` is what it held before it was written to, if it was."""
        for (start, _), content in zip(self.flash, contents):
            self.uc.mem_write(start, content)
        self.kept = kept
        self._protect()

    def _protect(self):
        """Applies the unit's regions. The image's memory is never written to; flash cannot be at first, so that it is noticed."""
        for start, size, kind in self.areas:
            allowed = self.unit.allows(start, size)
            if kind == "rom" or kind == "flash" and not self.kept:
                allowed &= ~UC_PROT_WRITE
            if self.protection.get(start, UC_PROT_ALL) != allowed:
                self.protection[start] = allowed
                self.uc.mem_protect(start, size, allowed)

    def _may_execute(self, address):
        return any(start <= address < start + size and self.protection.get(start, UC_PROT_ALL) & UC_PROT_EXEC for start, size, _ in self.areas)

    def _protected(self, uc, access, address, size, value, data):
        """Somebody writes where he may not, or to the flash for the first time: what it holds is kept then."""
        for start, length in self.flash:
            if not self.kept and start <= address < start + length and self.unit.allows(start, length) & UC_PROT_WRITE:
                self.kept = [bytes(uc.mem_read(*area)) for area in self.flash]
                self._protect()
                return True
        return self._invalid(uc, access, address, size, value, data)

    def _read_register(self, _uc, offset, _size, _data):
        return {ProtectionUnit.TYPE: 8 << 8, ProtectionUnit.CONTROL: self.unit.control}.get(offset, 0)

    def _write_register(self, _uc, offset, _size, value, _data):
        if ProtectionUnit.CONTROL <= offset < ProtectionUnit.END:
            self.unit.write(offset, value)
            self._protect()
        elif offset == 0xD08:
            self.vectors = value

    def stop(self, kind, value):
        """Ends the run."""
        self.end = self.end or End(kind, value)
        self.uc.emu_stop()

    def _executed(self, _uc, address, _size, _data):
        is_image = any(start <= address < start + size for start, size in self.images)
        self.stop(IMAGE if is_image else STRAY, address)

    def _invalid(self, _uc, _access, address, _size, _value, _data):
        self.stop(FAULT, address)
        return False

    def _exception(self, uc, number, _data):
        try:
            return self._ask(uc) if number == BREAKPOINT else self.stop(FAULT, self.pc)
        except UcError:  # It asks about memory that is not there.
            return self.stop(FAULT, self.pc)

    def _ask(self, uc):
        operation, argument, pc = uc.reg_read_batch(CALL)
        if operation == SYS_WRITEC:  # Most of all calls. It has no answer.
            return uc.reg_write(UC_ARM_REG_PC, (pc + 2) | 1)
        if operation in (SYS_EXIT, SYS_EXIT_EXTENDED):
            code = self._words(argument, 2)[1] if operation == SYS_EXIT_EXTENDED else int(argument != 0x2_0026)
            return self.stop(EXIT, code)
        uc.reg_write(UC_ARM_REG_R0, self._semihosting(operation, argument) & 0xFFFF_FFFF)
        return uc.reg_write(UC_ARM_REG_PC, (pc + 2) | 1)

    def _words(self, address, count):
        return struct.unpack(f"<{count}I", self.uc.mem_read(address, 4 * count))

    def _semihosting(self, operation, argument):
        """Files are read as with QEMU; what is written to them is forgotten."""
        if operation == SYS_OPEN:
            name, mode, length = self._words(argument, 3)
            name = bytes(self.uc.mem_read(name, length)).decode(errors="replace")
            if name not in self.files:
                return -1
            handle = len(self.handles) + 1
            self.handles[handle] = [name, 0]
            return handle
        handle = self.handles.get(self._words(argument, 1)[0])
        if handle is None:
            return -1
        content = self.files[handle[0]]
        if operation == SYS_SEEK:
            handle[1] = self._words(argument, 2)[1]
        elif operation == SYS_READ:
            _, buffer, length = self._words(argument, 3)
            piece = content[handle[1]:handle[1] + length]
            self.uc.mem_write(buffer, piece)
            handle[1] += len(piece)
            return length - len(piece)
        elif operation == SYS_FLEN:
            return len(content)
        return 0
