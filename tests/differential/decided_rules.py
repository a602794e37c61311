"""Rules and parameters as sitrep decided them."""

import contextlib
import copy
import os
import re
from fnmatch import filter as glob
from unittest import mock

from in_toto import verifylib

import strict
from switches import ALL, ON, Refused, require

# A parameter's name, in braces.
NAME = re.compile(r"\{([A-Za-z0-9_-]+)\}")


@contextlib.contextmanager
def patched(hits, counts):
    """in-toto's rules with the decisions about MATCH. Puts into `hits` what the rules did; into `counts`, one after the
    other, how many artifacts they consumed."""
    with contextlib.ExitStack() as stack:

        def patch(kind, function):
            stack.enter_context(mock.patch.object(verifylib, f"verify_{kind}_rule", function))

        for kind in ("create", "delete", "modify", "allow"):
            patch(kind, _noting(kind.upper(), getattr(verifylib, f"verify_{kind}_rule"), hits, counts))
        for kind, outcomes in (("disallow", ("finds none", "catches")), ("require", ("finds it", "lacks it"))):
            patch(kind, _judging(kind.upper(), getattr(verifylib, f"verify_{kind}_rule"), outcomes, hits, counts))
        patch("match", lambda *arguments: _match(hits, counts, *arguments))
        yield


def _noting(name, function, hits, counts):
    def apply(pattern, queue, *more):
        consumed = function(pattern, queue, *more)
        hits.add(f"{name} {'consumes' if consumed else 'consumes nothing'}")
        counts.append(len(consumed))
        return consumed

    return apply


def _judging(name, function, outcomes, hits, counts):
    def apply(pattern, queue):
        try:
            function(pattern, queue)
        except Exception:
            hits.add(f"{name} {outcomes[1]}")
            raise
        hits.add(f"{name} {outcomes[0]}")
        # Of REQUIRE, whether it is there.
        counts.append(int(name == "REQUIRE"))

    return apply


def _match(hits, counts, rule, queue, artifacts, links):
    consumed = _consumed(rule, queue, artifacts, links)
    form = " ".join(["in"] * bool(rule["source_prefix"]) + ["with"] + ["in"] * bool(rule["dest_prefix"]))
    hits.add(f"MATCH {form} consumes{'' if consumed else ' nothing'}")
    counts.append(len(consumed))
    return consumed


def _consumed(rule, queue, artifacts, links):
    """`verifylib.verify_match_rule`, with the decisions."""
    consumed = set()
    target = links.get(rule["dest_name"])
    if not target:
        return consumed
    there = getattr(target, rule["dest_type"])
    source, dest = rule["source_prefix"], rule["dest_prefix"]
    names = queue
    if source:
        start = _slashes(os.path.join(source, ""))
        names = [path[len(start) :] for path in queue if path.startswith(start)]
    for name in glob(names, rule["pattern"]):
        path = _below(source, name)
        digests = artifacts[path]
        if digests != there.get(_below(dest, name)):
            continue
        if strict.KNOWN.keys().isdisjoint(digests) and "match-known-digests" in ON:
            continue
        consumed.add(path)
    return consumed


def _below(prefix, name):
    """The name below a prefix."""
    if not prefix:
        return name
    joined = os.path.join(prefix, name)
    if name.startswith("/") and "prefix-is-required" in ON:
        # Python forgets the prefix of an absolute path.
        joined = prefix.removesuffix("/") + "/" + name
    return _slashes(joined)


def _slashes(path):
    """in-toto takes `\\` in a path for Windows'."""
    if "\\" in path and "literal-backslash" in ON:
        return path
    return path.replace("\\", "/")


def with_parameters(value, parameters, read):
    """A layout with the values of parameters put in."""
    plain, ours = (
        _attempt(lambda function=function: function(value, parameters, read)) for function in (_formatted, _put_in)
    )
    if ON.names is ALL or _rules_of(plain) != _rules_of(ours) and "parameters-are-names" in ON:
        plain = ours
    if isinstance(plain, Exception):
        raise plain
    return plain


def _attempt(function):
    try:
        return function()
    except Exception as error:  # noqa: BLE001 (raised again by the caller)
        return error


def _rules_of(layout):
    if isinstance(layout, Exception):
        return None
    return [(step.expected_materials, step.expected_products, step.expected_command) for step in layout.steps]


def _formatted(value, parameters, read):
    """As in-toto does: what Python's `format` makes of every text."""
    layout = read(value)
    verifylib.substitute_parameters(layout, parameters)
    for step in layout.steps:
        for rule in step.expected_materials + step.expected_products:
            for switch, code in strict.of_rule(rule):
                if switch:
                    require(switch, False, code)
    return layout


def _put_in(value, parameters, read):
    """Each `{name}` in patterns, prefixes, names of steps and commands by its value, once."""
    given, value = value, copy.deepcopy(value)
    steps = value.get("steps")
    try:
        for step in steps if isinstance(steps, list) else []:
            for member in ("expected_materials", "expected_products"):
                for rule in _list(step, member):
                    _put_into_rule(rule, parameters)
            command = _list(step, "expected_command")
            command[:] = [_replaced(word, parameters) for word in command]
    except KeyError as error:
        # What else is wrong with the layout may be found before.
        raise Refused("parameter-undefined", *[code for _, code in strict.problems(given)]) from error
    return read(value)


def _list(step, member):
    value = step.get(member) if isinstance(step, dict) else None
    return value if isinstance(value, list) else []


def _put_into_rule(rule, parameters):
    for place in range(1, len(rule) if isinstance(rule, list) else 0):
        if place == 1 or str(rule[place - 1]).lower() in ("in", "from"):
            rule[place] = _replaced(rule[place], parameters)


def _replaced(word, parameters):
    return NAME.sub(lambda found: parameters[found[1]], word) if isinstance(word, str) else word
