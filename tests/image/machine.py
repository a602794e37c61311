"""A Cortex-M3 in the unicorn emulator: runs a boot image as QEMU's mps2-an385 does, and can be set back to where it was."""

import struct
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile
from unicorn import (
    UC_ARCH_ARM, UC_HOOK_BLOCK, UC_HOOK_INTR, UC_HOOK_MEM_INVALID, UC_HOOK_MEM_WRITE, UC_MODE_MCLASS, UC_MODE_THUMB, UC_PROT_EXEC, UC_PROT_READ, Uc, UcError,
)
from unicorn.arm_const import (
    UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R12, UC_ARM_REG_SP, UC_ARM_REG_XPSR,
    UC_CPU_ARM_CORTEX_M3,
)

# What a state is made of besides memory.
REGISTERS = [*range(UC_ARM_REG_R0, UC_ARM_REG_R12 + 1), UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_XPSR, UC_ARM_REG_PC]

# How a run ends.
EXIT, IMAGE, STRAY, FAULT, HANG = "exit", "image", "stray", "fault", "hang"

# Semihosting operations (Arm, "Semihosting for AArch32 and AArch64", 2.0).
SYS_OPEN, SYS_CLOSE, SYS_WRITEC, SYS_WRITE, SYS_READ, SYS_SEEK, SYS_FLEN = 0x01, 0x02, 0x03, 0x05, 0x06, 0x0A, 0x0C
SYS_EXIT, SYS_EXIT_EXTENDED = 0x18, 0x20
PAGE = 4096
SYSTEM_CONTROL = 0xE000_E000  # where VTOR is (Armv7-M Architecture Reference Manual, B3.2)
NEVER = 0xFFFF_FFFE
BREAKPOINT = 7  # unicorn's number of the exception that `bkpt` takes


@dataclass(frozen=True)
class End:
    """How a run ended, and the exit code or the address."""

    kind: str
    value: int


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
            symbols = [s for s in elf.get_section_by_name(".symtab").iter_symbols() if s["st_info"]["type"] == "STT_FUNC"]
            self.functions = sorted((s["st_value"] & ~1, s["st_size"], s.name) for s in symbols)

    def function(self, address):
        """The name of the function that holds `address`."""
        inside = [name for start, size, name in self.functions if start <= address < start + size]
        return inside[0] if inside else "?"


class Machine:
    """The processor, its memories, and the files that it reaches by semihosting.

    `ram` and `flash` are what a run changes and what is set back; `images` is what must not be executed; what else
    of the flash is executed has been taken for code by mistake.
    """

    def __init__(self, image, rom, ram, flash, images, files):
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M3)
        for start, size in rom:
            self.uc.mem_map(start, size, UC_PROT_READ | UC_PROT_EXEC)
        for start, size in (*ram, *flash):
            self.uc.mem_map(start, size)
        for address, content in image.segments:
            self.uc.mem_write(address, content)
        self.uc.mem_map(SYSTEM_CONTROL, PAGE)
        self.ram, self.end, self.files, self.handles, self.changed = ram, None, dict(files), {}, {}
        self.uc.hook_add(UC_HOOK_INTR, self._exception)
        self.uc.hook_add(UC_HOOK_MEM_INVALID, self._invalid)
        for start, size in flash:
            self.uc.hook_add(UC_HOOK_MEM_WRITE, self._write, begin=start, end=start + size - 1)
        for kind, areas in ((IMAGE, images), (STRAY, flash)):
            for start, size in areas:
                self.uc.hook_add(UC_HOOK_BLOCK, self._executed, kind, begin=start, end=start + size - 1)
        stack, entry = struct.unpack("<II", self.uc.mem_read(0, 8))
        self.uc.reg_write(UC_ARM_REG_SP, stack)
        self.uc.reg_write(UC_ARM_REG_PC, entry)

    @property
    def pc(self):
        return self.uc.reg_read(UC_ARM_REG_PC)

    def run(self, until=NEVER, limit=0):
        """Runs up to `until`, or to an end, which it returns; `limit` is in microseconds of real time, 0 for none."""
        self.end = None
        if until != NEVER:
            self._forget(until)
        try:
            self.uc.emu_start(self.pc | 1, until, timeout=limit)
        except UcError:
            self.end = self.end or End(FAULT, self.pc)
        if self.end is None and self.pc != until:
            self.end = End(HANG, self.pc)
        return self.end

    def skip(self, address, sizes):
        """Goes on behind instructions of these sizes at `address`, where it stands. In an IT block, the next one has the condition of the first."""
        self.uc.reg_write(UC_ARM_REG_PC, (address + sum(sizes)) | 1)

    def _forget(self, address):
        """What has been translated already would run over an address to stop at; what is written is translated anew."""
        self.uc.mem_write(address, bytes(self.uc.mem_read(address, 2)))

    def save(self):
        """Registers and RAM, where no IT block is under way; for any machine like this one."""
        return [self.uc.reg_read(register) for register in REGISTERS], [(start, bytes(self.uc.mem_read(start, size))) for start, size in self.ram]

    def restore(self, saved):
        registers, memories = saved
        for register, value in zip(REGISTERS, registers):
            self.uc.reg_write(register, value | (register == UC_ARM_REG_PC))
        for start, content in (*memories, *self.changed.items()):
            self.uc.mem_write(start, content)
        self.changed = {}

    def _write(self, uc, _access, address, size, _value, _data):
        """Called before the write: keeps what stands there. Flash is large and hardly ever written to."""
        for page in range(address & -PAGE, address + size, PAGE):
            if page not in self.changed:
                self.changed[page] = bytes(uc.mem_read(page, PAGE))

    def _stop(self, kind, value):
        self.end = self.end or End(kind, value)
        self.uc.emu_stop()

    def _executed(self, _uc, address, _size, kind):
        self._stop(kind, address)

    def _invalid(self, _uc, _access, address, _size, _value, _data):
        self._stop(FAULT, address)
        return False

    def _exception(self, uc, number, _data):
        try:
            return self._ask(uc) if number == BREAKPOINT else self._stop(FAULT, self.pc)
        except UcError:  # It asks about memory that is not there.
            return self._stop(FAULT, self.pc)

    def _ask(self, uc):
        operation, argument = uc.reg_read(UC_ARM_REG_R0), uc.reg_read(UC_ARM_REG_R1)
        if operation in (SYS_EXIT, SYS_EXIT_EXTENDED):
            code = self._words(argument, 2)[1] if operation == SYS_EXIT_EXTENDED else int(argument != 0x2_0026)
            return self._stop(EXIT, code)
        uc.reg_write(UC_ARM_REG_R0, self._semihosting(operation, argument) & 0xFFFF_FFFF)
        uc.reg_write(UC_ARM_REG_PC, (self.pc + 2) | 1)
        return None

    def _words(self, address, count):
        return struct.unpack(f"<{count}I", self.uc.mem_read(address, 4 * count))

    def _semihosting(self, operation, argument):
        """Files are read as with QEMU; what is written to them is forgotten."""
        if operation == SYS_WRITEC:
            return 0
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
