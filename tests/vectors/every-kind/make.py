"""Makes the supply chain of this directory with in-toto 3.1: every kind of evidence that sitrep knows, in one chain.

    python3 -m venv venv && venv/bin/pip install in-toto==3.1.0 && venv/bin/python make.py

The owner's layout is a Metablock and demands four steps: `fetch`, whose link is the predicate of a statement in an attestation bundle; `build`, which is
a sublayout of two steps; `test`, for which two of two functionaries signed; `package`, whose link is in DSSE. Beside them stand an SLSA provenance and a
security version of the product, and a test result that both who tested have signed. All keys are test keys, made from the numbers below.
"""

import hashlib
import json
import os

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from in_toto.models.layout import Layout, Step
from in_toto.models.link import Link
from in_toto.models.metadata import Envelope, Metablock
from securesystemslib.dsse import Envelope as Dsse
from securesystemslib.signer import CryptoSigner

os.chdir(os.path.dirname(os.path.abspath(__file__)))
BUNDLE = "evidence.intoto.jsonl"
OWNER, ALICE, BOB, CAROL, DAVE, EVE = (
    CryptoSigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)) for number in range(101, 107)
)
DIGESTS = {name: {"sha256": f"{number:064x}"} for number, name in enumerate(["a.c", "a.h", "a.o", "app", "report"], 1)}
PRODUCT = b"What the chain ends with.\n"
DIGESTS["app.tar"] = {"sha256": hashlib.sha256(PRODUCT).hexdigest()}


def keyid(signer):
    return signer.public_key.keyid


def step(name, signers, materials, products, threshold=1):
    return Step(
        name=name,
        pubkeys=[keyid(signer) for signer in signers],
        threshold=threshold,
        expected_materials=materials + [["DISALLOW", "*"]],
        expected_products=products + [["DISALLOW", "*"]],
    )


def layout(signers, steps):
    made = Layout()
    made.expires = "2040-01-01T00:00:00Z"
    made.keys = {keyid(signer): {"keyid": keyid(signer), **signer.public_key.to_dict()} for signer in signers}
    made.steps = steps
    return made


def dump(metadata, signer, name):
    metadata.create_signature(signer)
    metadata.dump(name)


def digests(names):
    return {name: DIGESTS[name] for name in names}


def link(name, materials, products):
    return Link(
        name=name,
        materials=digests(materials),
        products=digests(products),
        byproducts={"return-value": 0},
        command=[],
        environment={},
    )


def descriptors(names):
    return [{"name": name, "digest": DIGESTS[name]} for name in names]


def statement(predicate_type, predicate, subjects, *signers):
    payload = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    envelope = Dsse(json.dumps(payload, separators=(",", ":")).encode(), "application/vnd.in-toto+json", {})
    for signer in signers:
        envelope.sign(signer)
    with open(BUNDLE, "a", encoding="utf-8") as bundle:
        bundle.write(json.dumps(envelope.to_dict()) + "\n")


def matched(pattern, source):
    return ["MATCH", pattern, "WITH", "PRODUCTS", "FROM", source]


with open("app.tar", "wb") as file:
    file.write(PRODUCT)
with open("owner.json", "w", encoding="utf-8") as file:
    json.dump({"keyid": keyid(OWNER), **OWNER.public_key.to_dict()}, file)

root = layout(
    [ALICE, BOB, CAROL, DAVE, EVE],
    [
        step("fetch", [ALICE], [], [["CREATE", "a.*"]]),
        step("build", [BOB], [matched("*", "fetch")], [["CREATE", "app"], ["ALLOW", "a.[ch]"]]),
        step("test", [CAROL, DAVE], [matched("app", "build")], [["CREATE", "report"], ["ALLOW", "app"]], 2),
        step("package", [EVE], [matched("app", "build")], [["CREATE", "app.tar"]]),
    ],
)
dump(Metablock(signed=root), OWNER, "root.layout")

if os.path.exists(BUNDLE):
    os.remove(BUNDLE)
statement(
    "https://in-toto.io/attestation/link/v0.3",
    {"name": "fetch", "command": ["git", "clone"], "materials": [], "byproducts": {}, "environment": {}},
    descriptors(["a.c", "a.h"]),
    ALICE,
)

inner = f"build.{keyid(BOB)[:8]}"
sublayout = layout(
    [CAROL, DAVE],
    [
        step("compile", [CAROL], [["ALLOW", "a.[ch]"]], [["CREATE", "a.o"]]),
        step("link", [DAVE], [matched("a.o", "compile")], [["CREATE", "app"], ["ALLOW", "a.[ch]"]]),
    ],
)
dump(Metablock(signed=sublayout), BOB, f"{inner}.link")
os.makedirs(inner, exist_ok=True)
dump(Metablock(signed=link("compile", ["a.c", "a.h"], ["a.o"])), CAROL, f"{inner}/compile.{keyid(CAROL)[:8]}.link")
dump(Envelope.from_signable(link("link", ["a.o"], ["a.c", "a.h", "app"])), DAVE, f"{inner}/link.{keyid(DAVE)[:8]}.link")

for signer in (CAROL, DAVE):
    dump(Metablock(signed=link("test", ["app"], ["app", "report"])), signer, f"test.{keyid(signer)[:8]}.link")
dump(Envelope.from_signable(link("package", ["app"], ["app.tar"])), EVE, f"package.{keyid(EVE)[:8]}.link")

product = descriptors(["app.tar"])
statement("https://slsa.dev/provenance/v1", {"buildDefinition": {"buildType": "urn:test"}}, product, EVE)
statement("urn:sitrep:security-version:v1", {"securityVersion": 3}, product, EVE)
statement("https://in-toto.io/attestation/test-result/v0.1", {"result": "PASSED"}, descriptors(["app"]), CAROL, DAVE)
