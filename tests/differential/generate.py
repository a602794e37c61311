"""Writes random supply chains, asks in-toto about each, and says on standard output what it said, a line of JSON each.

    generate.py --directory DIR [--seed N] [--first N] [--cases N] [--without FEATURE,...] [--examples]

tests/tests/differential.rs runs it with a Python that has in-toto 3.1. A case of a seed is always the same, whichever
came before: its files are in DIR/NAME/chain, so that a step that is called `../x` does not leave its link to others.
"""

import argparse
import json
import pathlib
import random

import decided
import examples
import reference
import shape
import twists
from chain import NOW, Generator


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--cases", type=int, default=1)
    parser.add_argument("--without", default="")
    parser.add_argument("--examples", action="store_true")
    arguments = parser.parse_args()
    print(json.dumps({"twists": [name for name, _, _ in twists.TWISTS]}))
    # in-toto also signs: a layout that does not say when it expires is signed with a time.
    with reference.stopped(NOW):
        tell_all(arguments)


def tell_all(arguments):
    """Makes up the cases that are asked for."""
    without = set(arguments.without.split(","))
    if arguments.examples:
        for name, case in examples.all_cases():
            tell(name, case, arguments.directory / name / "chain")
        return
    for number in range(arguments.first, arguments.first + arguments.cases):
        rng = random.Random(f"{arguments.seed}/{number}")
        case = Generator(rng, without).case()
        twists.bend(case, rng)
        tell(str(number), case, arguments.directory / str(number) / "chain")


def tell(name, case, directory):
    """Writes a case and says what in-toto, and what in-toto with all decisions, answers."""
    case.directory = directory
    case.now = NOW
    write(case)
    owners = {owner.label: owner.key.entry(owner.label) for owner in case.owners}
    error = reference.verify(directory, owners, case.parameters, NOW)
    answer = decided.verify(case)
    plain = decided.verify(case, ())
    differs = answer.verified != (error is None)
    line = {
        "name": name,
        "owners": [owner_file(number, owner) for number, owner in enumerate(case.owners)],
        "parameters": case.parameters,
        "in_toto": error and f"{type(error).__name__}: {error}"[:300],
        "model": plain.verified == (error is None),
        "expected": answer.codes and sorted(answer.codes),
        "consumed": answer.counts,
        "products": answer.summary and answer.summary.products,
        "because": decided.explain(case, answer) if differs else [],
        "features": sorted(case.features | answer.hits | shape.features(case)),
    }
    print(json.dumps(line), flush=True)


def write(case):
    """Writes all files of a case."""
    write_level(case.level, case.directory)
    (case.directory / "root.layout").write_bytes(case.document.file())
    for number, owner in enumerate(case.owners):
        text = owner.key.pem() if owner.form == "pem" else json.dumps(owner.key.entry(owner.label))
        (case.directory / owner_file(number, owner)).write_text(text)


def owner_file(number, owner):
    return f"owner{number}.{'pub' if owner.form == 'pem' else 'json'}"


def write_level(level, directory):
    try:
        directory.mkdir(parents=True)
    except (OSError, ValueError):
        # No directory can have this name.
        return
    for name, data in level.files.items():
        put(directory, name, data)
    for link in level.links:
        put(directory, link.file_name(), link.document.file())
        if link.level:
            write_level(link.level, directory / link.file_name().removesuffix(".link"))


def put(directory, name, data):
    """Writes a file, unless no file can have this name."""
    try:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except (OSError, ValueError):
        pass


if __name__ == "__main__":
    main()
