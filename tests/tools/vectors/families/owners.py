"""signatures: who has to have signed a layout, and which signatures count. schemes: key types and their signatures."""

from case import DSSE, DSSE_WITH_KEYID, METABLOCK, OMIT, add, case, files, one
from keys import Key, high_s, not_reduced, raw_ecdsa

WITH_KEYID = METABLOCK + DSSE_WITH_KEYID


def labelled(name):
    """One dialect of each wrapping in which signatures have key ids."""
    return one(name, METABLOCK) + one(name, DSSE_WITH_KEYID)


def keyless(name):
    return ["dsse-keyless"]


def signed(c, *entries):
    """A chain whose layout has these signatures: names of keys, or pairs of a label and bytes or text."""
    c.simple()
    rules = {"expected_materials": [["DISALLOW", "*"]], "expected_products": [["CREATE", "app"], ["DISALLOW", "*"]]}
    envelope = c.envelope(c.layout([c.step("build", **rules)]))
    for entry in entries:
        if isinstance(entry, str):
            c.sign(envelope, entry)
        else:
            label, signature = entry
            envelope.add(label, signature(envelope.message) if callable(signature) else signature)
    c.write("root.layout", envelope)


def good(name):
    return Key(*name.split(":")).sign


def bad(name):
    return lambda message: Key(*name.split(":")).sign(message + b" ")


@case("signatures", "owner-signature")
def bad_signature(c):
    """A signature of the owner over other bytes is not good."""
    signed(c, (None if c.dialect_name == "dsse-keyless" else c.id("owner"), bad("owner")))


@case("signatures", "verified", labelled)
def bad_then_good(c):
    """Of two signatures under one key id one good one is enough, the second here."""
    signed(c, (c.id("owner"), bad("owner")), "owner")


@case("signatures", "verified", labelled)
def good_then_bad(c):
    """Of two signatures under one key id one good one is enough, the first here."""
    signed(c, "owner", (c.id("owner"), bad("owner")))


@case("signatures", "owner-signature", labelled)
def bad_twice(c):
    """Two bad signatures are no good one."""
    signed(c, (c.id("owner"), bad("owner")), (c.id("owner"), good("stranger")))


@case("signatures", "verified")
def stranger_too(c):
    """A good signature of a stranger besides is ignored."""
    signed(c, "stranger", "owner", "builder")


@case("signatures", "verified")
def bad_stranger_too(c):
    """A bad signature of a stranger besides is ignored."""
    signed(c, ("00" * 32, bad("stranger")), "owner")


@case("signatures", "owner-unsigned", labelled)
def functionary_signed(c):
    """A key of the layout itself is no owner's."""
    signed(c, "builder")


@case("signatures", "owner-unsigned", labelled)
def owner_under_another_label(c):
    """A signature of the owner under somebody else's key id is not looked for there."""
    signed(c, (c.id("stranger"), good("owner")))


@case("signatures", "owner-signature", labelled)
def stranger_under_the_owners_label(c):
    """A stranger's signature does not become the owner's by its label."""
    signed(c, (c.id("owner"), good("stranger")))


@case("signatures", "owner-unsigned", labelled)
def short_label(c):
    """The first eight digits of a key id are none."""
    signed(c, (c.id("owner")[:8], good("owner")))


@case("signatures", "owner-unsigned", labelled)
def label_in_capitals(c):
    """Key ids are compared letter by letter."""
    signed(c, (c.id("owner").upper(), good("owner")))


@case("signatures", "verified", labelled)
def label_of_another_dialect(c):
    """A bare key has an id in each dialect, and its signature is found under any of them."""
    signed(c, (Key("owner").id("legacy" if c.dialect_of().form == "python" else "python"), good("owner")))


@case("signatures", "verified", labelled)
def label_of_the_owners_choice(c):
    """An owner's key file may say which label the key has; it need not be a hash."""
    c.owner_json("owner", keyid="alice")
    signed(c, ("alice", good("owner")))


@case("signatures", "owner-unsigned", labelled)
def label_that_nobody_gave(c):
    """A label that is neither a hash of the key nor given with it leads nowhere."""
    signed(c, ("alice", good("owner")))


@case("signatures", "owner-unsigned", METABLOCK, notes=["key id"])
def metablock_without_key_id(c):
    """A signature of a Metablock has to say whose it is."""
    signed(c, (None, good("owner")))


@case("signatures", "owner-unsigned", METABLOCK, notes=["key id"])
def metablock_with_empty_key_id(c):
    """An empty key id says nobody's name."""
    signed(c, ("", good("owner")))


@case("signatures", "verified", DSSE)
def dsse_without_key_id(c):
    """A DSSE signature without key id is tried against the owner's key."""
    signed(c, (None, good("owner")))


@case("signatures", "verified", keyless)
def keyless_stranger_first(c):
    """Among DSSE signatures without key id each is tried."""
    signed(c, (None, good("stranger")), (None, bad("owner")), (None, good("owner")))


@case("signatures", "verified", keyless)
def keyless_owners(c):
    """Two owners signed without key ids, in the other order than they are given."""
    c.owner("owner", "second-owner")
    signed(c, (None, good("second-owner")), (None, good("owner")))


@case("signatures", "verified", DSSE_WITH_KEYID)
def one_with_and_one_without(c):
    """One owner's signature has a key id, the other's has none."""
    c.owner("owner", "second-owner")
    signed(c, (None, good("second-owner")), "owner")


@case("signatures", "owner-unsigned", labelled)
def no_owner_of_two(c):
    """Neither of two owners signed."""
    c.owner("owner", "second-owner")
    signed(c, "stranger")


@case("signatures", "owner-signature", labelled)
def one_of_two_bad(c):
    """One owner's signature is good, the other's is not."""
    c.owner("owner", "second-owner")
    signed(c, "owner", (c.id("second-owner"), bad("second-owner")))


@case("signatures", "owner-unsigned", labelled)
def one_owner_for_two(c):
    """An owner who signs twice, under both owners' names, is one owner."""
    c.owner("owner", "second-owner")
    signed(c, "owner", (Key("owner").id("legacy" if c.dialect_of().form == "python" else "python"), good("owner")))


def some(name, why, expect, threshold, owners, *entries):
    def make(c):
        c.trust(*owners, threshold=threshold)
        signed(c, *entries)

    add("signatures", name, why, expect, make, labelled)


TWO, THREE = ("owner", "second-owner"), ("owner", "second-owner", "third-owner")
some(
    "one-of-two-first",
    "A trust policy that asks for one of two owners is content with the first.",
    "verified",
    1,
    TWO,
    "owner",
)
some(
    "one-of-two-second",
    "A trust policy that asks for one of two owners is content with the second.",
    "verified",
    1,
    TWO,
    "second-owner",
)
some(
    "one-of-two-none", "A trust policy that asks for one of two owners needs one.", "owner-unsigned", 1, TWO, "stranger"
)
some(
    "two-of-three",
    "A trust policy that asks for two of three owners is content with any two.",
    "verified",
    2,
    THREE,
    "third-owner",
    "owner",
)
some(
    "two-of-three-one",
    "A trust policy that asks for two of three owners is not content with one.",
    "owner-unsigned",
    2,
    THREE,
    "third-owner",
)
some(
    "two-of-three-twice",
    "One owner's signature twice is not two owners'.",
    "owner-unsigned",
    2,
    THREE,
    "third-owner",
    "third-owner",
)
some("two-of-three-all", "More owners than needed do no harm.", "verified", 2, THREE, *THREE)


@case("signatures", "verified", labelled)
def two_of_three_and_a_bad_one(c):
    """A bad signature of the third does no harm where two are enough."""
    c.trust(*THREE, threshold=2)
    signed(c, "owner", (c.id("second-owner"), bad("second-owner")), "third-owner")


@case("signatures", "unreadable", labelled, says="same public key")
def one_key_in_two_files(c):
    """One key in two files is not two owners."""
    c.simple()
    c.owner("owner")
    c.files["again.pub"] = c.files["owner.pub"]
    c.more["owners"] = ["owner.pub", "again.pub"]


@case("signatures", "unreadable", labelled, says="same public key")
def one_key_in_two_forms(c):
    """One key as PEM and as JSON is one owner."""
    c.simple()
    c.owner_json("owner")
    c.files["owner.pub"] = Key("owner").pem
    c.more["owners"] = ["owner.pub", "owner.json"]


@case("signatures", "verified")
def key_as_json(c):
    """An owner's key in securesystemslib's JSON."""
    c.owner_json("owner")
    c.simple()


@case("signatures", "verified", labelled)
def key_as_json_without_id(c):
    """The ids of a key are computed where its file gives none."""
    c.owner_json("owner", keyid=OMIT)
    c.simple()


@case("signatures", "verified", labelled)
def key_with_other_line_ends(c):
    """The line ends of a PEM file are none of the key."""
    c.simple()
    c.more["owners"] = ["owner.pub"]
    c.files["owner.pub"] = Key("owner").pem.replace("\n", "\r\n")


@case("signatures", "owner-unsigned")
def empty_signature(c):
    """An empty signature is none."""
    c.notes("hexadecimal" if not c.is_dsse else "base64")
    signed(c, (None if c.dialect_name == "dsse-keyless" else c.id("owner"), ""))


@case("signatures", "owner-signature", labelled)
def short_signature(c):
    """A signature that is too short is not good."""
    signed(c, (c.id("owner"), lambda message: good("owner")(message)[:63]))


@case("signatures", "owner-signature", labelled)
def long_signature(c):
    """A signature with a byte too much is not good."""
    signed(c, (c.id("owner"), lambda message: good("owner")(message) + b"\0"))


@case("signatures", "owner-signature", labelled)
def signature_not_reduced(c):
    """An Ed25519 signature has one form: a second half beyond the group's order is not good."""
    signed(c, (c.id("owner"), lambda message: not_reduced(good("owner")(message))))


@case("signatures", "owner-signature", labelled)
def signature_of_zeros(c):
    """Zeros are no signature."""
    signed(c, (c.id("owner"), bytes(64)))


@case("signatures", "verified", labelled, device="limit-signatures")
def thirty_two_signatures(c):
    """An envelope may have 32 signatures."""
    signed(c, *[(f"{number:064x}", bytes(64)) for number in range(31)], "owner")


@case("signatures", "unreadable", labelled, says="32")
def thirty_three_signatures(c):
    """An envelope with more than 32 signatures is beyond the limit."""
    signed(c, *[(f"{number:064x}", bytes(64)) for number in range(32)], "owner")


# Schemes

RSA, P256, P384 = "rsassa-pss-sha256", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"
HOST = {"device": "owner-scheme"}


def owner_scheme(name, why, expect, scheme, sign=None, form="pem", dialects=labelled):
    """A layout signed by an owner's key of another kind. `sign` makes the signature from key and message."""

    def make(c):
        key = Key("owner", scheme)
        if form == "pem":
            c.owner(key)
        else:
            c.owner_json(key)
        c.simple()
        envelope = c.envelope(c.layout([c.step("build")]))
        label = None if envelope.dialect.keyless else c.id(key)
        c.write(
            "root.layout",
            envelope.add(label, (sign or (lambda key, message: key.sign(message)))(key, envelope.message)),
        )

    add("schemes", name, why, expect, make, dialects, **HOST)


owner_scheme(
    "owner-rsa",
    "An RSA key in PEM signs with PSS and SHA-256.",
    "verified",
    RSA,
    dialects=WITH_KEYID + ["dsse-keyless"],
)
owner_scheme(
    "owner-p256", "A P-256 key signs with ECDSA and SHA-256.", "verified", P256, dialects=WITH_KEYID + ["dsse-keyless"]
)
owner_scheme("owner-p384", "A P-384 key signs with ECDSA and SHA-384.", "verified", P384)
for hash_name in ("sha256", "sha384", "sha512"):
    for kind in ("rsassa-pss", "rsa-pkcs1v15"):
        scheme = f"{kind}-{hash_name}"
        owner_scheme(f"owner-{scheme}", f"A key that is listed as {scheme} signs so.", "verified", scheme, form="json")
owner_scheme(
    "pss-with-longest-salt",
    "PSS with the longest salt, as Go signs.",
    "verified",
    RSA,
    lambda key, message: key.sign(message, salt=222),
)
owner_scheme("pss-without-salt", "PSS without salt.", "verified", RSA, lambda key, message: key.sign(message, salt=0))
owner_scheme(
    "pkcs1-for-pss",
    "A key that signs with PSS does not accept PKCS#1 v1.5.",
    "owner-signature",
    RSA,
    lambda key, message: key.sign(message, "rsa-pkcs1v15-sha256"),
)
owner_scheme(
    "pss-for-pkcs1",
    "A key that signs with PKCS#1 v1.5 does not accept PSS.",
    "owner-signature",
    "rsa-pkcs1v15-sha256",
    lambda key, message: key.sign(message, RSA),
    "json",
)
owner_scheme(
    "pss-of-another-hash",
    "A key that signs with SHA-256 does not accept SHA-512.",
    "owner-signature",
    RSA,
    lambda key, message: key.sign(message, "rsassa-pss-sha512"),
)
owner_scheme(
    "ecdsa-high-s",
    "Both of the two numbers that are equally good in ECDSA count.",
    "verified",
    P256,
    lambda key, message: high_s(key.sign(message)),
)
owner_scheme(
    "ecdsa-without-der",
    "An ECDSA signature as two plain numbers is not good.",
    "owner-signature",
    P256,
    lambda key, message: raw_ecdsa(key.sign(message)),
)
owner_scheme(
    "ecdsa-with-trailing-byte",
    "An ECDSA signature with a byte too much is not good.",
    "owner-signature",
    P256,
    lambda key, message: key.sign(message) + b"\0",
)
owner_scheme(
    "rsa-with-leading-zero",
    "An RSA signature with a zero byte before it is not good.",
    "owner-signature",
    RSA,
    lambda key, message: b"\0" + key.sign(message),
)


def functionary(name, why, expect, entry, sign=None, scheme=RSA, **more):
    """A link signed by a functionary's key of another kind; `entry` are members of the key as the layout lists it."""

    def make(c):
        key = Key("builder", scheme)
        c.put_layout(c.layout([c.step("build", by=key)], keys={c.id(key): {**c.entry(key), **entry}}))
        envelope = c.envelope(c.link("build", products=files("app")))
        label = None if envelope.dialect.keyless else c.id(key)
        c.write(
            c.file_name("build", key),
            envelope.add(label, sign(key, envelope.message) if sign else key.sign(envelope.message)),
        )

    add("schemes", name, why, expect, make, **{"device": "link-scheme", **more})


for scheme in (RSA, P256, P384, "rsa-pkcs1v15-sha256"):
    functionary(f"functionary-{scheme}", f"A functionary signs with {scheme}.", "verified", {}, scheme=scheme)
functionary(
    "pss-for-a-functionary-of-pkcs1",
    "A key that the layout lists as rsa-pkcs1v15-sha256 does not accept PSS.",
    "threshold-not-met",
    {"scheme": "rsa-pkcs1v15-sha256"},
    warnings=["link-signature"],
)
functionary(
    "scheme-of-another-key-type",
    "An RSA key cannot sign with Ed25519's scheme.",
    "link-scheme",
    {"scheme": "ed25519"},
    warnings=["key-unusable", "link-scheme"],
)
functionary(
    "key-type-of-another-scheme",
    "A key that says that it is of Ed25519 cannot sign with PSS.",
    "link-scheme",
    {"keytype": "ed25519"},
    warnings=["key-unusable", "link-scheme"],
)
functionary(
    "ed25519-with-another-scheme",
    "An Ed25519 key cannot sign with PSS, though its signature is good.",
    "link-scheme",
    {"scheme": RSA},
    scheme="ed25519",
    warnings=["key-unusable", "link-scheme"],
    device=None,
)
functionary(
    "ed25519-with-another-type",
    "An Ed25519 key does not become one of ECDSA, though its signature is good.",
    "link-scheme",
    {"keytype": "ecdsa"},
    scheme="ed25519",
    warnings=["key-unusable", "link-scheme"],
    device=None,
)
functionary(
    "unknown-scheme",
    "A scheme that nobody knows vouches for nothing.",
    "link-scheme",
    {"scheme": "sphincs", "keytype": "sphincs"},
    scheme="ed25519",
    warnings=["key-unusable", "link-scheme"],
    device=None,
)
functionary(
    "older-ecdsa-key-type",
    "Older tools name a P-256 key's type as its scheme.",
    "verified",
    {"keytype": P256},
    scheme=P256,
)
functionary(
    "curve-of-another-scheme",
    "A P-256 key cannot sign with P-384's scheme.",
    "threshold-not-met",
    {"scheme": P384},
    scheme=P256,
    warnings=["key-unusable", "link-signature"],
)


@case("schemes", "verified", device="link-scheme")
def all_kinds_in_one_chain(c):
    """Functionaries with keys of every kind in one chain."""
    keys = [Key("a"), Key("b", RSA), Key("c", P256), Key("d", "rsa-pkcs1v15-sha512"), Key("e", P384)]
    c.put_layout(c.layout([c.step("build", by=keys, threshold=5)], keys=keys))
    for key in keys:
        c.put_link(c.link("build", products=files("app")), by=key)


@case("schemes", "threshold-not-met", device="link-scheme")
def one_rsa_key_in_two_schemes(c):
    """One RSA key that is listed with two schemes is one signer."""
    keys = [Key("builder", RSA), Key("builder", "rsa-pkcs1v15-sha256")]
    c.put_layout(c.layout([c.step("build", by=keys, threshold=2)], keys=keys))
    for key in keys:
        c.put_link(c.link("build", products=files("app")), by=key)


@case("schemes", "threshold-not-met", device="link-scheme")
def one_rsa_key_in_two_texts(c):
    """One RSA key in two texts, one without the line feed at its end as Go writes it, is one signer."""
    key = Key("builder", RSA)
    again = {**c.entry(key), "keyid": "again", "keyval": {"public": key.pem.strip()}}
    c.put_layout(
        c.layout([c.step("build", threshold=2, pubkeys=[c.id(key), "again"])], keys={**c.keys(key), "again": again})
    )
    c.put_link(c.link("build"), by=key)
    envelope = c.envelope(c.link("build"))
    c.write("build.again.link", c.sign(envelope, key, keyid=None if envelope.dialect.keyless else "again"))
