"""JSON texts as the tools of in-toto write them, canonical JSON, and DSSE's pre-authentication encoding."""

from dataclasses import dataclass, replace


class Raw(str):
    """JSON text that is put in as it is."""


class Pairs(list):
    """The members of an object as pairs, in this order; a key may come twice."""


@dataclass(frozen=True)
class Style:
    """How a text is written."""

    indent: str | None = None
    colon: str = ":"
    comma: str = ","
    escapes: str = "ascii"  # "ascii" as Python, "utf8" as Rust, "go" as Go
    order: str = "sorted"  # "sorted", "go" as Go's structs, "given"


COMPACT = Style(escapes="utf8")
PYTHON_FILE = Style(indent=" ", colon=": ")
PYTHON_LINE = Style(colon=": ", comma=", ")
GO_FILE = Style(indent="  ", colon=": ", escapes="go", order="go")
GO_LINE = Style(escapes="go", order="go")
GIVEN = Style(escapes="utf8", order="given")


def given(style):
    """The same style, with members in the order in which they are given."""
    return replace(style, order="given")


# The members of Go's structs, in their order. An object is of the first of these that has all of its members.
GO_STRUCTS = [
    ["signed", "signatures"],
    ["payloadType", "payload", "signatures"],
    ["keyid", "sig"],
    ["_type", "steps", "inspect", "keys", "expires", "readme"],
    ["_type", "pubkeys", "expected_command", "threshold", "name", "expected_materials", "expected_products"],
    ["_type", "run", "name", "expected_materials", "expected_products"],
    ["_type", "name", "materials", "products", "byproducts", "command", "environment"],
    ["keyid", "keyid_hash_algorithms", "keytype", "keyval", "scheme"],
    ["_type", "subject", "predicateType", "predicate"],
]


def _go_order(keys):
    for struct in GO_STRUCTS:
        known = sum(key in struct for key in keys)
        # What a case adds to an object stands after the members of the struct.
        if known >= 2 and known >= len(keys) - 1 and struct[0] in keys:
            return sorted(keys, key=lambda key: (struct.index(key) if key in struct else len(struct), key))
    return sorted(keys)


_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def string(text, escapes):
    """A JSON string."""
    out = ['"']
    for char in text:
        code = ord(char)
        if char in _SHORT:
            out.append(_SHORT[char])
        elif code < 0x20 or (escapes == "go" and char in "<>&\u2028\u2029"):
            out.append(f"\\u{code:04x}")
        elif escapes == "ascii" and code > 0x7E:
            units = char.encode("utf-16-be")
            out.extend(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
        else:
            out.append(char)
    return "".join(out) + '"'


def encode(value, style, level=0):
    """The text of a value in a style."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return string(value, style.escapes)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (dict, Pairs)):
        if isinstance(value, Pairs) or style.order == "given":
            pairs = list(value.items() if isinstance(value, dict) else value)
        else:
            keys = _go_order(list(value)) if style.order == "go" else sorted(value)
            pairs = [(key, value[key]) for key in keys]
        items = [string(key, style.escapes) + style.colon + encode(item, style, level + 1) for key, item in pairs]
        return _container("{", items, "}", style, level)
    if isinstance(value, (list, tuple)):
        return _container("[", [encode(item, style, level + 1) for item in value], "]", style, level)
    raise TypeError(f"{value!r} is no JSON value; write numbers that are no integers as Raw")


def _container(open_, items, close, style, level):
    if not items:
        return open_ + close
    if style.indent is None:
        return open_ + style.comma.join(items) + close
    inner, outer = "\n" + style.indent * (level + 1), "\n" + style.indent * level
    return open_ + inner + (style.comma.rstrip() + inner).join(items) + outer + close


def canonical(value):
    """OLPC canonical JSON: members by code point, no white space, only the quote and the backslash escaped."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (dict, Pairs)):
        pairs = sorted(dict(value).items())
        return "{" + ",".join(canonical(key) + ":" + canonical(item) for key, item in pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    raise TypeError(f"{value!r} has no canonical form")


def pae(payload_type, payload):
    """What a DSSE signature is over."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
