"""names: what a step, an inspection and an artifact may be called. artifacts: which paths make a link invalid."""

from case import add, case, digest, files, one, two

ANY = [["ALLOW", "*"]]


def named(name, link=True):
    """A chain of one step of this name."""

    def make(c):
        c.put_layout(c.layout([c.step(name)]))
        if link:
            c.put_link(c.link(name, products=files("app")))

    return make


# A link of these names could not be a file everywhere, so there is none; the layout is valid as far as that.
NO_FILE = [
    ("star", "b*ld"),
    ("question-mark", "bu?ld"),
    ("colon", "ci:build"),
    ("quote", 'a"b'),
    ("line-feed", "a\nb"),
    ("pipe", "a|b"),
    ("less", "a<b>"),
]
REFUSED = [
    ("empty", ""),
    ("slash", "a/b"),
    ("leading-slash", "/build"),
    ("trailing-slash", "build/"),
    ("backslash", "a\\b"),
    ("nul", "a\0b"),
    ("dot", "."),
    ("two-dots", ".."),
    ("up", "../build"),
]
GOOD = [
    ("space", "a b"),
    ("class", "[ab]"),
    ("negated-class", "[!x]"),
    ("three-dots", "..."),
    ("leading-dot", ".build"),
    ("dots-inside", "a..b"),
    ("leading-hyphen", "-rf"),
    ("beyond-ascii", "b\u00f8gg"),
    ("beyond-16-bits", "\U0001f600"),
    ("braces", "{x}"),
    ("link", "build.link"),
    ("number", "1"),
    ("layout", "root"),
]

for name, text in REFUSED:
    why = f"A step called {text!r} could lead to a file elsewhere, or to none."
    add("names", f"step-{name}", why, "layout-name", named(text, link=False))
    add(
        "names",
        f"inspection-{name}",
        why.replace("A step", "An inspection"),
        "layout-name",
        lambda c, text=text: c.simple(layout={"inspect": [c.inspection(text)]}),
        one,
    )
for name, text in NO_FILE:
    add(
        "names",
        f"step-{name}",
        f"A step may be called {text!r}; this one has no link.",
        "link-missing",
        named(text, link=False),
        one,
    )
for name, text in GOOD:
    add("names", f"step-{name}", f"A step may be called {text!r}.", "verified", named(text), one)


def steps(*names, inspect=()):
    """A layout with steps and inspections of these names, with a link for the first step."""

    def make(c):
        c.put_layout(c.layout([c.step(name) for name in names], inspect=[c.inspection(name) for name in inspect]))
        c.put_link(c.link(names[0]))

    return make


add(
    "names",
    "two-steps-of-one-name",
    "Two steps of one name: nobody could tell whose link it is.",
    "layout-name",
    steps("build", "build"),
)
add(
    "names",
    "third-step-of-one-name",
    "Names are compared with all before them.",
    "layout-name",
    steps("build", "test", "build"),
)
add(
    "names",
    "step-and-inspection-of-one-name",
    "A step and an inspection must not have one name.",
    "layout-name",
    steps("build", inspect=["build"]),
)
add(
    "names",
    "two-inspections-of-one-name",
    "Two inspections must not have one name.",
    "layout-name",
    steps("build", inspect=["look", "look"]),
)


@case("names", "verified")
def names_in_other_letters(c):
    """Names that differ in capitals are two names."""
    c.put_layout(c.layout([c.step("build"), c.step("Build", by="second-builder")], keys=("builder", "second-builder")))
    c.put_link(c.link("build"))
    c.put_link(c.link("Build"), by="second-builder")


@case("names", "verified")
def step_name_is_literal(c):
    """Glob characters in the name of a step mean nothing, neither for files nor in FROM."""
    rules = [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "[ab]"], ["DISALLOW", "*"]]
    c.put_layout(c.layout([c.step("[ab]"), c.step("a"), c.step("test", expected_materials=rules)]))
    c.put_link(c.link("[ab]", products=files("app")))
    c.put_link(c.link("a", products={"app": digest("other")}))
    c.put_link(c.link("test", files("app")))


@case("names", "rule-disallow")
def from_is_no_pattern(c):
    """FROM names one step: `[ab]` is not the step `a`."""
    rules = [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "[ab]"], ["DISALLOW", "*"]]
    c.put_layout(c.layout([c.step("a"), c.step("test", expected_materials=rules)]))
    c.put_link(c.link("a", products=files("app")))
    c.put_link(c.link("test", files("app")))


# Artifacts

BAD_PATHS = [
    ("dot-slash", "./app"),
    ("dot", "."),
    ("dot-up", "./../app"),
    ("up-dot", ".././app"),
    ("up-trailing-slash", "../"),
    ("up-empty-component", "..//app"),
    ("up-inside", "a/../app"),
    ("up-first-and-inside", "../a/../app"),
    ("up-at-the-end", "a/.."),
    ("dot-inside", "a/./app"),
    ("dot-at-the-end", "app/."),
    ("empty-component", "a//app"),
    ("two-slashes-first", "//app"),
    ("trailing-slash", "app/"),
    ("slash", "/"),
    ("empty", ""),
    ("absolute-up", "/../app"),
    ("absolute-dot", "/./app"),
    ("absolute-empty-component", "/a//app"),
    ("absolute-trailing-slash", "/a/"),
    ("digit-first-up", "1x:a/../app"),
    ("dot-slash-colon", "./a:b"),
    ("slash-before-colon", "a/b:c/../d"),
    ("scheme-beyond-ascii", "\u00e9:a/../app"),
    ("scheme-with-underscore", "a_b:a/../app"),
    ("colon-first-up", ":/../app"),
    ("space-in-scheme", "a b:a/../app"),
]
GOOD_PATHS = [
    ("plain", "app"),
    ("nested", "a/b/c/app"),
    ("absolute", "/usr/bin/app"),
    ("two-dots", ".."),
    ("up", "../app"),
    ("up-twice", "../../a/app"),
    ("up-and-three-dots", "../.../app"),
    ("hidden", ".app"),
    ("hidden-inside", "a/.git/config"),
    ("three-dots", "..."),
    ("dots-first", "..app"),
    ("dots-last", "app.."),
    ("three-dots-inside", "a/.../b"),
    ("space", "a b/ c "),
    ("beyond-ascii", "\u00fc/\u4e16/\U0001f600"),
    ("backslash", "a\\b"),
    ("backslash-dots", "..\\app"),
    ("line-feed", "a\nb"),
    ("tab", "a\tb"),
    ("nul", "a\0b"),
    ("delete", "a\x7fb"),
    ("quote", 'a"b'),
    ("tilde", "~/app"),
    ("star", "*"),
    ("class", "[a]"),
    ("hyphen", "-rf"),
    ("colon-first", ":app"),
    ("colon-inside", "a/b:c"),
    ("digit-first", "1x:../app"),
    ("right-to-left", "\u202eppa"),
    ("line-separator", "a\u2028b"),
    ("zero-width", "a\u200bb"),
    ("decomposed", "u\u0308"),
]
URIS = [
    ("git", "git+https://example.org/a//b/../c.git@main"),
    ("file", "file:./app"),
    ("file-up", "file:///../app"),
    ("urn", "urn:uuid:1//2"),
    ("package", "pkg:npm/%40a/b@1.0"),
    ("drive", "C:\\app"),
    ("drive-up", "C:/../app"),
    ("scheme-alone", "x:"),
    ("scheme-with-signs", "a+b-c.d:..//"),
    ("docker", "docker://a/./b/"),
    ("dots-in-scheme", "a..b:../app"),
    ("capital-scheme", "HTTPS://a//b"),
    ("slash-at-the-end", "https://example.org/"),
]


def product(name):
    """A link with a product of this name, in a layout that allows everything."""

    def make(c):
        c.put_layout(c.layout([c.step("build", expected_products=ANY)]))
        c.put_link(c.link("build", products=files("app", name)))

    return make


for name, path in BAD_PATHS:
    why = f"{path!r} is neither a normalised path nor a URI, and makes the link invalid whatever the rules allow."
    add(
        "artifacts",
        f"path-{name}",
        why,
        "threshold-not-met",
        product(path),
        two if name == "dot-slash" else one,
        warnings=["link-artifact-name"],
    )
for name, path in GOOD_PATHS:
    add("artifacts", f"path-{name}", f"{path!r} is a normalised path.", "verified", product(path), one)
for name, path in URIS:
    add(
        "artifacts",
        f"uri-{name}",
        f"{path!r} starts with a scheme, so it is a URI and opaque.",
        "verified",
        product(path),
        one,
    )


@case("artifacts", "threshold-not-met", warnings=["link-artifact-name"])
def bad_material(c):
    """Materials are looked at as products are."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("build", {"a/../app": digest("app")}))


@case("artifacts", "threshold-not-met", warnings=["link-artifact-name"])
def slips_past_disallow(c):
    """`./evil` does not slip past DISALLOW evil."""
    c.put_layout(c.layout([c.step("build", expected_products=[["DISALLOW", "evil"], ["ALLOW", "*"]])]))
    c.put_link(c.link("build", products={"./evil": digest("evil")}))


@case("artifacts", "rule-disallow")
def up_is_disallowed_by_its_name(c):
    """A name that leads up is matched by patterns as any other is."""
    c.put_layout(c.layout([c.step("build", expected_products=[["DISALLOW", "*/evil"], ["ALLOW", "*"]])]))
    c.put_link(c.link("build", products={"../evil": digest("evil")}))


@case("artifacts", "verified")
def another_form_is_another_name(c):
    """DISALLOW evil is about the artifact of that name alone, not about what lies above the directory or at the root."""
    c.put_layout(c.layout([c.step("build", expected_products=[["DISALLOW", "evil"], ["ALLOW", "*"]])]))
    c.put_link(c.link("build", products=files("../evil", "/evil")))


@case("artifacts", "verified", warnings=["link-artifact-name"])
def bad_path_beside_a_good_link(c):
    """A link with a bad path is ignored where another is enough, and need not agree with it."""
    c.put_layout(c.layout([c.step("build", by=("builder", "second-builder"))], keys=("builder", "second-builder")))
    c.put_link(c.link("build", products=files("./app")))
    c.put_link(c.link("build", products=files("app")), by="second-builder")


@case("artifacts", "verified")
def bad_path_of_nobody(c):
    """A bad path in a file that no step asks for is nobody's."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("build"))
    c.put_link(c.link("build", products=files("./app")), by="stranger")


@case("artifacts", "verified")
def both_forms_are_two_artifacts(c):
    """Unicode is not normalised: composed and decomposed are two artifacts."""
    rules = [["REQUIRE", "\u00fc"], ["ALLOW", "\u00fc"], ["ALLOW", "u\u0308"], ["DISALLOW", "*"]]
    c.put_layout(c.layout([c.step("build", expected_products=rules)]))
    c.put_link(c.link("build", products={"\u00fc": digest("one"), "u\u0308": digest("two")}))


# Digests

SHA256, SHA384, SHA512 = "ab" * 32, "cd" * 48, "ef" * 64
BAD_DIGESTS = [
    ("capitals", {"sha256": SHA256.upper()}),
    ("one-capital", {"sha256": "A" + SHA256[1:]}),
    ("short", {"sha256": SHA256[:-2]}),
    ("odd", {"sha256": SHA256[:-1]}),
    ("long", {"sha256": SHA256 + "00"}),
    ("empty", {"sha256": ""}),
    ("no-digits", {"sha256": "g" * 64}),
    ("prefixed", {"sha256": "0x" + SHA256[2:]}),
    ("space", {"sha256": " " + SHA256[1:]}),
    ("base64", {"sha256": "q" * 43 + "="}),
    ("of-other-length", {"sha256": SHA512}),
    ("sha384-short", {"sha384": SHA256}),
    ("sha384-capitals", {"sha384": SHA384.upper()}),
    ("sha512-short", {"sha512": SHA384}),
    ("sha512-long", {"sha512": SHA512 + "00"}),
    ("gitoid-short", {"gitoid:sha256": "ab" * 20}),
    ("gitoid-uri", {"gitoid:sha256": "gitoid:blob:sha256:" + SHA256}),
    ("one-of-two", {"sha256": SHA256, "sha512": SHA512[:-2]}),
    ("other-of-two", {"sha256": SHA256[:-2], "sha512": SHA512}),
    ("beside-unknown", {"md5": "00", "sha256": "00"}),
]
GOOD_DIGESTS = [
    ("sha256", {"sha256": SHA256}),
    ("sha384", {"sha384": SHA384}),
    ("sha512", {"sha512": SHA512}),
    ("gitoid", {"gitoid:sha256": SHA256}),
    ("all", {"sha256": SHA256, "sha384": SHA384, "sha512": SHA512, "gitoid:sha256": SHA256}),
    ("zeros", {"sha256": "0" * 64}),
    ("decimal-digits", {"sha256": "7" * 64}),
    ("none", {}),
    ("sha1", {"sha1": "ab" * 20}),
    ("md5", {"md5": "ab" * 16}),
    ("capital-name", {"SHA256": "ABC"}),
    ("hyphened-name", {"sha-256": "x"}),
    ("unknown", {"blake3": "", "x": "any text \u00e9"}),
    ("sha224", {"sha224": "XY"}),
    ("gitoid-sha1", {"gitoid:sha1": "00"}),
    ("known-beside-unknown", {"sha256": SHA256, "sha1": "Not A Digest"}),
]


def with_digest(value):
    def make(c):
        c.put_layout(c.layout([c.step("build", expected_products=ANY)]))
        c.put_link(c.link("build", products={"app": value, "b": digest("b")}))

    return make


for name, value in BAD_DIGESTS:
    why = "A digest that is not of its algorithm's length in lower-case digits makes the link invalid."
    add("digests", f"bad-{name}", why, "threshold-not-met", with_digest(value), one, warnings=["link-digest"])
for name, value in GOOD_DIGESTS:
    known = (
        "A digest of a known algorithm and the right length is read."
        if "sha256" in value or len(value) == 4 or name in ("sha384", "sha512", "gitoid")
        else "What is known of an algorithm is nothing, so its values are carried as they are."
    )
    add("digests", f"good-{name}", known, "verified", with_digest(value), one)


@case("digests", "threshold-not-met", warnings=["link-digest"])
def bad_in_materials(c):
    """The digests of materials are looked at as those of products are."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("build", {"app": {"sha256": "00"}}))
