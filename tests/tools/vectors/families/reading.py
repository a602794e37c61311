"""reading: what is JSON, and what of it is in-toto's."""

from case import DSSE, METABLOCK, OMIT, add, case, digest, files, one
from jsontext import Raw

RULES = {"expected_materials": [["DISALLOW", "*"]], "expected_products": [["CREATE", "app"], ["DISALLOW", "*"]]}


def spoil(c, role, change):
    """A good chain with a change to the text of its layout or its link: the payload of a DSSE envelope, which is signed as it is, or the file
    of a Metablock."""
    how = lambda payload: {"text": change(c.envelope(payload).bytes)} if c.is_dsse else {"edit": change}  # noqa: E731
    layout, link = c.layout([c.step("build", **RULES)]), c.link("build", products=files("app"))
    c.put_layout(layout, **(how(layout) if role == "layout" else {}))
    c.put_link(link, **(how(link) if role == "link" else {}))


def instead(old, new):
    """Replaces the first occurrence."""

    def change(text):
        assert old in text, (old, text)
        return text.replace(old, new, 1)

    return change


def member(text):
    """Puts a member before all others of the payload."""

    def change(content):
        for start in (b'"signed": {', b'"signed":{'):
            if start in content:
                return content.replace(start, start + text + b",", 1)
        return content.replace(b"{", b"{" + text + b",", 1)

    return change


# Name, why, a part of what is said, and the change.
FAULTS = [
    (
        "byte-order-mark",
        "A text that starts with a byte order mark is refused",
        "byte order mark",
        lambda text: b"\xef\xbb\xbf" + text,
    ),
    ("not-utf8", "A text that is not UTF-8 is refused", "UTF-8", member(b'"note":"\xff"')),
    ("utf16", "A text in UTF-16 is refused", "", lambda text: b"\xff\xfe" + text.decode().encode("utf-16-le")),
    (
        "encoded-surrogate",
        "Half of a surrogate pair is not UTF-8, however it is encoded",
        "UTF-8",
        member(b'"note":"\xed\xa0\x80"'),
    ),
    ("escaped-surrogate", "Half of a surrogate pair as an escape is no text", "surrogate", member(b'"note":"\\ud800"')),
    (
        "duplicate-key",
        "An object with a key twice is refused, whoever reads it first or last",
        "once",
        instead(b'"_type"', b'"_type":"step","_type"'),
    ),
    (
        "duplicate-by-escape",
        "A key that is spelled with an escape is the same key",
        "once",
        instead(b'"_type"', b'"_type":"step","\\u005ftype"'),
    ),
    (
        "duplicate-unknown-key",
        "Members that nobody knows must not come twice either",
        "once",
        member(b'"note":1,"note":1'),
    ),
    (
        "duplicate-nested-key",
        "A key twice is refused however deep the object lies",
        "once",
        member(b'"note":[[{"a":{"b":1,"c":2,"b":1}}]]'),
    ),
    ("trailing-bytes", "Bytes after the object are refused", "end of the text", lambda text: text + b"x"),
    ("second-value", "A second object after the first is refused", "end of the text", lambda text: text + b"{}"),
    ("trailing-nul", "A zero byte after the object is refused", "found a zero byte", lambda text: text + b"\0"),
    ("cut-off", "A text that ends too early is refused", "", lambda text: text[: len(text) * 2 // 3]),
    ("empty-file", "An empty text is refused", "", lambda text: b""),
    ("trailing-comma", "A comma before the end of a container is refused", "", member(b'"note":[1,]')),
    ("comment", "A comment is refused", "", lambda text: text.replace(b"{", b"{/* a note */", 1)),
    ("single-quotes", "Strings in single quotes are refused", "", member(b"'note':1")),
    ("leading-zero", "A number with a leading zero is refused", "", member(b'"note":01')),
    ("plus-sign", "A number with a plus sign is refused", "", member(b'"note":+1')),
    ("not-a-number", "NaN is refused, though Python's writer makes it", "", member(b'"note":NaN')),
    ("infinity", "Infinity is refused, though Python's writer makes it", "", member(b'"note":-Infinity')),
    ("control-character", "A control character in a string has to be escaped", "", member(b'"note":"\t"')),
    ("unknown-escape", "A backslash before a letter that JSON does not know is refused", "", member(b'"note":"\\x41"')),
    ("capital-literal", "True is no JSON", "", member(b'"note":True')),
    (
        "nested-too-deep",
        "A text that is nested deeper than 32 levels is refused",
        "nested",
        member(b'"note":' + b"[" * 32 + b"]" * 32),
    ),
]

for name, why, says, change in FAULTS:
    add(
        "reading",
        f"layout-{name}",
        why + ".",
        "unreadable",
        lambda c, change=change: spoil(c, "layout", change),
        says=says,
    )
    add(
        "reading",
        f"link-{name}",
        why + ": such a link is noted, and is no link.",
        "link-missing",
        lambda c, change=change: spoil(c, "link", change),
        lambda name: one(name),
        notes=[says],
    )

for name, number in [
    ("fraction", b"1.5"),
    ("whole-fraction", b"1.0"),
    ("exponent", b"1e3"),
    ("negative-exponent", b"10E-1"),
]:
    why = f"A Metablock has no canonical form with the number {number.decode()}"
    change = member(b'"note":' + number)
    add(
        "reading",
        f"layout-{name}",
        why + ".",
        "unreadable",
        lambda c, change=change: spoil(c, "layout", change),
        lambda name: one(name, METABLOCK),
        says="integer",
    )
    add(
        "reading",
        f"link-{name}",
        why + ".",
        "link-missing",
        lambda c, change=change: spoil(c, "link", change),
        lambda name: one(name, METABLOCK),
        notes=["integer"],
    )
    why = f"In a DSSE payload a number like {number.decode()} is signed as it is written."
    add(
        "reading",
        f"layout-{name}-in-dsse",
        why,
        "verified",
        lambda c, change=change: spoil(c, "layout", change),
        lambda name: one(name, DSSE),
    )
    add(
        "reading",
        f"link-{name}-in-dsse",
        why,
        "verified",
        lambda c, change=change: spoil(c, "link", change),
        lambda name: one(name, DSSE),
    )

for name, number in [
    ("beyond-64-bits", "18446744073709551616"),
    ("negative-beyond-64-bits", "-9223372036854775809"),
    ("of-forty-digits", "1234567890123456789012345678901234567890"),
    ("beyond-53-bits", "9007199254740993"),
]:
    why = f"An integer keeps its digits whatever its size: {number}."
    add(
        "reading",
        f"integer-{name}",
        why,
        "verified",
        lambda c, number=number: c.simple(layout={"note": Raw(number)}, link={"note": Raw(number)}),
    )


@case("reading", "verified", METABLOCK[:1])
def minus_zero(c):
    """Minus zero is the integer 0, and that is what is signed."""
    c.simple()
    layout = c.layout([c.step("build", **RULES)], note=0)
    c.put_layout(layout, edit=instead(b'"note": 0', b'"note": -0'))


@case("reading", "verified")
def nested_as_deep_as_allowed(c):
    """32 levels of nesting are read."""
    nested = Raw("[" * 31 + "]" * 31)
    c.simple(layout={"note": nested}, link={"note": nested})


@case("reading", "verified")
def white_space_around(c):
    """White space before and after the object is none of the object."""
    spoil(c, "layout", lambda text: b" \t\r\n" + text + b"\n\n \t")


@case("reading", "unreadable", says="once")
def key_in_keys_twice(c):
    """Two keys under one name: a reader that takes the first trusts somebody else than one that takes the last."""
    keyid = c.id("builder").encode()
    spoil(c, "layout", instead(b'"keys"', b'"note":{"' + keyid + b'":{},"' + keyid + b'":{}},"keys"'))


@case("reading", "unreadable", says="once")
def threshold_twice(c):
    """A threshold that says 2 first and 1 last is refused."""
    spoil(c, "layout", instead(b'"threshold"', b'"threshold":2,"threshold"'))


@case("reading", "link-missing", notes=["once"])
def artifact_twice(c):
    """An artifact with two digest sets in one map makes the link unreadable."""
    spoil(c, "link", instead(b'"app"', b'"app":{},"app"'))


@case("reading", "link-missing", notes=["once"])
def digest_twice(c):
    """A digest set with one algorithm twice makes the link unreadable."""
    spoil(c, "link", instead(b'"sha256"', b'"sha256":"00","sha256"'))


@case("reading", "link-missing", notes=["once"])
def return_value_twice(c):
    """A key twice in what decides nothing makes the link unreadable too."""
    spoil(c, "link", instead(b'"return-value"', b'"return-value":1,"return-value"'))


@case("reading", "unreadable", says="once")
def payload_twice(c):
    """An envelope with two payloads, the first of which was signed."""
    c.simple()
    old = b'"signatures"'
    other = b'"payload":"e30=","signatures"' if c.is_dsse else b'"signed":{"_type":"layout"},"signatures"'
    c.files["root.layout"] = c.files["root.layout"].replace(old, other, 1)


@case("reading", "unreadable", says="once")
def signatures_twice(c):
    """An envelope with two lists of signatures."""
    c.simple()
    c.files["root.layout"] = instead(b'"signatures"', b'"signatures":[],"signatures"')(c.files["root.layout"])


@case("reading", "unreadable", says="once")
def signature_twice(c):
    """A signature whose `sig` comes twice, first a good one."""
    c.simple()
    c.files["root.layout"] = instead(b'"sig"', b'"sig":"00","sig"')(c.files["root.layout"])


@case("reading", "unreadable", DSSE[:1], says="byte order mark")
def envelope_with_byte_order_mark(c):
    """The envelope around a good payload starts with a byte order mark."""
    c.simple()
    c.files["root.layout"] = b"\xef\xbb\xbf" + c.files["root.layout"]


@case("reading", "unreadable", DSSE[1:2], says="end of the text")
def envelope_with_trailing_bytes(c):
    """Bytes follow the envelope around a good payload."""
    c.simple()
    c.files["root.layout"] += b"]"


@case("reading", "unreadable")
def layout_that_is_a_list(c):
    """A list is no envelope."""
    c.simple()
    c.files["root.layout"] = b"[" + c.files["root.layout"] + b"]"


@case("reading", "unreadable")
def layout_without_signatures(c):
    """An envelope has to have a list of signatures."""
    c.simple()
    c.files["root.layout"] = instead(b'"signatures"', b'"signature"')(c.files["root.layout"])


@case("reading", "unreadable")
def signatures_that_are_no_list(c):
    """Signatures by key id, as old drafts had them, are no list."""
    c.simple()
    c.write(
        "root.layout",
        (
            '{"signatures":{},"signed":{"_type":"layout"}}'
            if not c.is_dsse
            else '{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":{}}'
        ),
    )


@case("reading", "unreadable")
def neither_signed_nor_payload(c):
    """The bare payload, without any envelope, is signed by nobody."""
    c.simple()
    c.write("root.layout", c.envelope(c.layout([c.step("build", **RULES)])).bytes)


@case("reading", "unreadable", METABLOCK[:1])
def both_signed_and_payload(c):
    """An envelope of both kinds at once: nobody can say which half the signatures are for."""
    c.simple()
    payload = b'"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures"'
    c.files["root.layout"] = instead(b'"signatures"', payload)(c.files["root.layout"])


@case("reading", "verified")
def unknown_member_of_the_envelope(c):
    """A member of the envelope that nobody knows is ignored."""
    c.simple()
    for name, content in c.files.items():
        if name != "owner.pub":
            c.files[name] = instead(b'"signatures"', b'"comment":{"a":[1]},"signatures"')(content)


@case("reading", "unreadable")
def capital_signatures(c):
    """Keys are case-sensitive: `Signatures` is not `signatures`."""
    c.simple()
    c.files["root.layout"] = instead(b'"signatures"', b'"Signatures"')(c.files["root.layout"])


@case("reading", "layout-member")
def capital_steps(c):
    """Keys are case-sensitive: `Steps` is not `steps`, though Go would take it."""
    layout = c.layout([c.step("build", **RULES)])
    layout["Steps"] = layout.pop("steps")
    c.put_layout(layout)


@case("reading", "verified")
def capital_threshold_beside_the_real_one(c):
    """`Threshold` is a member that nobody knows, so the step's threshold stays 1."""
    c.simple(
        step={"Threshold": 2, "PUBKEYS": []},
        layout={"Expires": "2000-01-01T00:00:00Z"},
        link={"Name": "other", "PRODUCTS": {}},
    )


@case("reading", "link-missing", warnings=["link-member"])
def capital_products(c):
    """Keys are case-sensitive in links too."""
    c.simple(link={"products": OMIT, "Products": {"app": digest("app")}})


@case("reading", "verified", notes=["once"])
def unreadable_link_beside_a_good_one(c):
    """A file that cannot be read does no harm where another link is enough."""
    rules = {**RULES, "by": ("builder", "second-builder")}
    c.put_layout(c.layout([c.step("build", **rules)], keys=("builder", "second-builder")))
    link = c.link("build", products=files("app"))
    c.put_link(link)
    c.put_link(link, by="second-builder")
    name = c.file_name("build", "second-builder")
    c.files[name] = instead(b'"sig"', b'"sig":"","sig"')(c.files[name])


@case("reading", "link-missing", notes=["regular file"])
def directory_for_a_link(c):
    """A directory with the name of a link is no link."""
    c.simple()
    name = c.file_name("build", "builder")
    c.files[f"{name}/inside"] = c.files.pop(name)
