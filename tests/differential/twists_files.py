"""What files may look like, and what becomes of them on the way."""

import base64
import copy

import files
from text import AGAIN, Raw
from twists import a_document, a_link, a_step, twist


@twist(3)
def changed_after_signing(case, rng):
    document = a_document(case, rng)

    def tamper(payload):
        if payload.get("_type") == "layout" and payload.get("steps"):
            step = rng.choice(payload["steps"])
            what = rng.choice(["rules", "threshold", "pubkeys", "expires"])
            if what == "rules":
                step["expected_materials"] = step["expected_products"] = []
            elif what == "threshold":
                step["threshold"] = 1
            elif what == "pubkeys":
                step["pubkeys"] = list(payload.get("keys", {}))
            else:
                payload["expires"] = "2099-01-01T00:00:00Z"
        else:
            payload["products"] = {}

    document.tamper = tamper


@twist(1.5)
def in_a_sigstore_bundle(case, rng):
    document = a_document(case, rng)
    document.bundled = rng.choice([*files.SIGSTORE, "application/vnd.dev.sigstore.bundle.v0.4+json"])
    case.features.add("Sigstore bundle")


def an_object(rng, value):
    """An object somewhere in a payload."""
    objects = []

    def collect(value):
        if isinstance(value, dict):
            objects.append(value)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            collect(item)

    collect(value)
    return rng.choice(objects)


@twist(3)
def a_member_twice(case, rng):
    document = a_document(case, rng)
    if rng.random() < 0.3:
        member = rng.choice(["signatures", "signed" if document.wrapping == "metablock" else "payload"])
        value = rng.choice([Raw("[]"), "", Raw("{}")])
        place = rng.choice([0, 1])
        document.bend = lambda envelope: (
            {AGAIN + member: value, **envelope} if place else {**envelope, AGAIN + member: value}
        )
        return True
    members = an_object(rng, document.payload)
    if not members:
        return False
    name = rng.choice(list(members))
    members[AGAIN + name] = copy.deepcopy(members[name]) if rng.random() < 0.7 else rng.choice([5, "x", [], {}])
    return True


@twist(3)
def an_odd_number(case, rng):
    document = a_document(case, rng)
    raw = rng.choice(
        ["NaN", "Infinity", "-Infinity", "1.5", "1e3", "-0", "1E400", "9" * 400, "9" * 5000, "-1", "01", "0.0", "1.0"]
    )
    document.payload[
        rng.choice(["zz number", "byproducts" if document.payload.get("_type") == "link" else "zz number"])
    ] = rng.choice([Raw(raw), {"return-value": Raw(raw)}])
    document.anew = rng.random() < 0.5


@twist(2)
def a_lone_surrogate(case, rng):
    document = a_document(case, rng)
    where = "environment" if document.payload.get("_type") == "link" else "readme"
    text = Raw(rng.choice(['"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"\\ud800\\u0041"']))
    document.payload[where] = {"x": text} if where == "environment" else text


@twist(2)
def deep_nesting(case, rng):
    document = a_document(case, rng)
    value = "x"
    for _ in range(rng.choice([10, 25, 40, 200, 2000])):
        value = [value] if rng.random() < 0.5 else {"a": value}
    raw = Raw(_compact(value))
    where = "environment" if document.payload.get("_type") == "link" else "zz deep"
    document.payload[where] = {"deep": raw}
    document.anew = rng.random() < 0.5


def _compact(value):
    text, end = "", ""
    while value != "x":
        if isinstance(value, list):
            text, end, value = text + "[", "]" + end, value[0]
        else:
            text, end, value = text + '{"a":', "}" + end, value["a"]
    return text + '"x"' + end


@twist(2)
def bytes_around(case, rng):
    change = rng.choice(
        [
            lambda data: b"\xef\xbb\xbf" + data,
            lambda data: data + b"\n\n",
            lambda data: data + b"x",
            lambda data: data + data,
            lambda data: data[:-1],
            lambda data: b" \t\r\n" + data,
            lambda data: data + b"\0",
            lambda data: data.replace(b"{", b"{ ", 1),
            lambda data: b"",
            lambda data: b"[" + data + b"]",
            lambda data: data.replace(b"a", b"\xff", 1),
            lambda data: data.replace(b'"', b"'"),
            lambda data: data + b"// end",
            lambda data: data.replace(b":", b": \x0c", 1),
            lambda data: data.replace(b"}", b",}", 1),
            lambda data: data.replace(b"\n", b"\r\n"),
        ]
    )
    a_document(case, rng).cut = change


@twist(3)
def spelling_of_base64(case, rng):
    document = a_document(case, rng)
    if document.wrapping != "dsse":
        return False
    plain = document.encode

    def loose(text):
        """Other bits at the end that mean the same."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        body = text.rstrip("=")
        if len(body) == len(text):
            return text
        return body[:-1] + alphabet[alphabet.index(body[-1]) | 1] + text[len(body) :]

    document.encode = rng.choice(
        [
            lambda data: base64.urlsafe_b64encode(data).decode(),
            lambda data: base64.urlsafe_b64encode(data).decode(),
            lambda data: plain(data).rstrip("="),
            lambda data: plain(data) + "=",
            lambda data: plain(data) + "\n",
            lambda data: plain(data).replace("+", "-"),
            lambda data: loose(plain(data)),
            lambda data: plain(data)[:8] + "\n" + plain(data)[8:],
            lambda data: f" {plain(data)}",
            lambda data: base64.encodebytes(data).decode(),
        ]
    )
    return True


@twist(2)
def another_payload_type(case, rng):
    document = a_document(case, rng)
    if document.wrapping != "dsse":
        return False
    document.payload_type = rng.choice(
        ["application/vnd.in-toto.layout+json", "application/json", "", "application/vnd.in-toto+json ", "text/plain"]
    )
    return True


@twist(1)
def payload_type_changed_after_signing(case, rng):
    document = a_document(case, rng)
    if document.wrapping != "dsse":
        return False
    value = rng.choice(["application/json", None, 5])
    document.bend = lambda envelope: envelope | {"payloadType": value}
    return True


@twist(2)
def members_of_the_envelope(case, rng):
    document = a_document(case, rng)
    other = (
        {"signed": document.payload}
        if document.wrapping == "dsse"
        else {"payload": "e30=", "payloadType": document.payload_type}
    )
    document.bend = rng.choice(
        [
            lambda envelope: envelope | {"extra": [1, 2.5, None]},
            lambda envelope: envelope | other,
            lambda envelope: envelope | {"signatures": {}},
            lambda envelope: envelope | {"signatures": None},
            lambda envelope: {name: value for name, value in envelope.items() if name != "signatures"},
            lambda envelope: {"extra": "x", **envelope},
            lambda envelope: {name: value for name, value in envelope.items() if name == "signatures"},
        ]
    )


@twist(2)
def another_type_of_document(case, rng):
    document = a_document(case, rng)
    document.payload["_type"] = rng.choice(["layout", "link", "Link", "", "https://in-toto.io/Statement/v1", 5, None])


@twist(1)
def another_wrapping(case, rng):
    """The content of one wrapping in the other, with the signatures as they were."""
    document = a_document(case, rng)
    message = document.signed_bytes()
    for signature in document.signatures:
        signature.message = message
    document.wrapping = "dsse" if document.wrapping == "metablock" else "metablock"


def two_links(case, rng):
    one, other = a_link(case, rng), a_link(case, rng)
    return None if one is None or one.step == other.step else (one, other)


@twist(2)
def links_of_two_steps_signed_by_each_other(case, rng):
    found = two_links(case, rng)
    if not found:
        return False
    one, other = (link.document for link in found)
    one.payload, other.payload = other.payload, one.payload
    return True


@twist(2)
def files_of_two_steps_swapped(case, rng):
    found = two_links(case, rng)
    if not found:
        return False
    one, other = found
    one.document, other.document = other.document, one.document
    return True


@twist(1)
def type_of_a_step(case, rng):
    level, step = a_step(case, rng)
    if step is None:
        return False
    step["_type"] = rng.choice(["step", "link", "", 5, None])
    return True
