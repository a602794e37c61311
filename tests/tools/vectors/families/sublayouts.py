"""sublayouts: a layout that a functionary signs in place of a link, verified like any other."""

from case import add, case, digest, files

DENY = ["DISALLOW", "*"]
BOTH = ("builder", "second-builder")
OLD = "2026-01-01T00:00:00Z"
OUTER = {"expected_materials": [["ALLOW", "src"], DENY], "expected_products": [["CREATE", "app"], DENY]}


def directory(c, step="build", by="builder"):
    """Where the links of the sublayout for a step by a key lie."""
    return c.file_name(step, by).removesuffix(".link")


def outer(c, threshold=1, by="builder", keys=None, steps=(), **members):
    """The root layout: a step `build`, and others."""
    names = [by] if isinstance(by, str) else by
    build = c.step("build", by=by, threshold=threshold, **{**OUTER, **members})
    c.put_layout(c.layout([build, *steps], keys=keys or names))


def sub(c, steps, by="builder", keys=("compiler", "linker"), signers=None, path=None, edit=None, **members):
    """The sublayout for the step `build`."""
    layout = c.layout(steps, keys=keys, **members)
    c.put(path or c.file_name("build", by), layout, by=signers if signers is not None else by, edit=edit)


def link(c, name, by, materials=None, products=None, within=None, **how):
    """A link of the sublayout."""
    within = directory(c) if within is None else within
    path = "/".join(part for part in (within, c.file_name(name, by)) if part)
    c.put(path, c.link(name, materials or {}, products or {}), by=by, **how)


def two_inner_steps(c, **members):
    """`compile` makes `obj` from `src`, `link` makes `app` from `obj`."""
    compile_ = {"expected_products": [["CREATE", "obj"], DENY], **members.get("compile", {})}
    link_ = {
        "expected_materials": [["MATCH", "obj", "WITH", "PRODUCTS", "FROM", "compile"], DENY],
        **members.get("link", {}),
    }
    return [c.step("compile", **{"by": "compiler", **compile_}), c.step("link", **{"by": "linker", **link_})]


def inner_links(c, within=None, compile_=None, link_=None):
    """The links of the same two."""
    materials, products = compile_ or (files("src"), files("obj"))
    link(c, "compile", "compiler", materials, products, within)
    materials, products = link_ or (files("obj"), files("app"))
    link(c, "link", "linker", materials, products, within)


def simple(c, root=None, steps=None, links=None, **members):
    """A root layout of one step, which a sublayout of two stands in for."""
    outer(c, **(root or {}))
    sub(c, two_inner_steps(c, **(steps or {})), **members)
    inner_links(c, **(links or {}))


@case(
    "sublayouts",
    "verified",
    ["metablock-python", "metablock-legacy", "metablock-go", "dsse-python", "dsse-go", "dsse-keyless", "mixed"],
)
def good(c):
    """A sublayout of two steps stands in for a link: materials of its first step, products of its last."""
    simple(c)


@case("sublayouts", "verified")
def one_step(c):
    """A sublayout of one step: its materials and its products."""
    outer(c)
    sub(c, [c.step("compile", by="compiler")])
    link(c, "compile", "compiler", files("src"), files("app"))


@case("sublayouts", "sublayout-empty")
def without_steps(c):
    """A sublayout without steps vouches for nothing, and is refused."""
    outer(c, expected_products=[], expected_materials=[])
    sub(c, [])


@case("sublayouts", "sublayout-empty")
def without_steps_but_with_inspections(c):
    """Inspections are no steps."""
    outer(c)
    sub(c, [], inspect=[c.inspection("look")])


@case("sublayouts", "layout-expired")
def expired(c):
    """A sublayout expires as a layout does."""
    simple(c, expires=OLD)


@case("sublayouts", "layout-expired")
def expires_now(c):
    """A sublayout has expired at the very second that it names."""
    simple(c, expires="2026-06-01T00:00:00Z")


INVALID = [
    ("expires", "layout-expires", {"expires": "2040-01-01"}, "The expiry of a sublayout has the same form."),
    ("without-inspect", "layout-member", {"inspect": None}, "A sublayout has to have what a layout has to have."),
]
for name, expect, members, why in INVALID:
    add("sublayouts", f"invalid-{name}", why, expect, lambda c, members=members: simple(c, **members))
INVALID_STEPS = [
    (
        "rule",
        "layout-rule",
        {"compile": {"expected_products": [["PERMIT", "*"]]}},
        "A malformed rule makes a sublayout invalid.",
    ),
    (
        "prefix",
        "layout-prefix",
        {"link": {"expected_materials": [["MATCH", "*", "IN", "./a", "WITH", "PRODUCTS", "FROM", "compile"]]}},
        "A prefix of a sublayout has to be normalised.",
    ),
    (
        "threshold",
        "layout-threshold",
        {"compile": {"threshold": 0}},
        "The thresholds of a sublayout are integers of 1 or more.",
    ),
    (
        "command",
        "layout-member",
        {"compile": {"expected_command": "cc"}},
        "A command of a sublayout is a list of strings.",
    ),
]
for name, expect, steps, why in INVALID_STEPS:
    add("sublayouts", f"invalid-{name}", why, expect, lambda c, steps=steps: simple(c, steps=steps))


@case("sublayouts", "layout-name")
def invalid_names(c):
    """Two steps of one name in a sublayout."""
    outer(c)
    sub(c, [c.step("compile", by="compiler"), c.step("compile", by="linker")])
    link(c, "compile", "compiler", files("src"), files("app"))


@case("sublayouts", "layout-keyid")
def invalid_key(c):
    """A key of a sublayout under another name than its own."""
    simple(c, keys={c.id("compiler"): c.entry("compiler"), c.id("linker"): {**c.entry("linker"), "keyid": "x"}})


# Rules

BROKEN = [
    (
        "product",
        "rule-disallow",
        {},
        {"compile_": (files("src"), files("obj", "backdoor"))},
        "A rule of a sublayout is broken.",
    ),
    (
        "between-steps",
        "rule-disallow",
        {},
        {"link_": ({"obj": digest("evil")}, files("app"))},
        "What a step of a sublayout used is not what the one before it made.",
    ),
    (
        "require",
        "rule-require",
        {"link": {"expected_products": [["REQUIRE", "app.map"]]}},
        {},
        "A product that a sublayout requires is not there.",
    ),
    (
        "outer-product",
        "rule-disallow",
        {},
        {"link_": (files("obj"), files("app", "backdoor"))},
        "The last step of a sublayout made what the root layout does not allow.",
    ),
    (
        "outer-material",
        "rule-disallow",
        {},
        {"compile_": (files("src", "evil"), files("obj"))},
        "The first step of a sublayout used what the root layout does not allow.",
    ),
]
for name, expect, steps, links, why in BROKEN:
    add(
        "sublayouts",
        f"broken-{name}",
        why,
        expect,
        lambda c, steps=steps, links=links: simple(c, steps=steps, links=links),
    )


@case("sublayouts", "verified")
def inner_products_are_not_seen(c):
    """What comes and goes inside a sublayout is not seen outside."""
    outer(c)
    sub(c, [c.step("compile", by="compiler"), c.step("link", by="linker")])
    link(c, "compile", "compiler", files("src"), files("obj", "log", "map"))
    link(c, "link", "linker", files("obj", "log", "map"), files("app"))


@case("sublayouts", "rule-require")
def inner_products_do_not_do(c):
    """A product of a sublayout's first step is none of the step outside."""
    simple(c, root={"expected_products": [["REQUIRE", "obj"]]})


@case("sublayouts", "rule-require")
def inner_materials_do_not_do(c):
    """A material of a sublayout's last step is none of the step outside."""
    simple(c, root={"expected_materials": [["REQUIRE", "obj"]]})


@case("sublayouts", "verified")
def matched_by_another_step(c):
    """A later step outside is matched with what the sublayout made."""
    test = c.step("test", by="tester", expected_materials=[["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], DENY])
    outer(c, steps=[test], keys=("builder", "tester"))
    sub(c, two_inner_steps(c))
    inner_links(c)
    c.put_link(c.link("test", files("app")), by="tester")


@case("sublayouts", "rule-disallow")
def matched_by_another_step_that_differs(c):
    """A later step outside used something else than the sublayout made."""
    test = c.step("test", by="tester", expected_materials=[["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], DENY])
    outer(c, steps=[test], keys=("builder", "tester"))
    sub(c, two_inner_steps(c))
    inner_links(c)
    c.put_link(c.link("test", {"app": digest("evil")}), by="tester")


@case("sublayouts", "rule-disallow")
def inner_rule_names_an_outer_step(c):
    """A sublayout's rules know its own steps: one of the layout around it does not exist for them."""
    rules = {"compile": {"expected_materials": [["MATCH", "src", "WITH", "PRODUCTS", "FROM", "fetch"], DENY]}}
    fetch = c.step("fetch", by="fetcher")
    outer(c, steps=[fetch], keys=("builder", "fetcher"))
    c.put_link(c.link("fetch", products=files("src")), by="fetcher")
    sub(c, two_inner_steps(c, **rules))
    inner_links(c)


@case("sublayouts", "rule-disallow")
def outer_rule_names_an_inner_step(c):
    """The root layout's rules do not know the steps of a sublayout."""
    simple(c, root={"expected_products": [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "link"], DENY]})


@case("sublayouts", "verified")
def same_names_inside_and_outside(c):
    """Steps inside may be called as steps outside: each layout knows its own."""
    test = c.step("test", by="tester", expected_materials=[["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], DENY])
    outer(c, steps=[test], keys=("builder", "tester"))
    rules = [["MATCH", "obj", "WITH", "PRODUCTS", "FROM", "test"], DENY]
    sub(c, [c.step("test", by="compiler"), c.step("build", by="linker", expected_materials=rules)])
    link(c, "test", "compiler", files("src"), files("obj"))
    link(c, "build", "linker", files("obj"), files("app"))
    c.put_link(c.link("test", files("app")), by="tester")


@case("sublayouts", "link-missing")
def same_name_and_key_outside(c):
    """A link of the root layout is none of a sublayout's step of the same name by the same key."""
    outer(c, steps=[c.step("compile", by="compiler")], keys=("builder", "compiler"))
    sub(c, [c.step("compile", by="compiler")])
    c.put_link(c.link("compile", files("src"), files("app")), by="compiler")


@case("sublayouts", "link-missing")
def same_name_and_key_inside(c):
    """A link of a sublayout is none of the root layout's step of the same name by the same key."""
    outer(c, steps=[c.step("compile", by="compiler")], keys=("builder", "compiler"))
    sub(c, [c.step("compile", by="compiler")])
    link(c, "compile", "compiler", files("src"), files("app"))
