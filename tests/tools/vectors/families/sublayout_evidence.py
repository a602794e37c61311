"""sublayouts: who has to have signed one, where its links lie, and what else the step has."""

from case import case, digest, files, replace_text
from families.sublayouts import (
    BOTH,
    DENY,
    OLD,
    OUTER,
    directory,
    inner_links,
    link,
    outer,
    simple,
    sub,
    two_inner_steps,
)

# Who signs


@case("sublayouts", "threshold-not-met", warnings=["link-signature"])
def signed_by_stranger(c):
    """A sublayout that nobody signed who may carry out the step does not count."""
    simple(c, signers="stranger")


@case("sublayouts", "threshold-not-met", warnings=["link-signature"])
def unsigned(c):
    """A sublayout without signatures does not count."""
    simple(c, signers=[])


@case("sublayouts", "threshold-not-met", warnings=["link-signature"])
def changed(c):
    """A sublayout that was changed after it was signed does not count."""
    simple(c, readme="before", edit=replace_text("before", "behind"))


@case("sublayouts", "threshold-not-met", warnings=["link-signature"])
def signed_by_owner(c):
    """The owner's signature does not do for a functionary's."""
    simple(c, signers="owner")


@case("sublayouts", "threshold-not-met", warnings=["link-signature"])
def signed_by_itself(c):
    """A key that the sublayout lists itself cannot sign it."""
    simple(c, signers="compiler")


@case("sublayouts", "threshold-not-met", warnings=["link-signature"])
def inner_link_by_outer_functionary(c):
    """Whoever signed the sublayout cannot sign its links unless it says so."""
    outer(c)
    sub(c, [c.step("compile", by="compiler")])
    c.put(
        f"{directory(c)}/{c.file_name('compile', 'compiler')}",
        c.link("compile", files("src"), files("app")),
        by="builder",
    )


@case("sublayouts", "verified")
def inner_link_by_who_signed_the_sublayout(c):
    """Whoever signed the sublayout may sign its links where it says so."""
    outer(c)
    sub(c, [c.step("compile", by="builder")], keys=("builder",))
    link(c, "compile", "builder", files("src"), files("app"))


@case("sublayouts", "verified")
def one_label_two_keys(c):
    """A label means in each layout what that layout says: `bob` inside is somebody else than `bob` outside."""
    called = lambda name: {"bob": {**c.entry(name), "keyid": "bob"}}  # noqa: E731

    def labelled(path, payload, key):
        envelope = c.envelope(payload)
        c.write(path, c.sign(envelope, key, keyid=None if envelope.dialect.keyless else "bob"))

    c.put_layout(c.layout([c.step("build", pubkeys=["bob"], **OUTER)], keys=called("builder")))
    labelled("build.bob.link", c.layout([c.step("compile", pubkeys=["bob"])], keys=called("compiler")), "builder")
    labelled("build.bob/compile.bob.link", c.link("compile", files("src"), files("app")), "compiler")


@case("sublayouts", "threshold-not-met", warnings=["link-signature"])
def outer_key_under_an_inner_label(c):
    """The same label: the key outside cannot sign inside."""
    called = lambda name: {"bob": {**c.entry(name), "keyid": "bob"}}  # noqa: E731

    def labelled(path, payload, key):
        envelope = c.envelope(payload)
        c.write(path, c.sign(envelope, key, keyid=None if envelope.dialect.keyless else "bob"))

    c.put_layout(c.layout([c.step("build", pubkeys=["bob"], **OUTER)], keys=called("builder")))
    labelled("build.bob.link", c.layout([c.step("compile", pubkeys=["bob"])], keys=called("compiler")), "builder")
    labelled("build.bob/compile.bob.link", c.link("compile", files("src"), files("app")), "builder")


# Thresholds inside and outside


@case("sublayouts", "threshold-not-met")
def inner_threshold(c):
    """Two have to carry out a step of the sublayout, and one did."""
    outer(c)
    sub(c, [c.step("compile", by=("compiler", "linker"), threshold=2)])
    link(c, "compile", "compiler", files("src"), files("app"))


@case("sublayouts", "verified")
def inner_threshold_reached(c):
    """Two have to carry out a step of the sublayout, and did."""
    outer(c)
    sub(c, [c.step("compile", by=("compiler", "linker"), threshold=2)])
    link(c, "compile", "compiler", files("src"), files("app"))
    link(c, "compile", "linker", files("src"), files("app"))


@case("sublayouts", "links-disagree")
def inner_links_disagree(c):
    """Two who carried out a step of the sublayout do not agree."""
    outer(c)
    sub(c, [c.step("compile", by=("compiler", "linker"))])
    link(c, "compile", "compiler", files("src"), files("app"))
    link(c, "compile", "linker", files("src"), {"app": digest("other")})


@case("sublayouts", "link-missing")
def inner_link_missing(c):
    """A step of the sublayout has no link."""
    outer(c)
    sub(c, two_inner_steps(c))
    link(c, "compile", "compiler", files("src"), files("obj"))


@case("sublayouts", "threshold-not-met", warnings=["link-signature"])
def inner_link_by_stranger(c):
    """A link inside that nobody signed who may carry out the step."""
    outer(c)
    sub(c, [c.step("compile", by="compiler")])
    c.put(
        f"{directory(c)}/{c.file_name('compile', 'compiler')}",
        c.link("compile", files("src"), files("app")),
        by="stranger",
    )


@case("sublayouts", "verified", warnings=["link-signature"])
def bad_inner_link_beside_a_good_one(c):
    """A bad file inside is noted, and does no harm where another is good."""
    outer(c)
    sub(c, [c.step("compile", by=("compiler", "linker"))])
    link(c, "compile", "compiler", files("src"), files("app"))
    c.put(f"{directory(c)}/{c.file_name('compile', 'linker')}", c.link("compile"), by="stranger")


@case("sublayouts", "verified", notes=[""])
def unreadable_inner_link_beside_a_good_one(c):
    """A file inside that is no JSON is noted, and does no harm where another is good."""
    outer(c)
    sub(c, [c.step("compile", by=("compiler", "linker"))])
    link(c, "compile", "compiler", files("src"), files("app"))
    c.files[f"{directory(c)}/{c.file_name('compile', 'linker')}"] = "<html>"


@case("sublayouts", "verified")
def beside_a_plain_link(c):
    """One functionary gives a sublayout, the other a link that says the same."""
    outer(c, threshold=2, by=BOTH)
    sub(c, two_inner_steps(c))
    inner_links(c)
    c.put_link(c.link("build", files("src"), files("app")), by="second-builder")


@case("sublayouts", "links-disagree")
def beside_a_plain_link_that_disagrees(c):
    """One functionary gives a sublayout, the other a link that says something else."""
    outer(c, threshold=2, by=BOTH)
    sub(c, two_inner_steps(c))
    inner_links(c)
    c.put_link(c.link("build", files("src"), {"app": digest("other")}), by="second-builder")


@case("sublayouts", "links-disagree")
def disagrees_beyond_the_threshold(c):
    """The same where one of the two would have been enough."""
    outer(c, threshold=1, by=BOTH)
    sub(c, two_inner_steps(c))
    inner_links(c)
    c.put_link(c.link("build", files("src"), {"app": digest("other")}), by="second-builder")


@case("sublayouts", "layout-expired")
def fails_beside_a_plain_link(c):
    """A sublayout that counts and has expired refuses the whole, though another link would have been enough."""
    outer(c, threshold=1, by=BOTH)
    sub(c, two_inner_steps(c), expires=OLD)
    inner_links(c)
    c.put_link(c.link("build", files("src"), files("app")), by="second-builder")


@case("sublayouts", "verified", warnings=["link-signature"])
def does_not_count_beside_a_plain_link(c):
    """A sublayout that a stranger signed is not looked at where another link is enough: it has expired, and its links are missing."""
    outer(c, threshold=1, by=BOTH)
    sub(c, two_inner_steps(c), expires=OLD, signers="stranger")
    c.put_link(c.link("build", files("src"), files("app")), by="second-builder")


@case("sublayouts", "verified")
def cosigned(c):
    """Two functionaries sign one sublayout: it counts for both, and its links lie where its file's name says."""
    outer(c, threshold=2, by=BOTH)
    sub(c, two_inner_steps(c), signers=list(BOTH))
    inner_links(c)


def two_sublayouts(c, second):
    """Each functionary gives a sublayout of one step."""
    outer(c, threshold=2, by=BOTH)
    for name, products in zip(BOTH, (files("app"), second)):
        sub(c, [c.step("compile", by="compiler")], by=name)
        link(c, "compile", "compiler", files("src"), products, within=directory(c, by=name))


@case("sublayouts", "verified")
def two_that_agree(c):
    """Both functionaries give a sublayout, with links in a directory each."""
    two_sublayouts(c, files("app"))


@case("sublayouts", "links-disagree")
def two_that_disagree(c):
    """Both functionaries give a sublayout, and what came of them differs."""
    two_sublayouts(c, {"app": digest("other")})


@case("sublayouts", "link-missing")
def links_in_the_directory_of_another(c):
    """A sublayout's links are not looked for in the directory of another functionary's."""
    outer(c, threshold=1, by=BOTH)
    sub(c, [c.step("compile", by="compiler")])
    link(c, "compile", "compiler", files("src"), files("app"), within=directory(c, by="second-builder"))


@case("sublayouts", "link-missing")
def links_in_the_outer_directory(c):
    """A sublayout's links are not looked for beside it."""
    outer(c)
    sub(c, [c.step("compile", by="compiler")])
    link(c, "compile", "compiler", files("src"), files("app"), within="")


@case("sublayouts", "link-missing")
def links_in_a_directory_of_the_step_alone(c):
    """The directory is the file's name without its ending, not that of the step."""
    outer(c)
    sub(c, [c.step("compile", by="compiler")])
    link(c, "compile", "compiler", files("src"), files("app"), within="build")


@case("sublayouts", "verified")
def for_one_step_of_two(c):
    """One key may carry out two steps, and gives a sublayout for the second: its file says for which."""
    outer(c, steps=[c.step("test", expected_products=[["CREATE", "report"], DENY])])
    c.put_link(c.link("build", files("src"), files("app")))
    c.put(c.file_name("test", "builder"), c.layout([c.step("run", by="tester")], keys=("tester",)), by="builder")
    link(c, "run", "tester", {}, files("report"), within=directory(c, "test"))


@case("sublayouts", "verified")
def for_two_steps(c):
    """One key gives a sublayout for each of two steps."""
    outer(c, steps=[c.step("test", expected_products=[["CREATE", "report"], DENY])])
    sub(c, [c.step("compile", by="compiler")])
    link(c, "compile", "compiler", files("src"), files("app"))
    c.put(
        c.file_name("test", "builder"), c.layout([c.step("compile", by="compiler")], keys=("compiler",)), by="builder"
    )
    link(c, "compile", "compiler", {}, files("report"), within=directory(c, "test"))


# Nested


def nested(c, deepest=None, **members):
    """A sublayout in a sublayout: `compile` is itself a layout of one step `translate`."""
    outer(c)
    sub(c, two_inner_steps(c))
    within = f"{directory(c)}/{c.file_name('compile', 'compiler')}"
    inner = c.layout([c.step("translate", by="translator", **members)], keys=("translator",), **(deepest or {}))
    c.put(within, inner, by="compiler")
    link(c, "translate", "translator", files("src"), files("obj"), within=within.removesuffix(".link"))
    link(c, "link", "linker", files("obj"), files("app"))


@case("sublayouts", "verified")
def two_deep(c):
    """A sublayout in a sublayout."""
    nested(c)


@case("sublayouts", "layout-expired")
def two_deep_expired(c):
    """The inner one of two sublayouts has expired."""
    nested(c, {"expires": OLD})


@case("sublayouts", "rule-disallow")
def two_deep_broken(c):
    """A rule of the inner one of two sublayouts is broken."""
    nested(c, expected_products=[DENY])


@case("sublayouts", "rule-disallow")
def two_deep_broken_in_between(c):
    """What the inner one of two sublayouts made is not what the outer one's rule wants."""
    outer(c)
    sub(c, two_inner_steps(c))
    within = f"{directory(c)}/{c.file_name('compile', 'compiler')}"
    c.put(within, c.layout([c.step("translate", by="translator")], keys=("translator",)), by="compiler")
    link(c, "translate", "translator", files("src"), files("obj", "backdoor"), within=within.removesuffix(".link"))
    link(c, "link", "linker", files("obj"), files("app"))


@case("sublayouts", "link-missing")
def two_deep_links_one_deep(c):
    """The links of the inner one of two sublayouts lie in the directory of the outer one."""
    outer(c)
    sub(c, two_inner_steps(c))
    within = f"{directory(c)}/{c.file_name('compile', 'compiler')}"
    c.put(within, c.layout([c.step("translate", by="translator")], keys=("translator",)), by="compiler")
    link(c, "translate", "translator", files("src"), files("obj"))
    link(c, "link", "linker", files("obj"), files("app"))


@case("sublayouts", "verified", device="limit-layouts")
def first_and_last_are_sublayouts(c):
    """Both steps of a sublayout are sublayouts: its summary is made of theirs."""
    outer(c)
    sub(c, two_inner_steps(c))
    for name, by, materials, products in (
        ("compile", "compiler", files("src"), files("obj")),
        ("link", "linker", files("obj"), files("app")),
    ):
        within = f"{directory(c)}/{c.file_name(name, by)}"
        c.put(within, c.layout([c.step("work", by="worker")], keys=("worker",)), by=by)
        link(c, "work", "worker", materials, products, within=within.removesuffix(".link"))


def deep(c, depth):
    """So many sublayouts inside each other, and a link in the innermost."""
    outer(c, expected_products=[])
    within = ""
    for _ in range(depth):
        path = f"{within}{c.file_name('build', 'builder')}"
        c.put(path, c.layout([c.step("build")]), by="builder")
        within = path.removesuffix(".link") + "/"
    c.put(f"{within}{c.file_name('build', 'builder')}", c.link("build", files("src"), files("app")), by="builder")


@case("sublayouts", "verified", device="limit-layouts")
def eight_deep(c):
    """Sublayouts may be nested eight deep, and the same key may sign all of them."""
    deep(c, 8)


@case("sublayouts", "link-missing", device="limit-layouts", notes=["inside each other"])
def nine_deep(c):
    """A sublayout that is nested deeper than eight is noted, and is no link."""
    deep(c, 9)


# Inspections, commands


@case("sublayouts", "sublayout-inspections-not-run")
def with_inspection(c):
    """A sublayout's inspections were not run, so it is not verified."""
    simple(c, inspect=[c.inspection("look")])


@case("sublayouts", "verified", warnings=["command-differs", "return-value"])
def warnings_inside(c):
    """What is to be said about commands inside is said."""
    outer(c)
    sub(c, [c.step("compile", by="compiler", expected_command=["cc"])])
    path = f"{directory(c)}/{c.file_name('compile', 'compiler')}"
    c.put(
        path,
        c.link("compile", files("src"), files("app"), command=["gcc"], byproducts={"return-value": 1}),
        by="compiler",
    )


# Order


@case("sublayouts", "layout-expired")
def before_rules_outside(c):
    """Sublayouts come before the rules of the layout around them: the first step breaks one."""
    first = c.step("fetch", by="fetcher", expected_products=[DENY])
    c.put_layout(c.layout([first, c.step("build", **OUTER)], keys=("fetcher", "builder")))
    c.put_link(c.link("fetch", products=files("src")), by="fetcher")
    sub(c, two_inner_steps(c), expires=OLD)
    inner_links(c)


@case("sublayouts", "link-missing")
def after_thresholds_outside(c):
    """Thresholds come before sublayouts: a later step outside has no link, and the sublayout has expired."""
    outer(c, steps=[c.step("test", by="tester")], keys=("builder", "tester"))
    sub(c, two_inner_steps(c), expires=OLD)
    inner_links(c)


@case("sublayouts", "layout-expired")
def before_agreement_outside(c):
    """Sublayouts come before agreement, which needs what came of them: two links of a step outside disagree."""
    outer(c, steps=[c.step("test", by=BOTH)], by="builder", keys=BOTH)
    sub(c, two_inner_steps(c), expires=OLD)
    inner_links(c)
    c.put_link(c.link("test", files("a")), by=BOTH[0])
    c.put_link(c.link("test", files("b")), by=BOTH[1])


@case("sublayouts", "rule-disallow")
def before_inspections_outside(c):
    """A rule inside is told before inspections outside that were not run."""
    c.put_layout(c.layout([c.step("build", **OUTER)], inspect=[c.inspection("look")]))
    sub(c, two_inner_steps(c, compile={"expected_products": [DENY]}))
    inner_links(c)


# Attestations and file names


@case("sublayouts", "verified")
def one_file_name_for_two_steps(c):
    """Step `a` by key `b.c` and step `a.b` by key `c` have one file name: the sublayout counts for the step whose key signed it."""
    keys = {"b.c": {**c.entry("builder"), "keyid": "b.c"}, "c": {**c.entry("tester"), "keyid": "c"}, **c.keys("packer")}
    a = c.step("a", pubkeys=["b.c", c.id("packer")])
    c.put_layout(c.layout([a, c.step("a.b", pubkeys=["c"])], keys=keys))
    c.put_link(c.link("a"), by="packer")
    envelope = c.envelope(c.layout([c.step("compile", by="compiler")], keys=("compiler",)))
    c.write("a.b.c.link", c.sign(envelope, "tester", keyid=None if envelope.dialect.keyless else "c"))
    link(c, "compile", "compiler", within="a.b.c")
