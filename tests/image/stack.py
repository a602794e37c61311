"""How much stack an image for Armv7-M or Armv8-M Mainline can take at most, from its machine code.

usage: stack.py IMAGE.elf ROOT [CALLER=CALLEE...] [FUNCTION*TIMES...]

Prints a JSON object: `stack`, the bytes that ROOT and all that it calls can take; `path`, the functions that take them, outermost first, with
the bytes of each. There is no bound, and an error instead, where

- a function calls through a register that it did not load from its own constants, and no CALLER=CALLEE says where the call can go: a part of the name of
  each, for calls through trait objects and closures; without a CALLEE it does not come back,
- a function stands in the table of a trait object, and no CALLER=CALLEE leads to it,
- a function can be called while it runs, and no FUNCTION*TIMES says how often it can be under way at most,
- a frame has a size that is computed.

A function's frame is everything that its instructions take off the stack pointer.
"""

import bisect
import itertools
import json
import re
import struct
import subprocess
import sys

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from capstone.arm import ARM_OP_IMM, ARM_OP_MEM, ARM_OP_REG, ARM_REG_PC
from elftools.elf.elffile import ELFFile


def plain(name):
    """A function's name without what differs between compilers and the two ways of mangling: hashes, generic arguments, numbers of closures."""
    name = re.sub("::h[0-9a-f]{16}$|\\[[0-9a-f]{12,16}\\]", "", name)
    before = None
    while name != before:
        before, name = name, re.sub(r"(?:(?<=\w)|::)<[^<>]*>", "", name)
    return re.sub(r"^<([\w:]+)>", r"\1", re.sub(r"{+closure(#\d+)?}+", "{closure}", name))


class Function:
    """A function of the image: its frame in bytes, what it calls, the functions whose addresses are among its constants, whether it calls one of those, and
    whether it calls what only its callers know."""

    def __init__(self, name):
        self.name, self.frame, self.calls, self.constants = name, 0, set(), set()
        self.calls_constants = self.calls_unknown = False


class Code:
    """The functions of an image by address."""

    def __init__(self, path):
        with open(path, "rb") as file:
            elf = ELFFile(file)
            text = elf.get_section_by_name(".text")
            self.start, self.bytes = text["sh_addr"], text.data()
            symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
            constants = elf.get_section_by_name(".rodata").data()
        # Mapping symbols say what is code and what are constants between it ("ELF for the Arm Architecture", 5.5.5).
        self.marks = sorted((s["st_value"], s.name[1]) for s in symbols if s.name.split(".")[0] in ("$t", "$d"))
        sizes = {s["st_value"] & ~1: (s["st_size"], s.name) for s in symbols if s["st_info"]["type"] == "STT_FUNC"}
        inside = {a: s for a, s in sizes.items() if self.start <= a < self.start + len(self.bytes) and s[0]}
        names = subprocess.run(["arm-none-eabi-c++filt"], input="\n".join(n for _, n in inside.values()), text=True,
                               capture_output=True, check=True).stdout.splitlines()
        self.functions = {address: Function(plain(name)) for address, name in zip(inside, names)}
        self.decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
        self.decoder.detail = True
        for address, (size, _) in inside.items():
            self._read(address, size, self.functions[address])
        words = struct.unpack(f"<{len(constants) // 4}I", constants[:len(constants) // 4 * 4])
        self.tables = set()
        for place, (size, align) in enumerate(zip(words[1:], words[2:])):
            # How to drop it, its size and its alignment; then the methods. Bit 0 of an address says that it is Thumb code.
            if (words[place] == 0 or words[place] & ~1 in self.functions) and size < 1 << 16 and align in (1, 2, 4, 8):
                methods = itertools.takewhile(lambda word: word & 1 and word & ~1 in self.functions, words[place + 3:])
                self.tables |= {method & ~1 for method in methods}
        # Of closures that are called once; nothing here keeps any in a trait object.
        self.tables -= {address for address, function in self.functions.items() if "FnOnce" in function.name and "shim" in function.name}

    def named(self, part):
        """The addresses of all functions whose names end with this, or else of all that have it in theirs."""
        end = {address for address, function in self.functions.items() if part and function.name.endswith(part)}
        return end or {address for address, function in self.functions.items() if part and part in function.name}

    def _is_code(self, address):
        before = bisect.bisect_right(self.marks, (address, "z")) - 1
        return before < 0 or self.marks[before][1] == "t"

    def _word(self, address):
        return struct.unpack_from("<I", self.bytes, address - self.start)[0]

    def _read(self, start, size, function):
        address, loaded = start, set()
        while address < start + size:
            offset = address - self.start
            if not self._is_code(address):
                if address % 4 == 0 and self._word(address) & 1 and self._word(address) & ~1 in self.functions:
                    function.constants.add(self._word(address) & ~1)
                address += 2
                continue
            instruction = next(self.decoder.disasm(self.bytes[offset:offset + 4], address, 1), None)
            if instruction is None:
                sys.exit(f"no instruction at {address:#x} in {function.name}")
            self._take(instruction, start, size, function, loaded)
            self._follow(instruction, loaded)
            address += instruction.size

    def _follow(self, instruction, loaded):
        """Notes which registers hold a function's address from the constants: in the order of the code, as compilers load such an address once and keep it."""
        source = instruction.operands[-1] if instruction.operands else None
        is_address = False
        if instruction.mnemonic.startswith("ldr") and source.type == ARM_OP_MEM and source.mem.base == ARM_REG_PC:
            word = self._word((instruction.address + 4 & ~3) + source.mem.disp)
            is_address = word & 1 and word & ~1 in self.functions
        elif instruction.mnemonic.startswith("mov") and source.type == ARM_OP_REG:
            is_address = source.reg in loaded
        written = set(instruction.regs_access()[1])
        if is_address:
            loaded |= written
        elif not instruction.mnemonic.startswith(("bl", "pop", "ldm")):
            loaded -= written

    def _take(self, instruction, start, size, function, loaded):
        name, operands, text = instruction.mnemonic, instruction.operands, instruction.op_str
        if name.startswith("push"):
            function.frame += 4 * len(operands)
        elif name.startswith("vpush"):
            function.frame += 8 * len(operands)
        elif name.startswith("stmdb") and text.startswith("sp!"):
            function.frame += 4 * (len(operands) - 1)
        elif name.startswith("sub") and text.startswith("sp"):
            if operands[-1].type != ARM_OP_IMM:
                sys.exit(f"{function.name} takes a computed number of bytes from the stack")
            function.frame += operands[-1].imm
        elif text.startswith("sp,") and name[:3] in ("add", "mov", "msr") and operands[-1].type != ARM_OP_IMM:
            sys.exit(f"{function.name} computes its stack pointer")
        elif name.startswith("str") and "[sp, #-" in text and text.endswith("!"):
            function.frame -= operands[-1].mem.disp
        elif name in ("bl", "blx", "bx") or (name[0] == "b" and name.split(".")[0] in BRANCHES):
            if operands[-1].type == ARM_OP_IMM:
                target = operands[-1].imm & ~1
                if not start <= target < start + size or (name == "bl" and target == start):
                    function.calls.add(target)
            elif operands[-1].reg in loaded:
                function.calls_constants = True
            elif text != "lr":
                function.calls_unknown = True


CONDITIONS = ["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"]
BRANCHES = {"b", *("b" + condition for condition in CONDITIONS)}


def resolve(code, hints):
    """Adds the calls through registers to where they go; returns what is wrong with them."""
    wrong, led_to = [], set()
    for caller, callee in hints:
        led_to |= code.named(callee) if code.named(caller) else set()
    for address, function in code.functions.items():
        targets = set(function.constants) if function.calls_constants else set()
        if function.calls_unknown:
            named = [callee for caller, callee in hints if address in code.named(caller)]
            known = {target for callee in named for target in code.named(callee)}
            if "OUTLINED" in function.name:
                # Shared by the compiler between callers, which leave the address in a register.
                known |= {a for caller in code.functions.values() if address in caller.calls for a in caller.constants}
            if not known and "" not in named:
                wrong.append(f"nobody says what {function.name} calls")
            targets |= known
        function.calls |= targets
    wrong += [f"nobody says who calls {code.functions[address].name}" for address in code.tables - led_to]
    return wrong


def deepest(code, root, limits):
    """The deepest stack below `root`, with its path, and the functions that can be called while they run."""
    depth, path, recursive = {}, [], set()

    def visit(address):
        under_way = path.count(address)
        if under_way and under_way >= limits.get(address, 1):
            if address not in limits:
                recursive.add(code.functions[address].name)
            return 0, []
        # What is below depends on how many of those that may come again are on the path.
        key = address, tuple(path.count(limited) for limited in limits)
        if key not in depth and address in code.functions:
            path.append(address)
            function = code.functions[address]
            below = max((visit(callee) for callee in function.calls), key=lambda found: found[0], default=(0, []))
            path.pop()
            depth[key] = (function.frame + below[0], [(function.name, function.frame), *below[1]])
        return depth.get(key, (0, []))

    return *visit(root), sorted(recursive)


def main():
    code = Code(sys.argv[1])
    hints = [tuple(argument.split("=", 1)) for argument in sys.argv[3:] if "=" in argument]
    times = [argument.rsplit("*", 1) for argument in sys.argv[3:] if "=" not in argument]
    limits = {address: int(count) for name, count in times for address in code.named(name)}
    wrong = resolve(code, hints)
    roots = code.named(sys.argv[2])
    if len(roots) != 1:
        sys.exit(f"{len(roots)} functions are called {sys.argv[2]}")
    stack, path, recursive = deepest(code, *roots, limits)
    wrong += [f"{name} can be called while it runs" for name in recursive]
    if wrong:
        sys.exit("\n".join(wrong))
    print(json.dumps({"stack": stack, "path": path}))


main()
