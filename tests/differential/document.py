"""Signed documents: a payload, its wrapping and its signatures, each of which may be bent."""

import base64
import copy
import json

from in_toto.models.layout import Layout
from in_toto.models.link import Link

from text import Raw, Style, canonical

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Signature:
    """An entry of `signatures`."""

    def __init__(self, label, key, message=None, scheme=None, spoil=None):
        # What the entry says whose it is; `None` leaves it out.
        self.label = label
        self.key = key
        # Signed instead of the document.
        self.message = message
        self.scheme = scheme
        # What is made of the signature's bytes.
        self.spoil = spoil
        # What is made of the entry.
        self.bend = None

    def entry(self, message, encode):
        signature = self.key.sign(self.message or message, self.scheme)
        if self.spoil:
            signature = self.spoil(signature)
        entry = {"sig": encode(signature)}
        if self.label is not None:
            entry["keyid"] = self.label
        return self.bend(entry) if self.bend else entry


class Document:
    """A layout or a link as a file."""

    def __init__(self, payload, wrapping, signatures):
        self.payload = payload
        self.wrapping = wrapping
        self.signatures = signatures
        self.style = Style.of_metablock() if wrapping == "metablock" else Style.of_dsse()
        self.payload_type = PAYLOAD_TYPE
        # Is a Metablock signed as in-toto's classes write it anew, rather than as it stands?
        self.anew = False
        # What is done to the payload after it was signed.
        self.tamper = None
        self.encode = self.encoded
        # What is made of the envelope, and at last of the file.
        self.bend = None
        self.cut = None
        # The media type of the Sigstore bundle that the envelope stands in.
        self.bundled = None

    @staticmethod
    def encoded(data):
        """Base64, as it should be."""
        return base64.b64encode(data).decode()

    def copy(self):
        other = copy.copy(self)
        other.payload = copy.deepcopy(self.payload)
        other.signatures = [copy.copy(signature) for signature in self.signatures]
        return other

    def signed_bytes(self):
        """What the signatures are over."""
        return self._signed_bytes(self.style.write(self.payload))

    def file(self):
        """The bytes of the file."""
        text = self.style.write(self.payload)
        message = self._signed_bytes(text)
        if self.tamper:
            payload = copy.deepcopy(self.payload)
            text = self.style.write(self.tamper(payload) or payload)
        if self.wrapping == "metablock":
            entries = [signature.entry(message, bytes.hex) for signature in self.signatures]
            envelope = {"signatures": entries, "signed": Raw(text)}
        else:
            entries = [signature.entry(message, self.encode) for signature in self.signatures]
            payload = self.encode(text.encode())
            envelope = {"payload": payload, "payloadType": self.payload_type, "signatures": entries}
        envelope = self.bend(envelope) if self.bend else envelope
        if self.bundled:
            envelope = {"mediaType": self.bundled, "verificationMaterial": {"x": []}, "dsseEnvelope": envelope}
        data = Style(self.style.options, self.style.order, self.style.end).write(envelope).encode()
        return self.cut(data) if self.cut else data

    def _signed_bytes(self, text):
        if self.wrapping == "dsse":
            return b"DSSEv1 %d %b %d %b" % (
                len(self.payload_type.encode()), self.payload_type.encode(), len(text.encode()), text.encode(),
            )  # fmt: skip
        try:
            value = json.loads(text)
            if self.anew:
                return {"layout": Layout, "link": Link}[value["_type"]].read(value).signable_bytes
            return canonical(value)
        except Exception:  # noqa: BLE001 (no such bytes: then the signature is over something else)
            return text.encode()
