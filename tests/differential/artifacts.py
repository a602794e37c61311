"""Artifacts that flow from step to step: copied, changed, renamed, moved, deleted, created."""

import hashlib
import re

# Some start as others do: a prefix is whole components.
DIRECTORIES = [
    "src",
    "src2",
    "lib",
    "src/deep",
    "out",
    "out.old",
    "a b",
    "\u00fc",
    ".hidden",
    "x.d",
    "[x]",
    "build/out",
    "/abs",
    "..",
    "../up/src",
]
STEMS = ["foo", "bar", "main", "src", "out", "x", "a-b", "Makefile", "README", "v1", "na\u00efve", "data 1", "z"]
ENDINGS = [".c", ".h", ".o", "", ".tar.gz", ".py", ".X"]

# Normalised, but such as patterns, writers of JSON and readers of paths may stumble over.
ODD = [
    "a*b", "what?", "[ab].c", "x]y", "!x", "[!x]", "^x", "a-z", "...", "..a", "a..b", "-", "**", "{a,b}", "e\u0301.txt",
    "\U0001f600", "\u2028", "line\nfeed", "tab\there", 'quote"', "<&>", "\x7f", "\x01", "/abs/x", "/abs/lib/y", "../x", "../../x", "../...",
    "git+https://host//x/../y", "file:./x", "c:", "\ufeff", "a\u00a0b", " ", "con ", "\u0130", "\u00df", "x" * 300,
]  # fmt: skip

# Two spellings of one file are two artifacts.
UNTIDY = [
    "./x",
    "a//b",
    "a/./b",
    "a/../b",
    "../a/../b",
    "./../x",
    "../",
    "/../x",
    "x/",
    "",
    "/",
    ".",
    "//x",
    "1x://a",
    "src/./main.c",
    "./src/x.c",
]


def name(rng):
    """The name of a new artifact."""
    if rng.random() < 0.06:
        return rng.choice(ODD)
    stem = rng.choice(STEMS) + (str(rng.randrange(4)) if rng.random() < 0.5 else "") + rng.choice(ENDINGS)
    return f"{rng.choice(DIRECTORIES)}/{stem}" if rng.random() < 0.6 else stem


def moved(directory, file):
    """The file's name, less what leads to the root or up, in the directory."""
    return f"{directory}/{re.sub(r'^(/|([.][.]/)*)', '', file)}"


HASHED = ["sha256", "sha512", "sha384", "gitoid:sha256", "md5", "sha1", "blake2b"]

# Which digests a tool records.
SETS = [
    (["sha256"], 60), (["sha512", "sha256"], 12), (["sha512"], 5), (["sha384"], 3), (["gitoid:sha256"], 3),
    (["md5", "sha256"], 4), (["sha1"], 2), ([], 2), (["blake2b", "gitoid:sha256", "sha256"], 2),
]  # fmt: skip


def algorithms(rng):
    """The algorithms of a tool's digest sets."""
    return rng.choices([set for set, _ in SETS], [weight for _, weight in SETS])[0]


def digests(content, algorithms):
    """The digest set of a content, which is a number."""
    result = {}
    for algorithm in algorithms:
        function = {"gitoid:sha256": "sha256"}.get(algorithm, algorithm)
        result[algorithm] = hashlib.new(function, f"{algorithm} {content}".encode()).hexdigest()
    return result


class Contents:
    """What the files of a working directory hold, as numbers, by name."""

    def __init__(self, rng, count=0):
        self.rng = rng
        self.files = {}
        self.next = 0
        for _ in range(count):
            self.create()

    def create(self):
        # Few contents, so that different files are equal now and then.
        self.next += self.rng.random() < 0.9
        self.files[name(self.rng)] = self.next

    def work(self):
        """What a step does to some of the files."""
        rng = self.rng
        for file in list(self.files):
            what = rng.random()
            if what < 0.62:
                continue
            content = self.files.pop(file)
            if what < 0.74:
                self.next += 1
                self.files[file] = self.next
            elif what < 0.80:
                self.files[name(rng)] = content
            elif what < 0.90:
                self.files[moved(rng.choice(DIRECTORIES), file)] = content
            elif what < 0.93:
                self.files[file] = content
                self.files[name(rng)] = content
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            self.create()

    def leave(self):
        """Moves everything below a directory, or out of one, as packing and unpacking do."""
        directory = self.rng.choice(DIRECTORIES)
        below = {file: content for file, content in self.files.items() if file.startswith(directory + "/")}
        if below and self.rng.random() < 0.5:
            self.files = {file.removeprefix(directory + "/"): content for file, content in below.items()}
        else:
            self.files = {moved(directory, file): content for file, content in self.files.items()}

    def seen(self, algorithms):
        """What a tool records."""
        return {file: digests(content, algorithms) for file, content in self.files.items()}
