"""Cases: one question each, as a directory of files, in a dialect of in-toto's metadata."""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass, field

from jsontext import (
    COMPACT,
    GO_FILE,
    GO_LINE,
    PYTHON_FILE,
    PYTHON_LINE,
    Style,
    canonical,
    encode,
    pae,
)
from keys import Key

IN_TOTO = "application/vnd.in-toto+json"
EXPIRES = "2040-01-01T00:00:00Z"
NOW = "2026-06-01T00:00:00Z"


class _Omit:
    """Stands for a member that is left out."""


OMIT = _Omit()


@dataclass(frozen=True)
class Dialect:
    """How keys are listed and payloads are wrapped."""

    name: str
    form: str  # of keys: "python", "legacy", "go"
    wrapping: str  # "metablock", "dsse"
    payload: Style
    file: Style
    keyless: bool = False


_ALL = [
    Dialect("metablock-python", "python", "metablock", PYTHON_FILE, PYTHON_FILE),
    Dialect("metablock-legacy", "legacy", "metablock", COMPACT, COMPACT),
    Dialect("metablock-go", "go", "metablock", GO_FILE, GO_FILE),
    Dialect("dsse-python", "python", "dsse", PYTHON_LINE, PYTHON_LINE),
    Dialect("dsse-go", "go", "dsse", GO_LINE, GO_FILE),
    Dialect("dsse-keyless", "go", "dsse", COMPACT, COMPACT, keyless=True),
]
DIALECTS = {dialect.name: dialect for dialect in _ALL}
METABLOCK, DSSE = [d.name for d in _ALL[:3]], [d.name for d in _ALL[3:]]
DSSE_WITH_KEYID = DSSE[:2]
# In `mixed` every file and every key is in another dialect.
ALL = [*DIALECTS, "mixed"]


def one(name, among=(*METABLOCK, *DSSE)):
    """One dialect, chosen by the case's name: whether other cases come or go changes nothing."""
    return [among[zlib.crc32(name.encode()) % len(among)]]


def two(name):
    """One dialect of each wrapping."""
    return one(name, METABLOCK) + one(name, DSSE)


class Envelope:
    """A payload, its wrapping and its signatures."""

    def __init__(self, dialect, payload, text=None, payload_type=IN_TOTO, wrapping=None):
        self.dialect, self.payload, self.payload_type = dialect, payload, payload_type
        self.wrapping = wrapping or dialect.wrapping
        self.text = text if text is not None else encode(payload, dialect.payload)
        self.bytes = self.text.encode() if isinstance(self.text, str) else self.text
        self.signatures = []

    @property
    def message(self):
        """What is signed."""
        if self.wrapping == "dsse":
            return pae(self.payload_type, self.bytes)
        return canonical(self.payload).encode()

    def add(self, keyid, signature):
        """Adds a signature as bytes, or as the text that is to stand in the file; without key id where that is `None`."""
        if isinstance(signature, bytes):
            is_dsse = self.wrapping == "dsse"
            signature = base64.b64encode(signature).decode() if is_dsse else signature.hex()
        entry = {} if keyid is None else {"keyid": keyid}
        self.signatures.append({**entry, "sig": signature})
        return self

    def encode(self, style=None):
        """The file."""
        style = style or self.dialect.file
        if self.wrapping == "dsse":
            payload = base64.b64encode(self.bytes).decode()
            envelope = {"payload": payload, "payloadType": self.payload_type, "signatures": self.signatures}
            return (encode(envelope, style) + "\n").encode()
        if self.text == encode(self.payload, self.dialect.payload):
            return (encode({"signed": self.payload, "signatures": self.signatures}, style) + "\n").encode()
        return f'{{"signatures":{encode(self.signatures, COMPACT)},"signed":{self.text}}}\n'.encode()


@dataclass
class Case:
    """A case that is being made."""

    family: str
    name: str
    why: str
    expect: str
    dialect_name: str
    # What case.json says beside that.
    more: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    wrapped: int = 0

    @property
    def is_dsse(self):
        """Is the dialect one of DSSE's?"""
        return self.dialect_name.startswith("dsse")

    def dialect_of(self, key=None):
        """The dialect of the next file, or of a key."""
        if self.dialect_name != "mixed":
            return DIALECTS[self.dialect_name]
        if key is not None:
            return _ALL[zlib.crc32(key.name.encode()) % 3]
        # The layout as Go writes it, then links as others do.
        self.wrapped += 1
        return _ALL[(2, 3, 0, 5, 1, 4)[(self.wrapped - 1) % 6]]

    # Keys

    def key(self, name):
        """A key by its name; a scheme may follow after a colon."""
        return name if isinstance(name, Key) else Key(*name.split(":"))

    def id(self, name):
        """The key's id in this dialect."""
        key = self.key(name)
        return key.id(self.dialect_of(key).form)

    def entry(self, name):
        """The key as this dialect lists it."""
        key = self.key(name)
        return key.entry(self.dialect_of(key).form)

    def owner(self, *names):
        """The owners that are given to the verifier, where it is not `owner` alone."""
        self.more["owners"] = [f"{self.key(name).name}.pub" for name in names]
        for name in names:
            self.files[f"{self.key(name).name}.pub"] = self.key(name).pem

    def owner_json(self, name, **members):
        """An owner's key in the form of securesystemslib."""
        key = {**self.entry(name), **members}
        self.more["owners"] = ["owner.json"]
        self.files["owner.json"] = encode({k: v for k, v in key.items() if v is not OMIT}, PYTHON_FILE) + "\n"

    def trust(self, *owners, **members):
        """A trust policy in the place of the owners' keys, Ed25519 all of them."""
        keys = [
            {"keytype": "ed25519", "scheme": "ed25519", "public": self.key(name).public}
            for name in owners or ("owner",)
        ]
        policy = {"format": "sitrep-trust-policy", "version": 1, "owners": keys, "threshold": len(keys), **members}
        self.more["trust"] = "trust.json"
        self.files["trust.json"] = json.dumps(policy, indent=1) + "\n"

    # Payloads. Members that are given replace those by default; OMIT leaves one out.

    def step(self, name, by="builder", **members):
        """A step of a layout. `by` are the names of keys."""
        names = [by] if isinstance(by, (str, Key)) else by
        step = {
            "_type": "step",
            "name": name,
            "expected_materials": [],
            "expected_products": [],
            "pubkeys": [self.id(key) for key in names],
            "expected_command": [],
            "threshold": 1,
        }
        return _with(step, members)

    def inspection(self, called, **members):
        """An inspection of a layout."""
        inspection = {
            "_type": "inspection",
            "name": called,
            "expected_materials": [],
            "expected_products": [],
            "run": ["true"],
        }
        return _with(inspection, members)

    def keys(self, *names):
        """A layout's `keys`."""
        return {self.id(name): self.entry(name) for name in names}

    def layout(self, steps, keys=("builder",), **members):
        """A layout. `keys` are names, or the very object."""
        layout = {
            "_type": "layout",
            "expires": EXPIRES,
            "readme": "",
            "keys": keys if isinstance(keys, dict) else self.keys(*keys),
            "steps": steps,
            "inspect": [],
        }
        return _with(layout, members)

    def link(self, name, materials=None, products=None, **members):
        """A link."""
        link = {
            "_type": "link",
            "name": name,
            "materials": materials if materials is not None else {},
            "products": products if products is not None else {},
            "byproducts": {"return-value": 0, "stderr": "", "stdout": ""},
            "command": [],
            "environment": {},
        }
        return _with(link, members)

    # Files

    def envelope(self, payload, **how):
        """An envelope without signatures, in the dialect of the next file."""
        return Envelope(self.dialect_of(), payload, **how)

    def sign(self, envelope, *names, keyid=None, scheme=None, salt=None, over=None):
        """Adds signatures by keys. `over` are other bytes than those that should be signed."""
        for name in names:
            key = self.key(name)
            label = keyid if keyid is not None else None if envelope.dialect.keyless else self.id(key)
            envelope.add(label, key.sign(envelope.message if over is None else over, scheme, salt))
        return envelope

    def put(self, path, payload, by, edit=None, **how):
        """Signs a payload and writes the file. `edit` changes the file's bytes after that."""
        names = [by] if isinstance(by, (str, Key)) else by
        self.write(path, self.sign(self.envelope(payload, **how), *names), edit)

    def write(self, path, content, edit=None):
        """Writes a file: an envelope, text or bytes."""
        content = content.encode() if isinstance(content, (Envelope, str)) else content
        self.files[path] = edit(content) if edit else content

    def put_lines(self, path, *envelopes):
        """Writes an attestation bundle: one envelope a line."""
        style = Style(colon=": ", comma=", ") if self.dialect_name == "dsse-python" else GO_LINE
        self.write(path, b"".join(envelope.encode(style) for envelope in envelopes))

    def put_layout(self, payload, by="owner", edit=None, **how):
        """Writes the layout."""
        self.put("root.layout", payload, by, edit, **how)

    def file_name(self, step, key):
        """Where a step's link by a key is to be found."""
        return f"{step}.{self.id(key)[:8]}.link"

    def put_link(self, payload, by="builder", path=None, edit=None, **how):
        """Writes a link, signed by one key or several, under the name that follows from the first."""
        if path is None:
            path = self.file_name(payload["name"], by if isinstance(by, (str, Key)) else by[0])
        self.put(path, payload, by, edit, **how)

    def simple(self, layout=None, step=None, link=None, keys=("builder",)):
        """A chain of one step and one link; members that are given replace those by default."""
        rules = {"expected_materials": [["DISALLOW", "*"]], "expected_products": [["CREATE", "app"], ["DISALLOW", "*"]]}
        step = _with(self.step("build", **rules), step or {})
        self.put_layout(_with(self.layout([step], keys=keys), layout or {}))
        self.put_link(
            _with(self.link("build", products=files("app")), link or {}), path=self.file_name("build", "builder")
        )

    # What is expected

    def warns(self, *codes):
        """Warnings that the verdict has to have."""
        self.more.setdefault("warnings", []).extend(codes)

    def notes(self, *texts):
        """What is said about files that are ignored; a part of the text of each note."""
        self.more.setdefault("notes", []).extend(texts)

    def document(self):
        """case.json."""
        return {"why": self.why, "expect": self.expect, "dialect": self.dialect_name, **self.more}

    def finish(self):
        """All files of the directory."""
        if "owners" not in self.more and "trust" not in self.more:
            self.files["owner.pub"] = Key("owner").pem
        text = json.dumps(self.document(), indent=1, ensure_ascii=False) + "\n"
        return {**self.files, "case.json": text}


def _with(value, members):
    return {key: item for key, item in {**value, **members}.items() if item is not OMIT}


def digest(content):
    """A digest set of SHA-256."""
    return {"sha256": hashlib.sha256(content.encode()).hexdigest()}


def files(*names, **contents):
    """An artifact map: each name with the digest of its own name as content; keyword arguments with other content."""
    return {**{name: digest(name) for name in names}, **{name: digest(text) for name, text in contents.items()}}


def replace_text(old, new):
    """An edit of a signed file: in the payload of a DSSE envelope, in the text of a Metablock."""

    def edit(content):
        if old.encode() in content:
            return content.replace(old.encode(), new.encode())
        payload = json.loads(content)["payload"]
        decoded = base64.b64decode(payload)
        assert old.encode() in decoded
        return content.replace(payload.encode(), base64.b64encode(decoded.replace(old.encode(), new.encode())))

    return edit


CASES = []


# The families whose cases are in two dialects where nothing else is said.
IN_TWO = {"signatures", "keys", "links", "thresholds", "sublayouts"}


def add(family, name, why, expect, make, dialects=None, **more):
    """Adds a case, which `make` fills. `dialects` is a list of names, or a function that chooses some by the case's name."""
    dialects = dialects or (two if family in IN_TWO else one)
    assert why.endswith(".") and name == name.lower(), name
    more = {key: value for key, value in more.items() if value is not None}
    CASES.append((family, name, why, expect, make, dialects(name) if callable(dialects) else dialects, more))


def case(family, expect, dialects=None, **more):
    """The same for a function whose name is the case's and whose description is the question."""

    def decorate(make):
        add(
            family,
            make.__name__.strip("_").replace("_", "-"),
            " ".join(make.__doc__.split()),
            expect,
            make,
            dialects,
            **more,
        )
        return make

    return decorate


def made():
    """Every case with its files, as pairs of path and files."""
    seen = set()
    for family, name, why, expect, make, dialects, more in CASES:
        for dialect in dialects:
            each = Case(
                family,
                name,
                why,
                expect,
                dialect,
                {key: list(v) if isinstance(v, list) else v for key, v in more.items()},
            )
            if inspections := each.more.pop("inspections", None):
                each.trust(inspections=inspections)
            make(each)
            path = f"{family}/{name}.{dialect}"
            assert path not in seen, path
            seen.add(path)
            yield path, each
