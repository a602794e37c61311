"""links: which files count, for which step. thresholds: how many have to."""

from case import (
    DIALECTS,
    DSSE,
    METABLOCK,
    Envelope,
    add,
    case,
    digest,
    files,
    replace_text,
)
from families.keys import BOTH, label
from jsontext import GIVEN, encode
from keys import Key


def alone(path, by="builder", name="build", warnings=(), expect="link-missing"):
    """A layout of one step, and one link under a path of its own."""

    def make(c):
        c.warns(*warnings)
        c.put_layout(c.layout([c.step("build")]))
        c.put_link(c.link(name, products=files("app")), by=by, path=path(c) if callable(path) else path)

    return make


PATHS = [
    ("without-key-id", "build.link", "without a key id"),
    ("with-whole-key-id", lambda c: f"build.{c.id('builder')}.link", "with the whole key id"),
    ("with-seven-digits", lambda c: f"build.{c.id('builder')[:7]}.link", "with seven digits of the key id"),
    ("with-nine-digits", lambda c: f"build.{c.id('builder')[:9]}.link", "with nine digits of the key id"),
    ("with-last-digits", lambda c: f"build.{c.id('builder')[-8:]}.link", "with the last digits of the key id"),
    ("of-stranger", lambda c: c.file_name("build", "stranger"), "of a key that the step does not name"),
    ("of-another-step", lambda c: c.file_name("test", "builder"), "of another step"),
    ("with-another-ending", lambda c: c.file_name("build", "builder") + ".json", "with another ending"),
    ("in-a-directory", lambda c: "links/" + c.file_name("build", "builder"), "in another directory"),
    ("unfinished", lambda c: ".build." + c.id("builder")[:8] + ".link-unfinished", "of a step that was not finished"),
]
for name, path, what in PATHS:
    add(
        "links",
        f"file-{name}",
        f"A link is found as STEP.KEYID8.link, not under a name {what}.",
        "link-missing",
        alone(path),
    )


@case("links", "verified")
def file_of_a_cosigner(c):
    """A file that is named for one key and signed by another that the step names: the other counts."""
    c.put_layout(c.layout([c.step("build", by=BOTH)], keys=BOTH))
    c.put_link(c.link("build"), by="second-builder", path=c.file_name("build", "builder"))


@case("links", "link-missing", notes=["file's name"])
def name_of_no_step(c):
    """A link whose name is no step's belongs to none, whatever its file is called."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("test"), path=c.file_name("build", "builder"))


@case("links", "link-missing", notes=["file's name"])
def name_of_another_step(c):
    """A link that says it is of one step, under the name of another step's file, is of neither."""
    c.put_layout(c.layout([c.step("build"), c.step("test", by="tester")], keys=("builder", "tester")))
    c.put_link(c.link("build"), path=c.file_name("build", "builder"))
    c.put_link(c.link("build"), by="tester", path=c.file_name("test", "tester"))


@case("links", "link-missing", notes=["file's name"])
def found_under_another_steps_name(c):
    """A step's link is not looked for under another step's name, though the name inside and the signature are right."""
    c.put_layout(c.layout([c.step("build", by=BOTH), c.step("test")], keys=BOTH))
    c.put_link(c.link("build"), by="second-builder")
    c.put_link(c.link("test"), path=c.file_name("build", "builder"))


@case("links", "verified", notes=["file's name"])
def another_steps_link_under_a_steps_name(c):
    """A link of one step under the name of another step's file does not count, so it need not agree with those that do."""
    c.put_layout(c.layout([c.step("build", by=BOTH), c.step("test", by=BOTH)], keys=BOTH))
    c.put_link(c.link("build", products=files("app")), by="second-builder")
    c.put_link(c.link("test"), by="second-builder")
    c.put_link(c.link("build", products=files("other")), path=c.file_name("test", "builder"))


@case("links", "link-missing", notes=["file's name"])
def replayed_for_another_step(c):
    """A copy of one step's link does not do for another step that the same key may carry out."""
    c.put_layout(c.layout([c.step("build"), c.step("test")]))
    c.put_link(c.link("build"))
    c.files[c.file_name("test", "builder")] = c.files[c.file_name("build", "builder")]


@case("links", "link-missing", notes=["file's name"])
def name_in_capitals(c):
    """Names of steps are compared letter by letter."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("BUILD"), path=c.file_name("build", "builder"))


@case("links", "link-missing", notes=["file's name"])
def name_of_an_inspection(c):
    """A signed link does not do for an inspection."""
    c.put_layout(c.layout([c.step("build"), c.step("test")], inspect=[c.inspection("look")]))
    c.put_link(c.link("build"))
    c.put_link(c.link("look"), path=c.file_name("test", "builder"))


@case("links", "verified")
def links_of_strangers(c):
    """Files that no step asks for are not read, whatever is in them."""
    c.simple()
    c.put_link(c.link("build", products=files("evil")), by="stranger")
    c.files["other.00000000.link"] = "no JSON"
    c.files["README.md"] = "no JSON"


@case("links", "threshold-not-met", warnings=["link-signature"])
def link_without_signature(c):
    """A link that nobody signed is nobody's."""
    c.simple()
    c.put_link(c.link("build", products=files("app")), by=[], path=c.file_name("build", "builder"))


@case("links", "threshold-not-met", warnings=["link-signature"])
def link_labelled_for_another(c):
    """A stranger's signature under a functionary's key id does not count."""
    c.simple()
    envelope = c.envelope(c.link("build", products=files("app")))
    c.write(c.file_name("build", "builder"), c.sign(envelope, "stranger", keyid=label(envelope, c.id("builder"))))


@case("links", "verified")
def several_signatures_of_one_key(c):
    """Of several signatures under one key id on a link one good one is enough."""
    c.simple()
    envelope = c.envelope(c.link("build", products=files("app")))
    c.sign(envelope, "builder", over=b"other")
    c.sign(envelope, "builder")
    c.sign(envelope, "builder", over=b"other")
    c.write(c.file_name("build", "builder"), envelope)


@case("links", "verified")
def strangers_on_a_link(c):
    """Signatures of strangers on a link are ignored."""
    c.simple()
    c.put_link(
        c.link("build", products=files("app")),
        by=["stranger", "owner", "builder"],
        path=c.file_name("build", "builder"),
    )


@case("links", "threshold-not-met", METABLOCK, notes=["key id"], warnings=["link-signature"])
def metablock_link_without_key_id(c):
    """A signature on a Metablock has to say whose it is."""
    c.simple()
    envelope = c.envelope(c.link("build", products=files("app")))
    c.write(c.file_name("build", "builder"), envelope.add(None, Key("builder").sign(envelope.message)))


@case("links", "verified", DSSE)
def dsse_link_without_key_id(c):
    """A DSSE signature without key id is tried against every key of the step."""
    c.put_layout(c.layout([c.step("build", by=(*BOTH, "third-builder"), threshold=2)], keys=(*BOTH, "third-builder")))
    envelope = c.envelope(c.link("build"))
    envelope.add(None, Key("third-builder").sign(envelope.message)).add(
        None, Key("second-builder").sign(envelope.message)
    )
    c.write(c.file_name("build", "builder"), envelope)


@case("links", "threshold-not-met", DSSE, warnings=["link-signature"])
def dsse_link_without_key_id_of_another_step(c):
    """Without key id too, only keys of the step are tried."""
    c.put_layout(c.layout([c.step("build"), c.step("test", by="tester")], keys=("builder", "tester")))
    envelope = c.envelope(c.link("build"))
    c.write(c.file_name("build", "builder"), envelope.add(None, Key("tester").sign(envelope.message)))
    c.put_link(c.link("test"), by="tester")


@case("links", "link-missing", warnings=["link-type"])
def layout_type_misspelled(c):
    """What is neither link nor layout does not count."""
    c.simple(link={"_type": "Link "})


# Thresholds

MORE = (*BOTH, "third-builder")


def builders(c, threshold, allowed, *links):
    """A step that several may carry out. `links` are pairs of names and members of a link; names are one or those who sign one file."""
    c.put_layout(c.layout([c.step("build", by=allowed, threshold=threshold)], keys=allowed))
    for names, members in links:
        c.put_link(c.link("build", **{"products": files("app"), **members}), by=names)


def expect(name, why, code, threshold, allowed, *links, warnings=()):
    def make(c):
        c.warns(*warnings)
        builders(c, threshold, allowed, *links)

    add("thresholds", name, why, code, make)


B1, B2, B3 = MORE
OTHER = {"products": {"app": digest("other")}}
expect("one-of-two", "One of two is enough where one is asked for.", "verified", 1, BOTH, (B2, {}))
expect("two-of-two", "Two of two.", "verified", 2, BOTH, (B1, {}), (B2, {}))
expect("two-of-three", "Two of three, the first of whom has nothing to say.", "verified", 2, MORE, (B2, {}), (B3, {}))
expect("one-for-two", "One where two are asked for.", "threshold-not-met", 2, BOTH, (B1, {}))
expect("none-for-two", "None where two are asked for.", "link-missing", 2, BOTH)
expect("three-for-two", "More than are asked for.", "verified", 2, MORE, (B1, {}), (B2, {}), (B3, {}))
expect("two-for-three", "Two where three are asked for.", "threshold-not-met", 3, MORE, (B1, {}), (B2, {}))
expect(
    "more-than-allowed",
    "A threshold that is higher than the number of keys is never reached.",
    "threshold-not-met",
    3,
    BOTH,
    (B1, {}),
    (B2, {}),
)
expect(
    "stranger-does-not-count",
    "A stranger's file is not looked for, so one is left for two.",
    "threshold-not-met",
    2,
    BOTH,
    (B1, {}),
    ("stranger", {}),
)
expect("cosigned", "One file that two keys signed counts for both.", "verified", 2, BOTH, ([B1, B2], {}))
expect(
    "cosigned-by-three-for-two",
    "One file that more keys signed than are asked for.",
    "verified",
    2,
    MORE,
    ([B3, B1, B2], {}),
)
expect(
    "cosigned-by-stranger",
    "A stranger who signs the same file does not count.",
    "threshold-not-met",
    2,
    BOTH,
    ([B1, "stranger"], {}),
)
expect(
    "cosigned-and-alone",
    "Whoever signed one file with another and one alone is one signer.",
    "threshold-not-met",
    3,
    MORE,
    ([B1, B2], {}),
    (B2, {}),
)
expect("cosigned-and-another", "Two on one file and a third on its own.", "verified", 3, MORE, ([B1, B2], {}), (B3, {}))
expect(
    "cosigned-twice",
    "The same two on two files are two signers.",
    "threshold-not-met",
    3,
    MORE,
    ([B1, B2], {}),
    ([B2, B1], {}),
)
expect("disagree", "Two who recorded different products.", "links-disagree", 2, BOTH, (B1, {}), (B2, OTHER))
expect(
    "disagree-beyond",
    "A second link that counts has to agree, though one would do.",
    "links-disagree",
    1,
    BOTH,
    (B1, {}),
    (B2, OTHER),
)
expect(
    "third-disagrees",
    "Two agree, which is what is asked for, and the third does not.",
    "links-disagree",
    2,
    MORE,
    (B1, {}),
    (B2, {}),
    (B3, OTHER),
)
expect(
    "first-disagrees",
    "The first does not agree with the others.",
    "links-disagree",
    2,
    MORE,
    (B1, OTHER),
    (B2, {}),
    (B3, {}),
)
expect(
    "one-disagrees-with-itself",
    "One who signed two files that disagree.",
    "links-disagree",
    1,
    BOTH,
    ([B1, B2], {}),
    (B2, OTHER),
)
DIFFERENCES = [
    ("more-products", {"products": files("app", "map")}, "One recorded a product more."),
    ("no-products", {"products": {}}, "One recorded no product."),
    ("renamed", {"products": {"App": digest("app")}}, "One recorded the same product under another name."),
    ("more-materials", {"materials": files("src")}, "One recorded a material more."),
    ("swapped", {"materials": files("app"), "products": {}}, "One recorded as material what the other made."),
    (
        "more-algorithms",
        {"products": {"app": {**digest("app"), "md5": "00"}}},
        "One recorded a digest more of the same product: the sets differ.",
    ),
    (
        "other-algorithm",
        {"products": {"app": {"sha512": "00" * 64}}},
        "One recorded the product by another algorithm alone: nobody can say that it is the same.",
    ),
    ("no-algorithm", {"products": {"app": {}}}, "One recorded the product without a digest."),
]
for name, members, why in DIFFERENCES:
    expect(f"disagree-{name}", why, "links-disagree", 2, BOTH, (B1, {}), (B2, members))
SAME = [
    ("byproducts", {"byproducts": {"return-value": 0, "stdout": "other"}}),
    ("environment", {"environment": {"a": "b"}}),
    ("command", {"command": ["other"]}),
    ("unknown-member", {"note": 1}),
]
for name, members in SAME:
    expect(
        f"agree-despite-{name}",
        f"Links agree on materials and products; that their {name.replace('-', ' ')} differs does not matter.",
        "verified",
        2,
        BOTH,
        (B1, {}),
        (B2, members),
    )


@case("thresholds", "verified", METABLOCK[:1] + DSSE[:1])
def agree_in_any_order(c):
    """Artifacts and digests are compared whatever their order in the file."""
    both = {"b": {**digest("b"), "sha512": "ab" * 64}, "a": digest("a")}
    turned = {"a": digest("a"), "b": {"sha512": "ab" * 64, **digest("b")}}
    c.put_layout(c.layout([c.step("build", by=BOTH, threshold=2)], keys=BOTH))
    for name, products in zip(BOTH, (both, turned)):
        link = c.link("build", products=products)
        c.put_link(link, by=name, text=encode(link, GIVEN))


@case("thresholds", "verified", ["metablock-python"])
def agree_in_two_wrappings(c):
    """One link in a Metablock and one in DSSE agree if they say the same."""
    c.put_layout(c.layout([c.step("build", by=BOTH, threshold=2)], keys=BOTH))
    c.put_link(c.link("build", products=files("app")))
    envelope = Envelope(DIALECTS["dsse-python"], c.link("build", products=files("app")))
    c.write(c.file_name("build", "second-builder"), c.sign(envelope, "second-builder"))


@case("thresholds", "threshold-not-met", warnings=["link-signature"])
def one_good_one_bad(c):
    """A bad link does not make up the number."""
    c.put_layout(c.layout([c.step("build", by=BOTH, threshold=2)], keys=BOTH))
    c.put_link(c.link("build", products=files("app")))
    change = replace_text(digest("app")["sha256"], digest("evil")["sha256"])
    c.put_link(c.link("build", products=files("app")), by="second-builder", edit=change)


@case("thresholds", "threshold-not-met")
def cosigned_with_one_bad_signature(c):
    """Of two signatures on one file only the good one counts."""
    c.put_layout(c.layout([c.step("build", by=BOTH, threshold=2)], keys=BOTH))
    envelope = c.sign(c.envelope(c.link("build")), "builder")
    c.write(c.file_name("build", "builder"), c.sign(envelope, "second-builder", over=b"other"))


@case("thresholds", "verified", warnings=["link-signature", "link-type"])
def bad_ones_beside_enough_good_ones(c):
    """Files that do not count are noted, and the others are enough."""
    everybody = (*MORE, "fourth-builder")
    builders(c, 2, everybody, (B2, {}), ("fourth-builder", {}))
    c.put_link(c.link("build"), by="stranger", path=c.file_name("build", B1))
    c.put_link(c.link("build", _type="note"), by=B3)


@case("thresholds", "verified", notes=[""])
def unreadable_beside_enough(c):
    """A file that is no JSON is noted, and the others are enough."""
    builders(c, 2, MORE, (B2, {}), (B3, {}))
    c.files[c.file_name("build", B1)] = "<html>404</html>"


@case("thresholds", "threshold-not-met", notes=[""])
def unreadable_for_the_second(c):
    """A file that is no JSON does not make up the number."""
    builders(c, 2, BOTH, (B2, {}))
    c.files[c.file_name("build", B1)] = "<html>404</html>"


@case("thresholds", "threshold-not-met")
def each_step_has_its_own(c):
    """Links of one step do not make up for those of another."""
    c.put_layout(c.layout([c.step("build", by=BOTH), c.step("test", by=BOTH, threshold=2)], keys=BOTH))
    for name in BOTH:
        c.put_link(c.link("build"), by=name)
    c.put_link(c.link("test"))


# Names of files that fit twice


@case("links", "verified")
def one_file_name_for_two_keys(c):
    """Two key ids that start alike lead to one file, which both may sign."""
    keys = {name: {**c.entry(name), "keyid": name} for name in ("builder-one", "builder-two")}
    c.put_layout(c.layout([c.step("build", pubkeys=list(keys), threshold=2)], keys=keys))
    envelope = c.envelope(c.link("build"))
    for name in keys:
        c.sign(envelope, name, keyid=label(envelope, name))
    c.write("build.builder-.link", envelope)


@case("links", "verified")
def one_file_name_for_two_keys_by_the_second(c):
    """Two key ids that start alike lead to one file, which the second may sign alone."""
    keys = {name: {**c.entry(name), "keyid": name} for name in ("builder-one", "builder-two")}
    c.put_layout(c.layout([c.step("build", pubkeys=list(keys))], keys=keys))
    envelope = c.envelope(c.link("build"))
    c.write("build.builder-.link", c.sign(envelope, "builder-two", keyid=label(envelope, "builder-two")))


@case("links", "verified")
def one_file_name_for_two_steps(c):
    """Step `a` by key `b.c` and step `a.b` by key `c` have one file name: the link is of the step whose name it says."""
    keys = {"b.c": {**c.entry("builder"), "keyid": "b.c"}, "c": {**c.entry("tester"), "keyid": "c"}, **c.keys("packer")}
    a = c.step("a", pubkeys=["b.c", c.id("packer")])
    c.put_layout(c.layout([a, c.step("a.b", pubkeys=["c"])], keys=keys))
    c.put_link(c.link("a"), by="packer")
    envelope = c.envelope(c.link("a.b"))
    c.write("a.b.c.link", c.sign(envelope, "tester", keyid=label(envelope, "c")))


@case("links", "verified", link_dir="links")
def in_a_directory_that_is_named(c):
    """Links are read from the directory that is named."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("build"), path=f"links/{c.file_name('build', 'builder')}")


@case("links", "link-missing", link_dir="links")
def beside_the_directory_that_is_named(c):
    """Links are read from the directory that is named, and not from beside the layout."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("build"))
    c.files["links/README.md"] = "There is no link here."


@case("links", "unreadable", link_dir="nowhere", says="cannot read")
def directory_that_is_not_there(c):
    """A directory of links that is not there is no empty one."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("build"))
