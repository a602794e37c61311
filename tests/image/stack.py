"""How much stack an Arm image can take at most, from its machine code.

usage: stack.py IMAGE.elf ROOT [CALLER=CALLEE...]

Prints a JSON object: `stack`, the bytes that ROOT and all that it calls can take; `path`, the functions that take them, outermost first, with
the bytes of each; `recursive` and `unknown`, functions for which there is no bound, and whose presence makes the figure worthless.

A function's frame is everything that its instructions take off the stack pointer. Calls through registers go to the functions whose addresses the caller
loads from its own constants, or else to those that a CALLER=CALLEE names: a part of the name of each, for calls through trait objects and closures.
"""

import bisect
import json
import struct
import subprocess
import sys

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from capstone.arm import ARM_OP_IMM
from elftools.elf.elffile import ELFFile


class Function:
    """A function of the image: its frame in bytes, what it calls, and how many of its calls go through registers to nobody knows where."""

    def __init__(self, name):
        self.name, self.frame, self.calls, self.constants, self.indirect = name, 0, set(), set(), 0


class Code:
    """The functions of an image by address."""

    def __init__(self, path):
        with open(path, "rb") as file:
            elf = ELFFile(file)
            text = elf.get_section_by_name(".text")
            self.start, self.bytes = text["sh_addr"], text.data()
            symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
        # Mapping symbols say what is code and what are constants between it ("ELF for the Arm Architecture", 5.5.5).
        self.marks = sorted((s["st_value"], s.name[1]) for s in symbols if s.name.split(".")[0] in ("$t", "$d"))
        sizes = {s["st_value"] & ~1: (s["st_size"], s.name) for s in symbols if s["st_info"]["type"] == "STT_FUNC"}
        inside = {a: s for a, s in sizes.items() if self.start <= a < self.start + len(self.bytes) and s[0]}
        names = subprocess.run(["arm-none-eabi-c++filt"], input="\n".join(n for _, n in inside.values()), text=True,
                               capture_output=True, check=True).stdout.splitlines()
        self.functions = {address: Function(name) for address, name in zip(inside, names)}
        self.decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
        self.decoder.detail = True
        for address, (size, _) in inside.items():
            self._read(address, size, self.functions[address])

    def named(self, function):
        return {address for address, other in self.functions.items() if other is function}

    def _is_code(self, address):
        before = bisect.bisect_right(self.marks, (address, "z")) - 1
        return before < 0 or self.marks[before][1] == "t"

    def _read(self, start, size, function):
        address = start
        while address < start + size:
            offset = address - self.start
            if not self._is_code(address):
                if address % 4 == 0:
                    word = struct.unpack_from("<I", self.bytes, offset)[0]
                    if word & 1 and word & ~1 in self.functions:
                        function.constants.add(word & ~1)
                address += 2
                continue
            instruction = next(self.decoder.disasm(self.bytes[offset:offset + 4], address, 1), None)
            if instruction is None:
                sys.exit(f"no instruction at {address:#x} in {function.name}")
            self._take(instruction, start, size, function)
            address += instruction.size

    def _take(self, instruction, start, size, function):
        name, operands, text = instruction.mnemonic, instruction.operands, instruction.op_str
        if name.startswith("push"):
            function.frame += 4 * len(operands)
        elif name.startswith("vpush"):
            function.frame += 8 * len(operands)
        elif name.startswith("stmdb") and text.startswith("sp!"):
            function.frame += 4 * (len(operands) - 1)
        elif name.startswith("sub") and text.startswith("sp"):
            if operands[-1].type != ARM_OP_IMM:
                function.indirect += 1  # A frame of a size that is computed has no bound.
            else:
                function.frame += operands[-1].imm
        elif name.startswith("str") and "[sp, #-" in text and text.endswith("!"):
            function.frame -= operands[-1].mem.disp
        elif name in ("bl", "blx", "bx") or (name[0] == "b" and name.split(".")[0] in BRANCHES):
            if operands[-1].type == ARM_OP_IMM:
                target = operands[-1].imm & ~1
                if not start <= target < start + size or (name == "bl" and target == start):
                    function.calls.add(target)
            elif text != "lr":
                function.indirect += 1


CONDITIONS = ["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"]
BRANCHES = {"b", *("b" + condition for condition in CONDITIONS)}


def resolve(code, named):
    """Says of every call through a register where it goes; returns the functions of which this is not known."""
    unknown = []
    for function in code.functions.values():
        if not function.indirect:
            continue
        targets = set(function.constants)
        if "OUTLINED" in function.name:
            # Shared by the compiler between callers, which leave the address in a register.
            targets |= {a for caller in code.functions.values() if caller.calls & code.named(function) for a in caller.constants}
        for caller, callee in named:
            if caller in function.name:
                targets |= {a for a, other in code.functions.items() if callee in other.name}
        if not targets:
            unknown.append(function.name)
        function.calls |= targets
    return unknown


def deepest(code, root):
    """The deepest stack below `root`, with its path, and the functions that call themselves."""
    depth, path, recursive = {}, [], set()

    def visit(address):
        if address in path:
            recursive.add(code.functions[address].name)
            return 0, []
        if address not in depth and address in code.functions:
            path.append(address)
            function = code.functions[address]
            below = max((visit(callee) for callee in function.calls), key=lambda found: found[0], default=(0, []))
            path.pop()
            depth[address] = (function.frame + below[0], [(function.name, function.frame), *below[1]])
        return depth.get(address, (0, []))

    return *visit(root), sorted(recursive)


def main():
    code = Code(sys.argv[1])
    named = [tuple(argument.split("=", 1)) for argument in sys.argv[3:]]
    unknown = resolve(code, named)
    roots = [a for a, function in code.functions.items() if sys.argv[2] in function.name]
    if len(roots) != 1:
        sys.exit(f"{len(roots)} functions are called {sys.argv[2]}")
    stack, path, recursive = deepest(code, roots[0])
    print(json.dumps({"stack": stack, "path": path, "recursive": recursive, "unknown": unknown}, indent=1))


main()
