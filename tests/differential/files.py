"""Reads signed files as in-toto does, or as sitrep decided."""

import base64
import functools
import json
import re
import sys

from in_toto.exceptions import InvalidMetadata
from in_toto.models.layout import Layout
from in_toto.models.link import Link
from securesystemslib._internal.utils import b64dec
from securesystemslib.formats import encode_canonical

import statements
import strict
from document import PAYLOAD_TYPE
from switches import ALL, ON, Refused, require

# The most that sitrep reads of some things.
NESTING = 32
SIGNATURES = 32

# Instead of a key id: tried against every key.
ANY_KEY = object()

# Instead of digits: of another kind than bare keys make.
OPENPGP = object()


def parse(data):
    """A JSON text."""
    text = data.decode()
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_constant, parse_int=_integer)
    except RecursionError as error:
        raise Refused("input") from error
    require("no-lone-surrogate", "\\u" not in text or _is_text(value), "input")
    return value


def _members(pairs):
    require("no-duplicate-member", len({key for key, _ in pairs}) == len(pairs), "input")
    return dict(pairs)


def _constant(name):
    require("no-constant", False, "input")
    return float(name)


def _integer(digits):
    # Its value decides nothing, and its canonical form is itself.
    if len(digits) > sys.int_info.default_max_str_digits and "any-integer" in ON:
        sys.set_int_max_str_digits(0)
    return int(digits)


def _is_text(value):
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    except RecursionError:
        # Too deep, then.
        return True
    return True


def _depth(value):
    depth, level = 0, [value]
    while containers := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [
            item
            for container in containers
            for item in (container.values() if isinstance(container, dict) else container)
        ]
    return depth


# The media types of Sigstore bundles.
SIGSTORE = ["application/vnd.dev.sigstore.bundle+json;version=0." + version for version in "123"]
SIGSTORE.append("application/vnd.dev.sigstore.bundle.v0.3+json")


def _unbundled(value):
    """The envelope that a Sigstore bundle holds; anything else as it is."""
    if not isinstance(value, dict) or "dsseEnvelope" not in value or "sigstore-bundle" not in ON:
        return value
    envelope = value["dsseEnvelope"]
    if value.get("mediaType") not in SIGSTORE or not isinstance(envelope, dict):
        raise Refused("input")
    if "payload" not in envelope or value.keys() & {"payload", "signed"}:
        raise Refused("input")
    return {name: member for name, member in envelope.items() if name != "signed"}


class File:
    """A file: its payload, and what its signatures are over."""

    def __init__(self, data):
        value = _unbundled(parse(data))
        # Key id and hexadecimal digits of each signature that can be checked.
        self.signatures = []
        self._payload = None
        require("bounded-nesting", _depth({**value, "signed": None}) <= NESTING, "input")
        if "payload" in value:
            self._envelope(value)
        elif "signed" in value:
            self._metablock(value)
        else:
            raise InvalidMetadata
        if ON.names is ALL:
            self.value()
        payload_type = value.get("payloadType", PAYLOAD_TYPE)
        if self.is_dsse and payload_type != PAYLOAD_TYPE:
            raise Refused("layout-payload-type")

    def _envelope(self, value):
        require("one-wrapping", "signed" not in value, "input")
        if not isinstance(value.get("payloadType"), str):
            raise Refused("input")
        data = _base64(value["payload"])
        message = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(data), data)
        self.is_dsse = True
        self.signed_bytes = lambda: message
        self._parse = functools.cache(lambda: parse(data))
        self._read_signatures(value["signatures"], self._envelope_signature)

    def _metablock(self, value):
        self.is_dsse = False
        self._parse = lambda: value["signed"]
        if not isinstance(value["signed"], dict):
            raise Refused("input")
        # Without any, in-toto takes it for a file that nobody signed; it comes to the same.
        self._read_signatures(value.get("signatures", None if ON.names is ALL else []), self._metablock_signature)
        if "as-it-stands" in ON:
            data = encode_canonical(value["signed"]).encode()
            self.signed_bytes = lambda: data
        else:
            payload = self.payload()
            self.signed_bytes = functools.cache(lambda: payload.signable_bytes)

    def _read_signatures(self, entries, read):
        if not isinstance(entries, list) and (not self.is_dsse or ON.names is ALL):
            raise Refused("input")
        for entry in entries:
            try:
                signature = read(entry)
            except Exception:
                if "unusable-signature" not in ON:
                    raise
            else:
                self.signatures.append(signature)
        require("bounded-signatures", len(self.signatures) <= SIGNATURES, "input")

    def _envelope_signature(self, entry):
        keyid = entry["keyid"] if "keyid" in entry or "signature-without-keyid" not in ON else ""
        if keyid == "" and "signature-without-keyid" in ON:
            keyid = ANY_KEY
        hash(keyid)
        if (
            any(keyid == other for other, _ in self.signatures)
            and keyid is not ANY_KEY
            and "any-good-signature" not in ON
        ):
            raise Refused("?")
        data = _base64(entry["sig"])
        if not data and "unusable-signature" in ON:
            raise ValueError
        return keyid, data.hex()

    def _metablock_signature(self, entry):
        if {"keyid", "signature", "other_headers"} <= entry.keys():
            if "unusable-signature" in ON:
                raise ValueError
            return entry["keyid"], OPENPGP
        keyid, digits = entry["keyid"], entry["sig"]
        if not re.fullmatch("(?:[0-9A-Fa-f]{2})+", str(digits)):
            switch = "hexadecimal" if re.search(r"\s", str(digits)) else "unusable-signature"
            if switch in ON:
                raise ValueError
        return keyid, digits

    def value(self):
        """The payload, as it stands."""
        value = self._parse()
        require("bounded-nesting", _depth(value) <= NESTING, "input")
        return value

    def kind(self):
        """`_type` of the payload."""
        value = self.value()
        return value.get("_type") if isinstance(value, dict) else None

    def payload(self):
        """The payload, as an object of in-toto's."""
        if self._payload is None:
            self._payload = read(self.value(), self.is_dsse)
        return self._payload


def read(value, is_dsse=False):
    """A payload as an object of in-toto's."""
    kind = value.get("_type") if isinstance(value, dict) else None
    if is_dsse and statements.is_link(value) and "link-in-a-statement" in ON:
        value, kind = statements.link(value), "link"
    if kind not in ("layout", "link"):
        raise Refused("layout-type")
    problems = strict.problems(value)
    codes = [code for _, code in problems]
    if codes and (ON.names is ALL or any(switch in ON for switch, _ in problems if switch)):
        raise Refused(*codes)
    try:
        return {"layout": Layout, "link": Link}[kind].read(strict.tolerated(value))
    except Exception as error:
        raise Refused(*(codes or "?")) from error


def _base64(text):
    data = b64dec(text)
    alphabet = str.maketrans("-_", "+/")
    plain = text if "+" in text or "/" in text else text.translate(alphabet)
    require("strict-base64", base64.b64encode(data).decode() == plain, "input")
    return data
