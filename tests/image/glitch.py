"""Skips instructions of a boot that has to be refused, one at a time and in adjacent pairs, and sees what becomes of it.

usage: glitch.py SETTING.json

SETTING.json is what [`Setting`] has. Every line of the output is a JSON object: one for each skip after which something in the
flash of the slots was executed, and at the end one with what was tried.

A skipped instruction is not executed: the fault that cheap voltage, clock and electromagnetic glitches make most. The boot's path is
taken apart into basic blocks as the emulator executes them. Each instruction is skipped where its block is executed for the first time and, with `last`, where it
is for the last time; everything after a skip runs to its end.
"""

import json
import os
import sys
from collections import Counter
from dataclasses import dataclass

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from unicorn import UC_HOOK_BLOCK

from machine import EXIT, IMAGE, STRAY, Image, Machine


@dataclass(frozen=True)
class Setting:
    """What is to be done. Addresses and sizes are in bytes."""

    image: str
    """The ELF file."""
    rom: list
    """(start, size) of what is only read."""
    ram: list
    """(start, size) of what is written to."""
    flash: list
    """(start, size) of what is written to now and then."""
    contents: list
    """(address, file): what is written into memories before the start."""
    images: list
    """(start, size) of what must not be executed."""
    files: dict
    """What semihosting finds: name to file."""
    refused: int
    """The exit code of a refusal."""
    every: int
    """1 for every block; n for every n-th, but for those of `thorough`."""
    thorough: list
    """Parts of names of functions of which no block is left out."""
    last: list
    """Parts of names of functions in which instructions are skipped at the last execution too."""
    processes: int
    """How many processes share the work."""
    begin: str = ""
    """Part of the name of the function with which the path begins; what comes before is not the boot's."""


# A run that takes longer has not ended by itself, in microseconds.
SLOWEST = 3_000_000


class Path:
    """The blocks of the boot as it is without faults: which are executed, when for the first and the last time."""

    def __init__(self, machine, begin):
        self.sizes, self.first, self.last, self.count = {}, {}, {}, 0
        hook = machine.uc.hook_add(UC_HOOK_BLOCK, self._block)
        self.end = machine.run()
        machine.uc.hook_del(hook)
        self.starts = min((n for block, n in self.first.items() if begin(block)), default=0)

    def _block(self, _uc, address, size, _data):
        self.sizes[address] = size
        self.first.setdefault(address, self.count)
        self.last[address] = self.count
        self.count += 1


class Stepper:
    """Runs the boot without faults from one block of interest to the next."""

    def __init__(self, machine, wanted):
        self.machine, self.wanted, self.count = machine, wanted, 0
        machine.uc.hook_add(UC_HOOK_BLOCK, self._block)
        self.stopped = False

    def _block(self, uc, _address, _size, _data):
        if not self.stopped and self.count in self.wanted:
            self.stopped = True
            return uc.emu_stop()
        self.count += 1
        return None

    def states(self):
        """The state of the machine before each wanted block."""
        while self.machine.run() is not None and self.stopped:
            yield self.count, self.machine.save()
            self.wanted.discard(self.count)
            self.stopped = False


def names_with(image, parts):
    return lambda address: any(part in image.function(address) for part in parts)


def make(setting, image):
    read = lambda path: open(path, "rb").read()
    machine = Machine(image, setting.rom, setting.ram, setting.flash, setting.images, {k: read(v) for k, v in setting.files.items()})
    for address, path in setting.contents:
        machine.uc.mem_write(address, read(path))
    return machine


def points(setting, image, path):
    """Which executions of blocks are glitched: number to address."""
    thorough, last = names_with(image, setting.thorough), names_with(image, setting.last)
    found = {}
    for number, address in enumerate(path.sizes):
        if number % setting.every == 0 or thorough(address):
            found[path.first[address]] = address
        if last(address):
            found[path.last[address]] = address
    return {count: address for count, address in found.items() if count >= path.starts}


def share(setting, image, path, wanted, tell):
    """Tries everything at these executions of blocks."""
    decode = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
    stepper, machine = Stepper(make(setting, image), set(wanted)), make(setting, image)
    ends = Counter()
    for count, state in stepper.states():
        block = wanted[count]
        # With the one that follows in memory: it makes a pair with the last one.
        code = bytes(machine.uc.mem_read(block, path.sizes[block] + 4))
        instructions = [(i.address, i.size) for i in decode.disasm(code, block)]
        for (address, size), (_, next_size) in zip(instructions, instructions[1:]):
            if address >= block + path.sizes[block]:
                break
            for sizes in ([size], [size, next_size]):
                machine.restore(state)
                if address != block and machine.run(until=address):
                    ends["not reached"] += 1
                    continue
                machine.skip(address, sizes)
                end = machine.run(limit=SLOWEST)
                what = end.kind if end.kind != EXIT else "refused" if end.value == setting.refused else f"exit {end.value}"
                ends[f"{'single' if len(sizes) == 1 else 'pair'} {what}"] += 1
                if end.kind in (IMAGE, STRAY):
                    tell({"skipped": len(sizes), "at": hex(address), "in": image.function(address), "execution": count,
                          "kind": end.kind, "executed": hex(end.value)})
    tell({"ends": ends})


def main():
    setting = Setting(**json.load(open(sys.argv[1])))
    image = Image(setting.image)
    path = Path(make(setting, image), names_with(image, [setting.begin]))
    if (path.end.kind, path.end.value) != (EXIT, setting.refused):
        sys.exit(f"without faults the boot is not refused, but ends so: {path.end}")
    wanted = sorted(points(setting, image, path).items())
    children, pipes = [], []
    for number in range(setting.processes):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                share(setting, image, path, dict(wanted[number::setting.processes]),
                      lambda line: print(json.dumps(line), file=out, flush=True))
            os._exit(0)
        os.close(writer)
        children.append(child)
        pipes.append(os.fdopen(reader))
    ends = Counter()
    for pipe in pipes:
        finished = False
        for line in pipe:
            told = json.loads(line)
            if "ends" in told:
                ends.update(told["ends"])
                finished = True
            else:
                print(line, end="", flush=True)
        if not finished:
            sys.exit("a process has not ended as it should")
    total = {name: sum(n for what, n in ends.items() if what.startswith(name)) for name in ("single", "pair")}
    print(json.dumps({"blocks": len(path.sizes), "points": len(wanted), "executed": path.count, "tried": total, "ends": ends}))


main()
