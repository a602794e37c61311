"""JSON texts in many spellings, also such as no writer makes."""

import json
import re
import uuid

from securesystemslib.formats import encode_canonical


class Raw:
    """A value that is written as this text."""

    def __init__(self, text):
        self.text = text


# Cannot come out of the generator: marks keys that stand in their object once more.
AGAIN = "\x01again "

PLAIN = {"separators": (",", ":"), "ensure_ascii": False}


class Style:
    """How a text is written: what `json.dumps` is told, and what is done besides."""

    def __init__(self, options=PLAIN, order=None, end="", escape=False):
        self.options = options
        # A source of random numbers for the order of members; `sort_keys` and the order as they are need none.
        self.order = order
        self.end = end
        self.escape = escape

    @classmethod
    def of_metablock(cls):
        """As in-toto writes a Metablock."""
        return cls({"indent": 1, "separators": (",", ": "), "sort_keys": True})

    @classmethod
    def of_dsse(cls):
        """As in-toto writes the payload of an envelope."""
        return cls({"sort_keys": True})

    @classmethod
    def random(cls, rng):
        options = {
            "indent": rng.choice([None, None, None, 1, 2, 4, "\t"]),
            "separators": rng.choice([(",", ":"), (", ", ": "), (",", ": ")]),
            "ensure_ascii": rng.random() < 0.5,
            "sort_keys": rng.random() < 0.5,
        }
        order = rng if not options["sort_keys"] and rng.random() < 0.4 else None
        return cls(options, order, rng.choice(["", "", "\n"]), rng.random() < 0.1)

    def write(self, value):
        """The text of a value that may hold `Raw` and keys with `AGAIN`."""
        raws = {}

        def mark(raw):
            name = f"raw {uuid.UUID(int=len(raws))}"
            raws[f'"{name}"'] = raw.text
            return name

        value = _walk(value, mark, self.order)
        text = json.dumps(value, **self.options)
        text = text.replace(json.dumps(AGAIN)[1:-1], "")
        for name, raw in raws.items():
            text = text.replace(name, raw)
        if self.escape and "\\" not in text:
            text = re.sub('"[^"]*"', _escape, text)
        return text + self.end


def _escape(string):
    """Some letters of a string as escapes, which mean the same."""
    return re.sub("(?<=[a-z])[aeiou]", lambda letter: f"\\u{ord(letter[0]):04X}", string[0])


def _walk(value, mark, order):
    if isinstance(value, Raw):
        return mark(value)
    if isinstance(value, dict):
        members = list(value.items())
        if order:
            order.shuffle(members)
        return {key: _walk(member, mark, order) for key, member in members}
    if isinstance(value, list):
        return [_walk(item, mark, order) for item in value]
    return value


def canonical(value):
    """The bytes that a Metablock's signatures are over, taken from the member `signed` as it stands."""
    return encode_canonical(value).encode()
