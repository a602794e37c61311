"""Which registers hold nothing any more at an address: those that the code from there overwrites before it reads them, as far as it goes straight on."""

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from capstone.arm import (
    ARM_CC_AL, ARM_CC_INVALID, ARM_OP_IMM, ARM_REG_CPSR, ARM_REG_LR, ARM_REG_R0, ARM_REG_R1, ARM_REG_R2, ARM_REG_R3, ARM_REG_R4, ARM_REG_R5, ARM_REG_R6,
    ARM_REG_R7, ARM_REG_R8, ARM_REG_R9, ARM_REG_R10, ARM_REG_R11, ARM_REG_R12, ARM_REG_PC,
)

from machine import LR, XPSR

# The places of a state's registers.
PLACES = {register: place for place, register in enumerate((
    ARM_REG_R0, ARM_REG_R1, ARM_REG_R2, ARM_REG_R3, ARM_REG_R4, ARM_REG_R5, ARM_REG_R6, ARM_REG_R7, ARM_REG_R8, ARM_REG_R9, ARM_REG_R10, ARM_REG_R11, ARM_REG_R12,
))} | {ARM_REG_LR: LR, ARM_REG_CPSR: XPSR}

# Instructions that leave nothing of what was in the registers that they write. Any other one counts as if it read them.
OVERWRITES = {
    "mov", "movs", "movw", "mvn", "mvns", "ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "ldrd", "ldm", "pop", "add", "adds", "addw", "sub", "subs", "subw", "rsb", "rsbs",
    "and", "ands", "orr", "orrs", "eor", "eors", "bic", "bics", "lsl", "lsls", "lsr", "lsrs", "asr", "asrs", "mul", "muls", "umull", "smull", "uxtb", "uxth", "sxtb",
    "sxth", "ubfx", "sbfx", "clz", "rev", "cmp", "cmn", "tst", "teq", "str", "strb", "strh", "strd", "stm", "stmdb", "push",
}
# Those of them that overwrite all four flags.
ALL_FLAGS = {"cmp", "cmn", "adds", "subs", "rsbs"}
HOW_FAR = 64


class Liveness:
    """Asks `read(address, size)` for code."""

    def __init__(self, read):
        self.read, self.known = read, {}
        self.decode = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
        self.decode.detail = True

    def dead(self, address):
        """The places of the registers whose values do not matter at this address."""
        if address not in self.known:
            self.known[address] = self._follow(address)
        return self.known[address]

    def _follow(self, address):
        live, dead = set(), set()
        for _ in range(HOW_FAR):
            instruction = next(self.decode.disasm(self.read(address, 4), address, 1), None)
            if instruction is None or instruction.cc not in (ARM_CC_AL, ARM_CC_INVALID):
                break
            name = instruction.mnemonic.split(".")[0]
            if name in ("b", "bl") and instruction.operands[0].type == ARM_OP_IMM:
                if name == "bl":
                    dead |= {LR} - live
                address = instruction.operands[0].imm & ~1
                continue
            if name not in OVERWRITES:
                break
            reads, writes = ({PLACES[register] for register in registers if register in PLACES} for registers in instruction.regs_access())
            live |= reads - dead
            if name not in ALL_FLAGS:
                writes.discard(XPSR)
            dead |= writes - live
            if ARM_REG_PC in instruction.regs_access()[1]:
                break
            address += instruction.size
        return frozenset(dead)
