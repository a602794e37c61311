"""Makes the vectors of in-toto's semantics: `python tests/tools/vectors`, from the virtual environment that tests/run makes.

What a case expects follows from the specification and the decisions about what it leaves open, not from what sitrep does: nothing
of sitrep is used here. The files are the same each time; with `--check` they are compared instead of written."""

import shutil
import sys
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True

import case  # noqa: E402
import families  # noqa: E402, F401

OUTPUT = Path(__file__).resolve().parents[2] / "vectors" / "semantics"


def made():
    """All files by path, and how many cases each family has."""
    files, counts = {}, Counter()
    for path, each in case.made():
        counts[each.family] += 1
        for name, content in each.finish().items():
            files[OUTPUT / path / name] = content.encode() if isinstance(content, str) else content
    return files, counts


def check(files):
    """Says which files are not as they are made."""
    there = {path for path in OUTPUT.glob("*/**/*") if path.is_file()}
    wrong = sorted(there ^ files.keys() | {path for path in there & files.keys() if path.read_bytes() != files[path]})
    for path in wrong[:20]:
        print(f"not as it is made: {path.relative_to(OUTPUT)}", file=sys.stderr)
    return 1 if wrong else 0


def write(files):
    """Replaces all cases."""
    for path in OUTPUT.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


def main(arguments):
    """Writes or compares the files, and prints the counts."""
    files, counts = made()
    for family, count in counts.items():
        print(f"{family:<14}{count:>5}")
    print(f"{'cases':<14}{counts.total():>5}")
    return check(files) if arguments == ["--check"] else write(files)


sys.exit(main(sys.argv[1:]))
