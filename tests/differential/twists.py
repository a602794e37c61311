"""Bends supply chains: what owners, functionaries, their tools and attackers may do to them.

Each twist takes the case and random numbers; one that cannot be applied to the case returns `False`.
"""

import importlib

TWISTS = []


def twist(weight):
    """Registers a twist, which is drawn as often as its weight says."""

    def register(function):
        TWISTS.append((function.__name__.replace("_", "-"), function, weight))
        return function

    return register


def bend(case, rng):
    """Applies none, one or several twists."""
    for _ in range(rng.choices([0, 1, 2, 3], [25, 50, 18, 7])[0]):
        name, function, _ = rng.choices(TWISTS, [weight for _, _, weight in TWISTS])[0]
        try:
            applied = function(case, rng) is not False
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            # What it is to bend was taken away by the twist before.
            applied = False
        if applied:
            case.features.add(f"twist {name}")


def levels(case):
    """All layouts of a case."""
    return [case.level] + [link.level for link in case.level.all_links() if link.level]


def a_level(case, rng):
    """The root layout, most of the time."""
    return case.level if rng.random() < 0.7 else rng.choice(levels(case))


def document_of(case, level):
    """The document of a layout."""
    if level is case.level:
        return case.document
    return next(link.document for link in case.level.all_links() if link.level is level)


def a_step(case, rng):
    """A step that is to be bent, with its level; `None` where there is none."""
    level = a_level(case, rng)
    return level, rng.choice(level.layout["steps"] or [None])


def a_link(case, rng):
    """A link that is no sublayout; `None` where there is none."""
    links = [link for link in case.level.all_links() if not link.level]
    return rng.choice(links) if links else None


def a_document(case, rng):
    """A layout or a link."""
    return rng.choice([case.document] + [link.document for link in case.level.all_links()])


for module in ("layouts", "keys", "links", "signatures", "files"):
    importlib.import_module(f"twists_{module}")
