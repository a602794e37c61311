"""A fixed case for every entry of the ledger: as small as can be, and it must make a difference."""

import copy

import artifacts
import keys
import statements
from chain import Case, Level, LinkFile, Owner
from document import Document, Signature
from text import AGAIN, Raw, Style

KEY, OTHER = keys.ED25519[:2]
LABEL, OTHER_LABEL = KEY.keyid(), OTHER.keyid()
OWNER = keys.OWNERS[0]

FOO = artifacts.digests("foo", ["sha256"])
UNKNOWN = artifacts.digests("foo", ["sha1"])

EXAMPLES = {}


def all_cases():
    """The examples by name: that of the decision, and who is stricter."""
    for name, make in EXAMPLES.items():
        case = chain()
        case.features = set()
        make(case)
        yield name, case


def example(name, stricter):
    """Registers what an example changes of a chain."""

    def register(function):
        EXAMPLES[f"{name} {stricter}"] = function
        return function

    return register


def chain():
    """A chain of one step that makes `foo`, all in envelopes."""
    level = Level()
    level.keys = {LABEL: KEY}
    level.layout |= {
        "_type": "layout",
        "steps": [step("build")],
        "inspect": [],
        "keys": {LABEL: KEY.entry(LABEL)},
        "expires": "2040-01-01T00:00:00Z",
        "readme": "",
    }
    level.links.append(link("build", LABEL, KEY))
    document = Document(level.layout, "dsse", [Signature(OWNER.keyid(), OWNER)])
    return Case(level, document, [Owner(OWNER, "json", OWNER.keyid())])


def step(name):
    return {
        "_type": "step",
        "name": name,
        "expected_materials": [],
        "expected_products": [],
        "pubkeys": [LABEL],
        "expected_command": [],
        "threshold": 1,
    }


def link(name, label, key, **members):
    payload = {
        "_type": "link",
        "name": name,
        "materials": {"foo": FOO},
        "products": {"foo": FOO},
        "byproducts": {},
        "command": [],
        "environment": {},
    }
    return LinkFile(name, label, Document(payload | members, "dsse", [Signature(label, key)]))


def rules(case, *rules, artifacts=None):
    """Gives the step rules for its products, and its link artifacts."""
    case.level.layout["steps"][0]["expected_products"] = list(rules)
    if artifacts is not None:
        payload(case).update(materials=artifacts, products=artifacts)


def payload(case):
    return case.level.links[0].document.payload


def second(case, threshold):
    """A second functionary may carry out the step."""
    first = case.level.layout["steps"][0]
    first["pubkeys"].append(OTHER_LABEL)
    first["threshold"] = threshold
    case.level.layout["keys"][OTHER_LABEL] = OTHER.entry(OTHER_LABEL)


def following(digit):
    """The digit of base64 after this one, which is not the last."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return alphabet[alphabet.index(digit) + 1]


# --- reading ---


@example("no-duplicate-member", "sitrep")
def _(case):
    case.level.layout[AGAIN + "readme"] = "again"


@example("no-constant", "sitrep")
def _(case):
    case.level.layout["unknown"] = Raw("NaN")


@example("no-lone-surrogate", "sitrep")
def _(case):
    case.level.layout["unknown"] = Raw('"\\ud800"')


@example("any-integer", "in-toto")
def _(case):
    payload(case)["byproducts"] = {"x": Raw("9" * 5000)}


@example("any-number", "in-toto")
def _(case):
    payload(case)["byproducts"] = {"seconds": Raw("1.5")}


@example("bounded-nesting", "sitrep")
def _(case):
    case.level.layout["unknown"] = Raw("[" * 40 + "]" * 40)


@example("one-wrapping", "sitrep")
def _(case):
    case.document.bend = lambda envelope: envelope | {"signed": {"_type": "link"}}


@example("as-it-stands", "sitrep")
def _(case):
    case.document.wrapping = "metablock"
    case.document.tamper = lambda layout: layout.update(unknown="added by somebody")


@example("as-it-stands", "in-toto")
def _(case):
    case.document.wrapping = "metablock"
    case.level.layout["unknown"] = "signed by the owner"


@example("strict-base64", "sitrep")
def _(case):
    # The last digit before the padding has four bits too many; the signature's are set.
    case.document.signatures[0].bend = lambda entry: (
        entry | {"sig": entry["sig"].rstrip("=")[:-1] + following(entry["sig"].rstrip("=")[-1]) + "=="}
    )


@example("required-member", "sitrep")
def _(case):
    del case.level.layout["expires"]


@example("expiry-form", "sitrep")
def _(case):
    case.level.layout["expires"] = ""


@example("list-of-strings", "sitrep")
def _(case):
    case.level.layout["steps"][0]["expected_command"] = [5]


@example("threshold", "sitrep")
def _(case):
    case.level.layout["steps"][0]["threshold"] = 0


@example("step-name", "sitrep")
def _(case):
    case.level.layout["steps"] = [step("a\\b")]
    case.level.links = [link("a\\b", LABEL, KEY)]


@example("artifact-name", "sitrep")
def _(case):
    rules(case, ["DISALLOW", "evil"], artifacts={"./evil": FOO})


@example("digest-form", "sitrep")
def _(case):
    rules(case, artifacts={"foo": {"sha256": FOO["sha256"].upper()}})


@example("other-digest", "in-toto")
def _(case):
    rules(case, artifacts={"src": {"dirHash": "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}})


@example("any-unknown-member", "in-toto")
def _(case):
    payload(case)["self"] = "a name that Python's own functions have"


@example("idle-member", "in-toto")
def _(case):
    case.level.layout["readme"] = ["a list"]


# --- keys ---


@example("any-label", "in-toto")
def _(case):
    case.level.layout["keys"] = {"alice": KEY.entry("alice")}
    case.level.layout["steps"][0]["pubkeys"] = ["alice"]
    case.level.links = [link("build", "alice", KEY)]


@example("keyid-may-be-missing", "in-toto")
def _(case):
    del case.level.layout["keys"][LABEL]["keyid"]


@example("key-under-its-label", "sitrep")
def _(case):
    case.level.layout["keys"][LABEL]["keyid"] = OTHER_LABEL
    case.level.links[0].document.signatures[0].label = OTHER_LABEL


@example("unknown-key", "in-toto")
def _(case):
    case.level.layout["keys"][OTHER_LABEL] = OTHER.entry(OTHER_LABEL) | {"keytype": "later", "scheme": "later"}


@example("known-scheme", "sitrep")
def _(case):
    label = keys.ML_DSA.keyid()
    case.level.layout["keys"] = {label: keys.ML_DSA.entry(label)}
    case.level.layout["steps"][0]["pubkeys"] = [label]
    case.level.links = [link("build", label, keys.ML_DSA)]


@example("strict-pem", "sitrep")
def _(case):
    key = keys.OTHERS[0]
    label = key.keyid()
    case.level.layout["keys"] = {label: key.entry(label)}
    case.level.layout["keys"][label]["keyval"]["public"] += "more\n"
    case.level.layout["steps"][0]["pubkeys"] = [label]
    case.level.links = [link("build", label, key)]


def two_of_whom_one_lies(case, key, label):
    """The functionary who comes first in the layout records something else than the second; one is enough."""
    step = case.level.layout["steps"][0]
    step["pubkeys"] = [label, LABEL]
    step["expected_products"] = [["ALLOW", "foo"], ["DISALLOW", "*"]]
    case.level.layout["keys"][label] = key.entry(label)
    case.level.links.append(link("build", label, key, products={"evil": FOO}))
    return case.level.layout["keys"][label]["keyval"]


@example("known-scheme", "in-toto")
def _(case):
    two_of_whom_one_lies(case, keys.ML_DSA, keys.ML_DSA.keyid())


@example("strict-pem", "in-toto")
def _(case):
    two_of_whom_one_lies(case, keys.OTHERS[0], keys.OTHERS[0].keyid())["public"] += "more\n"


@example("hexadecimal", "in-toto")
def _(case):
    keyval = two_of_whom_one_lies(case, OTHER, OTHER_LABEL)
    keyval["public"] = f" {keyval['public']}"


@example("hexadecimal", "sitrep")
def _(case):
    case.document.wrapping = "metablock"
    case.document.signatures[0].bend = lambda entry: entry | {"sig": f"{entry['sig'][:2]} {entry['sig'][2:]}"}


@example("owner-by-any-keyid", "in-toto")
def _(case):
    case.document.signatures[0].label = OWNER.keyid("older")


# --- signatures ---


@example("any-good-signature", "in-toto")
def _(case):
    bad = copy.copy(case.document.signatures[0])
    bad.spoil = lambda data: bytes(len(data))
    case.document.wrapping = "metablock"
    case.document.signatures.insert(0, bad)


@example("signature-without-keyid", "in-toto")
def _(case):
    case.document.signatures[0].label = None


@example("unusable-signature", "in-toto")
def _(case):
    case.document.wrapping = "metablock"
    case.document.signatures.append(Signature(None, keys.STRANGER))


@example("bounded-signatures", "sitrep")
def _(case):
    case.document.signatures += [Signature(f"{number:064x}", keys.STRANGER) for number in range(32)]


# --- evidence ---


@example("one-key-one-signer", "sitrep")
def _(case):
    label = "ab" * 32
    first = case.level.layout["steps"][0]
    first["pubkeys"].append(label)
    first["threshold"] = 2
    case.level.layout["keys"][label] = KEY.entry(label)
    case.level.links.append(link("build", label, KEY))


@example("co-signed", "in-toto")
def _(case):
    second(case, 2)
    case.level.links[0].document.signatures.append(Signature(OTHER_LABEL, OTHER))


@example("unusable-link", "in-toto")
def _(case):
    second(case, 1)
    case.level.files[f"build.{OTHER_LABEL[:8]}.link"] = b"{"


@example("link-of-its-step", "sitrep")
def _(case):
    payload(case)["name"] = "test"


@example("link-of-its-step", "in-toto")
def _(case):
    two_of_whom_one_lies(case, OTHER, OTHER_LABEL)
    case.level.links[1].document.payload["name"] = "test"


@example("agreement-at-any-threshold", "sitrep")
def _(case):
    second(case, 1)
    case.level.links.append(link("build", OTHER_LABEL, OTHER, products={"evil": FOO}))


@example("sublayout-with-steps", "sitrep")
def _(case):
    inner = Level()
    inner.layout |= case.level.layout | {"steps": [], "keys": {}}
    document = Document(inner.layout, "dsse", [Signature(LABEL, KEY)])
    case.level.links = [LinkFile("build", LABEL, document, inner)]


@example("link-in-a-statement", "in-toto")
def _(case):
    document = case.level.links[0].document
    document.payload = statements.statement(document.payload, statements.TYPES[0], statements.V0_3)


@example("attestation-bundle", "in-toto")
def _(case):
    document = case.level.links.pop().document
    document.style = Style()
    case.level.files["build.intoto.jsonl"] = document.file()


@example("sigstore-bundle", "in-toto")
def _(case):
    case.level.links[0].document.bundled = "application/vnd.dev.sigstore.bundle.v0.3+json"


# --- rules ---


@example("normalised-prefix", "sitrep")
def _(case):
    rules(case, ["MATCH", "*", "IN", "./src", "WITH", "PRODUCTS", "FROM", "build"])


@example("match-known-digests", "sitrep")
def _(case):
    rules(case, ["MATCH", "*", "WITH", "MATERIALS", "FROM", "build"], ["DISALLOW", "*"], artifacts={"foo": UNKNOWN})


@example("match-known-digests", "in-toto")
def _(case):
    rules(case, ["MATCH", "*", "WITH", "MATERIALS", "FROM", "build"], ["REQUIRE", "foo"], artifacts={"foo": UNKNOWN})


@example("prefix-is-required", "sitrep")
def _(case):
    rules(
        case,
        ["MATCH", "*", "WITH", "MATERIALS", "IN", "src", "FROM", "build"],
        ["DISALLOW", "*"],
        artifacts={"/foo": FOO},
    )


@example("prefix-is-required", "in-toto")
def _(case):
    rules(
        case,
        ["MATCH", "*", "WITH", "MATERIALS", "IN", "src", "FROM", "build"],
        ["REQUIRE", "/foo"],
        artifacts={"/foo": FOO},
    )


@example("literal-backslash", "sitrep")
def _(case):
    rules(
        case,
        ["MATCH", "*", "IN", "a\\b", "WITH", "MATERIALS", "IN", "a/b", "FROM", "build"],
        ["DISALLOW", "*"],
        artifacts={"a/b/c": FOO},
    )


@example("literal-backslash", "in-toto")
def _(case):
    rules(
        case,
        ["MATCH", "*", "IN", "a", "WITH", "MATERIALS", "IN", "a", "FROM", "build"],
        ["DISALLOW", "*"],
        artifacts={"a/b\\c": FOO},
    )


@example("parameters-are-names", "sitrep")
def _(case):
    case.parameters = {"name": "foo"}
    rules(case, ["ALLOW", "{name!s}"], ["DISALLOW", "*"])


@example("parameters-are-names", "in-toto")
def _(case):
    case.parameters = {"name": "foo"}
    rules(case, ["ALLOW", "{name}"], ["DISALLOW", "{"], ["DISALLOW", "*"])
