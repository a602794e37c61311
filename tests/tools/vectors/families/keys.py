"""keys: which of the layout's keys may sign what, and what a key is."""

from case import add, case, files, one
from keys import Key

BOTH = ("builder", "second-builder")


def label(envelope, text):
    """The key id of a signature, where the dialect has one."""
    return None if envelope.dialect.keyless else text


def key_called(name):
    """A layout in which the builder's key is called so, and the link that goes with it."""

    def make(c):
        entry = {**c.entry("builder"), "keyid": name}
        c.put_layout(c.layout([c.step("build", pubkeys=[name])], keys={name: entry}))
        envelope = c.envelope(c.link("build", products=files("app")))
        c.write(f"build.{name[:8]}.link", c.sign(envelope, "builder", keyid=label(envelope, name)))

    return make


LABELS = [
    ("short", "bob", "It may be shorter than eight characters."),
    ("of-eight", "builder1", "It may have eight characters."),
    ("long", "builder-of-release-2", "Its first eight characters are in the file name."),
    (
        "beyond-ascii",
        "\u4e16\u754c\u4e16\u754c\u4e16\u754c\u4e16\u754c\u4e16\u754c",
        "Eight characters are eight code points, whatever they take in UTF-8.",
    ),
    ("capitals", "ABCDEF0123456789", "It need not be in lower case."),
    ("with-dot", "a.link.b", "It may have dots in it."),
    ("with-space", "the builder", "It may have spaces in it."),
    ("of-hash-length", "f" * 64, "It may look like a hash without being one."),
]
for name, text, why in LABELS:
    add("keys", f"label-{name}", "A key id is a label. " + why, "verified", key_called(text))


@case("keys", "link-missing")
def label_with_slash(c):
    """A key id with a slash leads to no file."""
    entry = {**c.entry("builder"), "keyid": "a/b"}
    c.put_layout(c.layout([c.step("build", pubkeys=["a/b"])], keys={"a/b": entry}))


@case("keys", "layout-keyid")
def another_id_inside(c):
    """A key whose own `keyid` is not its name in `keys`."""
    c.simple(keys={c.id("builder"): {**c.entry("builder"), "keyid": "bob"}})


@case("keys", "layout-keyid")
def another_id_inside_an_unused_key(c):
    """The same for a key that no step names."""
    c.simple(keys={**c.keys("builder"), "bob": c.entry("stranger")})


@case("keys", "layout-keyid")
def id_in_capitals_inside(c):
    """A key id in upper case is another."""
    c.simple(keys={c.id("builder"): {**c.entry("builder"), "keyid": c.id("builder").upper()}})


@case("keys", "verified")
def no_id_inside(c):
    """A key need not repeat its name."""
    entry = c.entry("builder")
    del entry["keyid"]
    c.simple(keys={c.id("builder"): entry})


@case("keys", "verified")
def unused_keys(c):
    """Keys that no step names are allowed, of whatever kind."""
    odd = {"keyid": "odd", "keytype": "sphincs", "scheme": "sphincs-shake-128s", "keyval": {"public": "?"}}
    c.simple(keys={**c.keys("builder", "stranger", "second-builder"), "odd": odd})


for member in ("keytype", "scheme", "keyval"):

    def without(c, member=member):
        entry = c.entry("builder")
        del entry[member]
        c.simple(keys={c.id("builder"): entry})

    add("keys", f"key-without-{member}", f"A key has to have `{member}`.", "layout-key", without, one)
MALFORMED = [
    ("without-public", {"keyval": {}}),
    ("keyval-is-text", {"keyval": "ab"}),
    ("keyval-is-null", {"keyval": None}),
    ("public-is-null", {"keyval": {"public": None}}),
    ("public-is-number", {"keyval": {"public": 7}}),
    ("keytype-is-null", {"keytype": None}),
    ("scheme-is-list", {"scheme": ["ed25519"]}),
    ("keyid-is-number", {"keyid": 1}),
]
for name, members in MALFORMED:
    add(
        "keys",
        f"key-{name}",
        "A key whose members are of other types is malformed.",
        "layout-key",
        lambda c, members=members: c.simple(keys={c.id("builder"): {**c.entry("builder"), **members}}),
        one,
    )
add(
    "keys",
    "key-is-text",
    "A key is an object.",
    "layout-key",
    lambda c: c.simple(keys={c.id("builder"): Key("builder").public}),
)

BAD_PUBLIC = [
    ("short", lambda public: public[:-2]),
    ("long", lambda public: public + "00"),
    ("no-digits", lambda public: "x" * 64),
    ("empty", lambda public: ""),
    ("pem", lambda public: Key("builder").pem),
]
for name, change in BAD_PUBLIC:

    def public(c, change=change):
        entry = c.entry("builder")
        c.simple(
            keys={
                c.id("builder"): {**entry, "keyval": {**entry["keyval"], "public": change(entry["keyval"]["public"])}}
            }
        )

    add(
        "keys",
        f"public-{name}",
        "A key whose bytes are no Ed25519 key can sign nothing.",
        "threshold-not-met",
        public,
        one,
        warnings=["key-unusable", "link-signature"],
    )


def two_labels(c, change=lambda public: public, threshold=2):
    """One key under two labels, and a link for each."""
    entry = {**c.entry("builder"), "keyid": "again"}
    entry["keyval"] = {**entry["keyval"], "public": change(entry["keyval"]["public"])}
    c.put_layout(
        c.layout(
            [c.step("build", pubkeys=[c.id("builder"), "again"], threshold=threshold)],
            keys={**c.keys("builder"), "again": entry},
        )
    )
    c.put_link(c.link("build", products=files("app")))
    envelope = c.envelope(c.link("build", products=files("app")))
    c.write("build.again.link", c.sign(envelope, "builder", keyid=label(envelope, "again")))


@case("keys", "threshold-not-met")
def two_labels_of_one_key(c):
    """Two labels of one key count once."""
    two_labels(c)


@case("keys", "threshold-not-met")
def two_spellings_of_one_key(c):
    """A key is its bytes: upper-case digits are the same key."""
    two_labels(c, str.upper)


@case("keys", "verified")
def public_in_capitals(c):
    """A key whose public bytes are written in upper-case digits signs as well."""
    entry = c.entry("builder")
    c.simple(
        keys={c.id("builder"): {**entry, "keyval": {**entry["keyval"], "public": entry["keyval"]["public"].upper()}}}
    )


@case("keys", "verified")
def two_labels_for_one_signer(c):
    """Two labels of one key are enough where one signer is."""
    two_labels(c, threshold=1)


@case("keys", "verified")
def two_labels_and_another_key(c):
    """Two labels of one key and another key are two signers."""
    entry = {**c.entry("builder"), "keyid": "again"}
    keys = {**c.keys(*BOTH), "again": entry}
    c.put_layout(
        c.layout([c.step("build", pubkeys=[c.id("builder"), "again", c.id("second-builder")], threshold=2)], keys=keys)
    )
    c.put_link(c.link("build", products=files("app")))
    c.put_link(c.link("build", products=files("app")), by="second-builder")


@case("keys", "threshold-not-met")
def both_labels_on_one_file(c):
    """One file that one key signed under both its labels has one signer."""
    entry = {**c.entry("builder"), "keyid": "again"}
    c.put_layout(
        c.layout(
            [c.step("build", pubkeys=[c.id("builder"), "again"], threshold=2)],
            keys={**c.keys("builder"), "again": entry},
        )
    )
    envelope = c.envelope(c.link("build"))
    c.sign(c.sign(envelope, "builder"), "builder", keyid=label(envelope, "again"))
    c.write(c.file_name("build", "builder"), envelope)


@case("keys", "threshold-not-met")
def key_named_twice(c):
    """A step that names one key twice has one signer."""
    c.put_layout(c.layout([c.step("build", by=("builder", "builder"), threshold=2)]))
    c.put_link(c.link("build"))


@case("keys", "threshold-not-met", warnings=["link-signature"])
def key_not_in_keys(c):
    """A key that a step names and the layout does not have can sign nothing."""
    c.put_layout(c.layout([c.step("build", by="stranger")]))
    c.put_link(c.link("build"), by="stranger")


@case("keys", "verified", warnings=["link-signature"])
def key_not_in_keys_beside_another(c):
    """The same, where another key of the step is in the layout."""
    c.put_layout(c.layout([c.step("build", by=("stranger", "builder"))]))
    c.put_link(c.link("build"), by="stranger")
    c.put_link(c.link("build"))


@case("keys", "link-missing")
def owner_is_no_functionary(c):
    """The owner's key carries out no step unless the layout says so."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("build"), by="owner")


@case("keys", "verified")
def owner_as_functionary(c):
    """The owner's key may be a functionary's."""
    c.put_layout(c.layout([c.step("build", by="owner")], keys=("owner",)))
    c.put_link(c.link("build"), by="owner")


@case("keys", "link-missing")
def nobody_may_sign(c):
    """A step that names no key cannot be carried out."""
    c.simple(step={"pubkeys": []})
