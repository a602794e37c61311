"""Skips instructions of a boot that has to be refused, one at a time and in adjacent pairs, and sees what becomes of it.

usage: glitch.py SETTING.json

SETTING.json is what [`Setting`] has. Every line of the output is a JSON object: one for each skip that must not end as it did, and at the end one with what was tried.

A skipped instruction is not executed: the fault that cheap voltage, clock and electromagnetic glitches make most. The path is every instruction that the boot executes,
from reset to its end. Each is skipped where it is executed for the first time, and where it is for the last time; alone, and with the one that follows it
in memory.

After a skip the boot runs on until the function returns in which it was made. If registers and memory are then what they were without a fault, then so is all that
follows, which is the refusal: it has *converged*. If not, it runs on until the caller returns, and so forth; at last to its end. Where it comes to a state that another
skip has led to, its end is known.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from unicorn import UC_HOOK_BLOCK
from unicorn.arm_const import UC_ARM_REG_SP

from liveness import Liveness
from machine import EXIT, HANG, IMAGE, REGISTERS, SP, STRAY, Image, Machine, Unsure, Watchdog


@dataclass(frozen=True)
class Setting:
    """What is to be done. Addresses and sizes are in bytes."""

    image: str
    """The ELF file."""
    rom: list
    """(start, size) of the image's memory."""
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
    processes: int
    """How many processes share the work."""


# A boot that takes this many times what it takes without faults is ended by its watchdog.
SLOW = 5
# How many machines a process may spend.
SPENT = 20
# How many states at returns are kept.
KEPT = 2000


@dataclass(eq=False)
class Frame:
    """A call on the path: where it returns to, the call in which it was made, and the stack pointer when it returned, if it did."""

    address: int
    caller: object
    sp: object = None

    def chain(self):
        """This call and those around it, as far as they return."""
        frame = self
        while frame:
            if frame.sp is not None:
                yield frame
            frame = frame.caller


class Path:
    """The boot as it is without faults: its basic blocks, when and in which call each is executed for the first and the last time."""

    def __init__(self, machine):
        self.sizes, self.calls, self.first, self.last = {}, {}, {}, {}
        self.count, self.frame, self.call, self.returns = 0, None, None, Counter()
        self.decode = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
        machine.uc.hook_add(UC_HOOK_BLOCK, self._block)
        self.end = machine.run()
        self.is_protected = machine.unit.is_on()

    def _block(self, uc, address, size, _data):
        if address not in self.sizes:
            self.sizes[address] = size
            *_, last = self.decode.disasm(bytes(uc.mem_read(address, size)), address)
            self.calls[address] = address + size if last.mnemonic in ("bl", "blx") else None
        if self.call and self.call != address:
            self.frame = Frame(self.call, self.frame)
            self.returns[self.call] += 1
        elif self.returns.get(address):
            self._returned(address, uc.reg_read(UC_ARM_REG_SP))
        self.call = self.calls[address]
        here = self.count, self.frame
        self.first.setdefault(address, here)
        self.last[address] = here
        self.count += 1

    def _returned(self, address, sp):
        """Nothing calls itself, so that it is the only call that returns there."""
        while self.frame.address != address:
            self.returns[self.frame.address] -= 1
            self.frame = self.frame.caller
        self.returns[address] -= 1
        self.frame.sp = sp
        self.frame = self.frame.caller


@dataclass(frozen=True)
class Point:
    """An execution of a block, the call in which it is, and the instructions that are skipped there: address, size, size of the next one, and which of their executions it is."""

    block: int
    frame: Frame
    instructions: list


def points(setting, image, path, read):
    """The points by the number of their execution, and how many instructions the path has."""
    thorough = lambda address: any(part in image.function(address) for part in setting.thorough)
    chosen = {block for number, block in enumerate(path.sizes) if number % setting.every == 0 or thorough(block)}
    # Blocks overlap where one is entered in its middle: an instruction belongs to the one that is executed before, or after, all others.
    first, last = {}, {}
    for block, size in path.sizes.items():
        for address, size, following in instructions(read, block, size):
            for found, here, better in ((first, path.first[block], min), (last, path.last[block], max)):
                execution = (here[0], block, size, following, here[1])
                found[address] = better(found.get(address, execution), execution, key=lambda it: it[0])
    found = {}
    for which, executions in (("first", first), ("last", last)):
        for address, (count, block, size, following, frame) in executions.items():
            if block in chosen and not (which == "last" and first[address][0] == count):
                found.setdefault(count, Point(block, frame, [])).instructions.append((address, size, following, which))
    return found, len(first)


def instructions(read, block, size):
    """Address, size, and size of the next one, of the instructions of a block. Those whose first half-word starts with 0b11101 or more are of two."""
    width = lambda address: 4 if read(address, 2)[1] >> 3 >= 0b11101 else 2
    address = block
    while address < block + size:
        yield address, width(address), width(address + width(address))
        address += width(address)


class Stepper:
    """Runs the boot without faults from one block of interest to the next."""

    def __init__(self, machine, wanted):
        self.machine, self.wanted, self.count, self.stopped = machine, sorted(wanted, reverse=True), 0, False
        machine.uc.hook_add(UC_HOOK_BLOCK, self._block)

    def _block(self, uc, _address, _size, _data):
        if self.wanted and self.count == self.wanted[-1]:
            self.stopped = True
            uc.emu_stop()
        else:
            self.count += 1

    def states(self):
        """The state of the machine before each wanted block."""
        while self.wanted:
            self.machine.run(may_stop=True)
            if not self.stopped:
                sys.exit(f"the boot without faults is not what it was: it ends with {self.machine.end}")
            yield self.count, self.machine.save()
            self.wanted.pop()
            self.stopped = False


class Tester:
    """Skips, and sees what comes of it."""

    def __init__(self, setting, image, duration):
        self.make = lambda: make(setting, image)
        self.machine, self.refused, self.watchdog = self.make(), setting.refused, Watchdog()
        self.limit = SLOW * duration
        self.liveness = Liveness(lambda address, size: bytes(self.machine.uc.mem_read(address, size)))
        self.statics = image.symbols["__sheap"]
        # Of calls: the state where they return; what stands for it; and what came of other such states, in which other skips have ended.
        self.returns, self.converged, self.known = {}, {}, {}
        self.reset, self.spent = self.machine.save(), []

    def at(self, point, state, tell):
        """Tries everything at a point; says how often what came of it."""
        ends = Counter()
        if not self._is_sound(point, state):
            sys.exit("the emulator does not do the same again")
        context = self._context(state)
        for address, size, following, which in point.instructions:
            for kind, skipped in (("single", size), ("pair", size + following)):
                self.machine.restore(state, context)
                try:
                    what, detail = self._one(point, state, address, skipped)
                    is_sound = not self.machine.late or self._is_sound(point, state)
                except Unsure:
                    what, is_sound = None, False
                if not is_sound:
                    self._renew()
                    context = self._context(state)
                if not what:
                    what, detail = self._one(point, state, address, skipped)
                ends[f"{kind} {which} {what}"] += 1
                if what in (IMAGE, STRAY, "not reached"):
                    tell({"kind": what, "skipped": kind, "at": hex(address), "execution": which, "detail": detail})
        return ends

    def _renew(self):
        """Another machine. This one is kept: to free what was stopped in the middle of its work is not safe."""
        self.spent.append(self.machine)
        self.machine = self.make()

    def _context(self, state):
        self.machine.restore(state)
        return self.machine.uc.context_save()

    def _is_sound(self, point, state):
        """Where nothing is skipped, it converges."""
        for frame in point.frame.chain() if point.frame else ():
            self._without_fault(frame, state)
            self.machine.restore(state)
            try:
                return not self.machine.run(frame.address) and self._key(frame) == self.converged[frame]
            except Unsure:
                return False
        return True

    def _one(self, point, state, address, skipped):
        if not self.machine.skip(address, skipped):
            return "not reached", str(self.machine.end)
        end, before, seen = None, state, []
        for frame in point.frame.chain() if point.frame else ():
            before = self._without_fault(frame, before)
            end = self._go(frame.address)
            if end:
                break
            key = self._key(frame)
            if key and key == self.converged[frame]:
                return "converged", ""
            if key in self.known:
                return self.known[key]
            seen.append(key)
        found = self._told(end or self._go())
        self.known.update((key, found) for key in seen if key)
        return found

    def _go(self, until=None):
        return self.machine.run(until, self.watchdog, self.limit)

    def _told(self, end):
        """In words, and with the detail. What was written to the flash is there at the next boot."""
        machine = self.machine
        what = end.kind if end.kind != EXIT else "refused" if end.value == self.refused else f"exit {end.value}"
        if machine.kept and what not in (IMAGE, STRAY):
            if machine.late:
                self._renew()
                self.machine.put_flash([bytes(machine.uc.mem_read(*area)) for area in machine.flash], machine.kept)
            self.machine.restore(self.reset, keep_flash=True)
            again = self._go()
            if (again.kind, again.value) == (EXIT, self.refused):
                what += " after writing"
            else:
                what = again.kind if again.kind in (IMAGE, STRAY) else f"{what} after writing, and then {again.kind}"
        return what, hex(end.value)

    def _without_fault(self, frame, before):
        """The state where this call returns, from one in it."""
        if frame not in self.returns:
            if len(self.returns) > KEPT:
                self.returns.clear()
            machine, faulty = self.machine, (self.machine.save(), self.machine.uc.context_save(), self.machine.kept)
            erased = [bytes(machine.uc.mem_read(*area)) for area in machine.flash] if machine.kept else None
            machine.restore(before)
            if machine.run(until=frame.address) or machine.sp != frame.sp:
                sys.exit(f"without faults a call does not return to {frame.address:#x} as it has before: {machine.end}, {machine.sp:#x}")
            self.returns[frame] = machine.save()
            self.converged[frame] = self._key(frame)
            machine.restore(faulty[0], faulty[1])
            if erased:
                machine.put_flash(erased, faulty[2])
        return self.returns[frame]

    def _key(self, frame):
        """Stands for the state where this call has returned, in all that may be read again; what is below the stack pointer may not. `None` where flash was written to."""
        machine = self.machine
        if machine.kept:
            return None
        registers = machine.uc.reg_read_batch(REGISTERS)
        dead = self.liveness.dead(frame.address)
        digest = hashlib.blake2b(repr((machine.unit.state(), machine.vectors)).encode(), digest_size=16)
        digest.update(repr([None if place in dead else register for place, register in enumerate(registers)]).encode())
        for start, size in machine.ram:
            memory = memoryview(machine.uc.mem_read(start, size))
            digest.update(memory[:self.statics - start])
            digest.update(memory[max(registers[SP] - start, 0):])
        return frame, digest.digest()


def make(setting, image):
    read = lambda path: open(path, "rb").read()
    machine = Machine(image, setting.rom, setting.ram, setting.flash, setting.images, {k: read(v) for k, v in setting.files.items()})
    for address, path in setting.contents:
        machine.uc.mem_write(address, read(path))
    return machine


def share(setting, image, duration, points, tell):
    """Tries everything at these points, and tells of each."""
    tester = Tester(setting, image, duration)
    for count, state in Stepper(make(setting, image), points).states():
        ends = tester.at(points[count], state, lambda told: tell({**told, "in": image.function(int(told["at"], 16))}))
        tell({"point": count, "ends": ends})
        if len(tester.spent) > SPENT:
            break


class Worker:
    """A process that does a share of the points. Where it ends before they are done, another one goes on: emulators can crash."""

    def __init__(self, setting, image, duration, points):
        self.work, self.points = (setting, image, duration), points
        self.begin()

    def begin(self):
        # Not a pipe: nobody reads before it has ended.
        self.told, self.before = tempfile.TemporaryFile("w+"), len(self.points)
        sys.stdout.flush()
        self.process = os.fork()
        if self.process == 0:
            share(*self.work, self.points, lambda line: print(json.dumps(line), file=self.told, flush=True))
            os._exit(0)

    def ends(self):
        """What came of everything, by point."""
        while self.points:
            os.waitpid(self.process, 0)
            self.told.seek(0)
            bad = []
            for told in map(json.loads, filter(lambda line: line.endswith("\n"), self.told)):
                if "point" not in told:
                    bad.append(told)
                elif self.points.pop(told["point"], None):
                    yield told["ends"], bad
                    bad = []
            if self.points:
                if len(self.points) == self.before:
                    sys.exit("a process does not come to the end of a point")
                self.begin()


def main():
    setting = Setting(**json.load(open(sys.argv[1])))
    image = Image(setting.image)
    begin = time.thread_time()
    machine = make(setting, image)
    machine.run()
    duration = time.thread_time() - begin
    path = Path(make(setting, image))
    if (path.end.kind, path.end.value) != (EXIT, setting.refused):
        sys.exit(f"without faults the boot is not refused, but ends so: {path.end}")
    if not path.is_protected:
        sys.exit("the boot does not switch the memory protection unit on")
    wanted, count = points(setting, image, path, lambda address, size: bytes(machine.uc.mem_read(address, size)))
    order, size = sorted(wanted), len(wanted)
    workers = [Worker(setting, image, duration, {at: wanted[at] for at in order[number::setting.processes]}) for number in range(setting.processes)]
    ends = Counter()
    for worker in workers:
        for found, bad in worker.ends():
            ends.update(found)
            for line in bad:
                print(json.dumps(line), flush=True)
    print(json.dumps({"instructions": count, "blocks": len(path.sizes), "points": size, "executed": path.count, "ends": ends}))


main()
