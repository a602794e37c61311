"""signed: which bytes signatures are over, in a Metablock and in DSSE, and how they are written down."""

import base64
import json

from case import DSSE, DSSE_WITH_KEYID, IN_TOTO, METABLOCK, add, case, files, one
from jsontext import COMPACT, GIVEN, PYTHON_LINE, Raw, canonical, encode, pae
from keys import Key

RULES = {"expected_materials": [["DISALLOW", "*"]], "expected_products": [["CREATE", "app"], ["DISALLOW", "*"]]}
ODD = {"\uff5e": 1, "\U0001f600": 2, "a": 3, "B": 4, "\u00e9": 5, "": 6}


def metablock(name):
    return one(name, METABLOCK)


def dsse(name):
    return one(name, DSSE)


def signed_over(c, message, **layout):
    """A chain whose layout is signed over other bytes: `message` makes them from the envelope."""
    c.simple()
    envelope = c.envelope(c.layout([c.step("build", **RULES)], **layout))
    c.write("root.layout", c.sign(envelope, "owner", over=message(envelope)))


# Metablock


@case("signed", "verified", metablock)
def order_and_white_space(c):
    """However a Metablock is laid out, its canonical form is signed."""
    layout = c.layout([c.step("build", **RULES)])
    c.simple()
    c.put_layout(layout, text=encode(dict(reversed(layout.items())), GIVEN).replace(",", "\r\n\t ,"))


@case("signed", "verified", metablock)
def escapes(c):
    """Escapes that spell out ordinary characters, in keys and values, are not part of the canonical form."""
    layout = c.layout([c.step("build", **RULES)], readme="a/b \u00e9")
    c.simple()
    text = encode(layout, COMPACT).replace("a/b \u00e9", "\\u0061\\/b \\u00E9").replace('"steps"', '"\\u0073teps"')
    c.put_layout(layout, text=text)


@case("signed", "verified", metablock)
def code_point_order(c):
    """Members are sorted by code point: U+FF5E before U+1F600, whatever their UTF-16 is."""
    c.simple(layout={"note": ODD})


@case("signed", "owner-signature", metablock)
def utf16_order(c):
    """Members sorted by UTF-16 code units, as JavaScript does, are another text."""

    def message(envelope):
        layout = {**envelope.payload, "note": 0}
        by_utf16 = sorted(ODD.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        note = "{" + ",".join(canonical(key) + ":" + str(value) for key, value in by_utf16) + "}"
        assert note != canonical(ODD)
        return canonical({**layout, "note": Raw(note)}).encode()

    signed_over(c, message, note=ODD)


@case("signed", "verified", metablock)
def control_characters(c):
    """Canonical JSON has control characters as they are: only the quote and the backslash are escaped."""
    odd = '\n\r\t\b\f\x01\x1f\x7f"\\/\u2028'
    c.simple(layout={"readme": odd, odd: odd}, link={"environment": {odd: odd}})


@case("signed", "owner-signature", metablock)
def escaped_line_feed(c):
    """A line feed that was signed as the two characters of its escape is another text."""
    signed_over(c, lambda envelope: envelope.message.replace(b"\n", b"\\n"), readme="a\nb")


@case("signed", "owner-signature", metablock)
def spaces_signed(c):
    """The text of a Metablock as it stands in the file is not what is signed."""
    signed_over(c, lambda envelope: encode(envelope.payload, PYTHON_LINE).encode())


@case("signed", "owner-signature", metablock)
def ascii_signed(c):
    """Letters beyond ASCII are signed as UTF-8, not as escapes."""
    signed_over(
        c,
        lambda envelope: json.dumps(envelope.payload, sort_keys=True, separators=(",", ":")).encode(),
        readme="\u00e9",
    )


@case("signed", "owner-signature", metablock)
def pae_of_a_metablock(c):
    """A Metablock that is signed as if it were in a DSSE envelope."""
    signed_over(c, lambda envelope: pae(IN_TOTO, envelope.message))


for name, where in [
    ("layout", {"layout": {"note": {"x": [1, None, True]}}}),
    ("step", {"step": {"_note": "x"}}),
    ("link", {"link": {"note": ["x"]}}),
]:
    why = f"A member of a {name} that nobody knows is covered by the signature, and ignored."
    add(
        "signed",
        f"unknown-member-of-a-{name}",
        why,
        "verified",
        lambda c, where=where: c.simple(**where),
        METABLOCK + DSSE,
    )


@case("signed", "verified", METABLOCK)
def unknown_member_of_a_key(c):
    """A member of a key that nobody knows is covered by the signature, and ignored."""
    c.simple(
        keys={
            c.id("builder"): {**c.entry("builder"), "owner": "x", "keyval": {**c.entry("builder")["keyval"], "note": 1}}
        }
    )


@case("signed", "verified")
def unknown_member_of_an_inspection(c):
    """A member of an inspection that nobody knows is covered by the signature, and ignored."""
    c.trust(inspections="skip")
    c.warns("inspection-skipped")
    c.simple(layout={"inspect": [c.inspection("look", note=1)]})


def without_note(content):
    changed = content.replace(b'"note"', b'"nota"')
    assert changed != content
    return changed


@case("signed", "owner-signature", METABLOCK)
def unknown_member_changed(c):
    """What nobody knows is covered by the signature: it cannot be changed afterwards."""
    c.simple()
    c.put_layout(c.layout([c.step("build", **RULES)], note=1), edit=without_note)


@case("signed", "threshold-not-met", METABLOCK, warnings=["link-signature"])
def unknown_member_of_a_link_changed(c):
    """The same in a link."""
    c.simple()
    c.put_link(c.link("build", products=files("app"), note=1), edit=without_note)


@case("signed", "owner-signature", METABLOCK)
def unknown_member_added(c):
    """A member that nobody knows cannot be added after signing either."""
    c.simple()
    envelope = c.envelope(c.layout([c.step("build", **RULES)]))
    c.sign(envelope, "owner")
    envelope.text = encode({**envelope.payload, "note": 1}, COMPACT)
    c.write("root.layout", envelope)


@case("signed", "verified", metablock)
def signature_in_capitals(c):
    """A Metablock's signature in upper-case hexadecimal digits is the same signature."""
    c.simple()
    envelope = c.envelope(c.layout([c.step("build", **RULES)]))
    c.write("root.layout", envelope.add(c.id("owner"), Key("owner").sign(envelope.message).hex().upper()))


@case("signed", "owner-unsigned", metablock, notes=["hexadecimal"])
def signature_in_base64(c):
    """A Metablock's signature in base64 is none."""
    c.simple()
    envelope = c.envelope(c.layout([c.step("build", **RULES)]))
    c.write("root.layout", envelope.add(c.id("owner"), base64.b64encode(Key("owner").sign(envelope.message)).decode()))


@case("signed", "owner-unsigned", metablock, notes=["hexadecimal"])
def signature_of_odd_length(c):
    """A Metablock's signature of half a byte too much is none."""
    c.simple()
    envelope = c.envelope(c.layout([c.step("build", **RULES)]))
    c.write("root.layout", envelope.add(c.id("owner"), Key("owner").sign(envelope.message).hex() + "0"))


# DSSE


@case("signed", "verified", dsse)
def payload_in_another_form(c):
    """A DSSE payload is signed byte for byte, in whatever form it is written."""
    layout = c.layout([c.step("build", **RULES)], readme="\u00e9 <&> \u2028")
    text = encode(dict(reversed(layout.items())), GIVEN)
    c.simple()
    c.put_layout(
        layout,
        text="\t" + text.replace(",", " ,\r\n  ").replace("\u00e9", "\\u00E9").replace("build", "\\u0062uild") + " \n",
    )


@case("signed", "owner-signature", dsse)
def payload_written_anew(c):
    """A payload that says the same in other bytes is not what was signed."""
    c.simple()
    envelope = c.envelope(c.layout([c.step("build", **RULES)]))
    c.sign(envelope, "owner")
    envelope.bytes = envelope.bytes + b" "
    c.write("root.layout", envelope)


@case("signed", "owner-signature", dsse)
def payload_signed_bare(c):
    """A signature over the payload alone, without its type and length, does not count."""
    signed_over(c, lambda envelope: envelope.bytes)


@case("signed", "owner-signature", dsse)
def payload_signed_in_canonical_form(c):
    """A signature over the canonical form, as in a Metablock, does not count in a DSSE envelope."""
    signed_over(c, lambda envelope: canonical(envelope.payload).encode())


@case("signed", "owner-signature", dsse)
def base64_signed(c):
    """A signature over the base64 text instead of the payload, a mistake of early DSSE, does not count."""
    signed_over(c, lambda envelope: pae(IN_TOTO, base64.b64encode(envelope.bytes)))


@case("signed", "owner-signature", dsse)
def length_missing(c):
    """The lengths of type and payload are part of what is signed."""
    signed_over(c, lambda envelope: b"DSSEv1 " + IN_TOTO.encode() + b" " + envelope.bytes)


@case("signed", "owner-signature", dsse)
def binary_lengths(c):
    """The lengths are decimal digits, not the 64-bit integers of DSSE's drafts."""

    def message(envelope):
        part = lambda data: len(data).to_bytes(8, "little") + data  # noqa: E731
        return (2).to_bytes(8, "little") + part(IN_TOTO.encode()) + part(envelope.bytes)

    signed_over(c, message)


@case("signed", "owner-signature", dsse)
def another_type_signed(c):
    """The payload type is part of what is signed: it cannot be exchanged."""
    signed_over(c, lambda envelope: pae("application/vnd.in-toto.layout+json", envelope.bytes))


TYPES = [
    ("none", "", "an empty one"),
    ("json", "application/json", "plain JSON"),
    ("link", "application/vnd.in-toto.link+json", "a type of its own for links"),
    ("capital", "application/vnd.in-toto+JSON", "the same in other letters"),
    ("parameter", "application/vnd.in-toto+json; charset=utf-8", "the same with a parameter"),
    ("space", "application/vnd.in-toto+json ", "the same with a space at its end"),
]
for name, kind, what in TYPES:
    why = f"The payload type has to be in-toto's; {what} is not, though it was signed."

    def layout_of_type(c, kind=kind):
        c.simple()
        c.put_layout(c.layout([c.step("build", **RULES)]), payload_type=kind)

    def link_of_type(c, kind=kind):
        c.simple()
        c.put_link(c.link("build", products=files("app")), payload_type=kind)

    add("signed", f"layout-with-payload-type-{name}", why, "layout-payload-type", layout_of_type, dsse)
    add(
        "signed",
        f"link-with-payload-type-{name}",
        why,
        "link-missing",
        link_of_type,
        dsse,
        warnings=["link-payload-type"],
    )


@case("signed", "unreadable", dsse, says="payloadType")
def no_payload_type(c):
    """A DSSE envelope has to have a payload type."""
    c.simple()
    c.write("root.layout", '{"payload":"e30=","signatures":[]}')


def payload_as(c, change):
    """A chain whose layout's payload stands in the envelope in another base64."""
    c.simple()
    layout = c.layout([c.step("build", **RULES)], readme="???>>>~~~ x")
    envelope = c.sign(c.envelope(layout), "owner")
    old = base64.b64encode(envelope.bytes)
    assert b"/" in old or b"+" in old
    c.write("root.layout", envelope.encode().replace(old, change(old)))


def both_alphabets(old):
    """The first character that differs between the alphabets in the one, the others in the other."""
    first = min(place for place, char in enumerate(old) if char in b"+/")
    mixed = old[: first + 1].translate(URL) + old[first + 1 :]
    assert any(char in b"+/" for char in mixed)
    return mixed


def fill(c, residue):
    """A layout whose payload's length leaves so many bytes over when it is divided by 3."""
    for pad in ("", "a", "aa"):
        layout = c.layout([c.step("build", **RULES)], readme=pad)
        if len(c.envelope(layout).bytes) % 3 == residue:
            return layout
    raise AssertionError


def padded_payload(c, residue, change):
    """The same, for a payload whose base64 has padding."""
    c.simple()
    envelope = c.sign(c.envelope(fill(c, residue)), "owner")
    old = base64.b64encode(envelope.bytes)
    assert old.endswith(b"=")
    c.write("root.layout", envelope.encode().replace(old, change(old)))


URL = bytes.maketrans(b"+/", b"-_")
ONE, TWO = (lambda old: old[:-1]), (lambda old: old.rstrip(b"="))
BASE64 = [
    (
        "url-safe-payload",
        "Base64 of the URL-safe alphabet is read.",
        "verified",
        lambda c: payload_as(c, lambda old: old.translate(URL)),
    ),
    (
        "payload-without-padding",
        "Base64 without its padding is refused.",
        "unreadable",
        lambda c: padded_payload(c, 1, TWO),
    ),
    (
        "payload-with-half-its-padding",
        "Base64 with one of two padding characters is refused.",
        "unreadable",
        lambda c: padded_payload(c, 1, ONE),
    ),
    (
        "payload-with-too-much-padding",
        "Base64 with more padding than it needs is refused.",
        "unreadable",
        lambda c: padded_payload(c, 2, lambda old: old + b"="),
    ),
    (
        "payload-of-both-alphabets",
        "Base64 is of one alphabet or the other.",
        "unreadable",
        lambda c: payload_as(c, both_alphabets),
    ),
    (
        "payload-with-bits-left-over",
        "Bits that padded base64 has no use for may be set, as Python reads them.",
        "verified",
        lambda c: padded_payload(c, 1, lambda old: old[:-3] + bytes([old[-3] + 1]) + old[-2:]),
    ),
    (
        "payload-with-line-feed",
        "Base64 in lines, as MIME has it, is refused.",
        "unreadable",
        lambda c: payload_as(c, lambda old: old[:76] + b"\\n" + old[76:]),
    ),
    (
        "payload-with-line-feed-at-the-end",
        "Base64 with a line feed after it is refused.",
        "unreadable",
        lambda c: payload_as(c, lambda old: old + b"\\n"),
    ),
    (
        "payload-with-space",
        "Base64 with white space inside is refused.",
        "unreadable",
        lambda c: payload_as(c, lambda old: old[:8] + b" " + old[8:]),
    ),
    (
        "payload-in-hexadecimal",
        "A payload is base64, not hexadecimal digits.",
        "unreadable",
        lambda c: payload_as(c, lambda old: base64.b64decode(old).hex().encode() + b"0"),
    ),
]
for name, why, expect, make in BASE64:
    add("signed", name, why, expect, make, dsse, **({"says": ""} if expect == "verified" else {"says": "base64"}))


def signature_as(c, change):
    """A chain whose layout's signature is written in another way."""
    c.simple()
    envelope = c.envelope(c.layout([c.step("build", **RULES)]))
    text = base64.b64encode(Key("owner").sign(envelope.message)).decode()
    c.write("root.layout", envelope.add(None if envelope.dialect.keyless else c.id("owner"), change(text)))


SIGNATURES = [
    (
        "url-safe-signature",
        "A DSSE signature may be of the URL-safe alphabet.",
        "verified",
        lambda text: text.translate(str.maketrans("+/", "-_")),
    ),
    (
        "signature-without-padding",
        "A DSSE signature without padding is none.",
        "owner-unsigned",
        lambda text: text.rstrip("="),
    ),
    (
        "signature-with-line-feed",
        "A DSSE signature with a line feed after it is none.",
        "owner-unsigned",
        lambda text: text + "\n",
    ),
    (
        "signature-in-hexadecimal",
        "A DSSE signature in hexadecimal digits, as a Metablock has it, is not good.",
        "owner-signature",
        lambda text: base64.b64decode(text).hex(),
    ),
]
for name, why, expect, change in SIGNATURES:
    notes = {"notes": ["base64"]} if expect == "owner-unsigned" else {}
    add("signed", name, why, expect, lambda c, change=change: signature_as(c, change), dsse, **notes)


@case("signed", "verified", dsse)
def empty_key_id(c):
    """Go writes an empty key id where there is none."""
    c.simple()
    envelope = c.envelope(c.layout([c.step("build", **RULES)]))
    c.write("root.layout", envelope.add("", Key("owner").sign(envelope.message)))


@case("signed", "verified", ["dsse-go"])
def go_escapes(c):
    """Go escapes <, > and & in what it signs, and the payload keeps them so."""
    odd = "a<b>&c\u2028"
    c.simple(
        layout={"readme": odd},
        step={"expected_command": [odd], "expected_products": [["CREATE", "a<b>&c"], ["DISALLOW", "*"]]},
        link={"command": [odd], "products": files("a<b>&c")},
    )
    assert b"\\u003c" in base64.b64decode(json.loads(c.files["root.layout"])["payload"])


@case("signed", "verified", ["dsse-go"])
def canonical_payload(c):
    """Go's in-toto and Rust's put canonical JSON into DSSE envelopes."""
    layout, link = c.layout([c.step("build", **RULES)]), c.link("build", products=files("app"))
    c.put_layout(layout, text=canonical(layout))
    c.put_link(link, text=canonical(link))


@case("signed", "unreadable", ["dsse-go"], says="payload")
def canonical_payload_with_line_feed(c):
    """Canonical JSON with a control character is no JSON any more."""
    layout = c.layout([c.step("build", **RULES)], readme="a\nb")
    c.simple()
    c.put_layout(layout, text=canonical(layout))


@case("signed", "verified", DSSE_WITH_KEYID)
def unknown_member_of_a_signature(c):
    """A signature may come with more than sitrep asks for, such as a certificate."""
    c.simple()
    envelope = c.sign(c.envelope(c.layout([c.step("build", **RULES)])), "owner")
    envelope.signatures[0]["cert"] = "-----BEGIN CERTIFICATE-----"
    c.write("root.layout", envelope)


@case("signed", "owner-unsigned", metablock, notes=["OpenPGP"])
def open_pgp_signature(c):
    """A signature of OpenPGP, which in-toto knows too, is not looked at."""
    c.simple()
    envelope = c.sign(c.envelope(c.layout([c.step("build", **RULES)])), "owner")
    envelope.signatures[0]["other_headers"] = "04000108"
    c.write("root.layout", envelope)
