"""parameters: values for the names in braces of a layout's rules and commands."""

from case import add, case, digest, files

DENY = ["DISALLOW", "*"]
SHA = digest("content")


def with_rules(
    expect, name, why, params, rules, products=None, materials=None, list_="expected_products", earlier=None, **more
):
    """A step `build` under these rules, after a step `fetch`."""

    def make(c):
        if params is not None:
            c.more["params"] = params
        c.put_layout(c.layout([c.step("fetch"), c.step("build", **{list_: rules})]))
        c.put_link(c.link("fetch", products=earlier or {}))
        c.put_link(c.link("build", materials or {}, products or {}))

    add("parameters", name, why, expect, make, **more)


ALLOW = [["ALLOW", "{x}"], DENY]
with_rules("verified", "defined", "A name in braces stands for its value.", {"x": "app"}, ALLOW, files("app"))
with_rules(
    "rule-disallow",
    "another-value",
    "A name in braces stands for its value and nothing else.",
    {"x": "other"},
    ALLOW,
    files("app"),
)
with_rules(
    "verified",
    "inside-a-word",
    "A name may stand anywhere in a word.",
    {"version": "1.2"},
    [["ALLOW", "app-{version}.tar"], DENY],
    files("app-1.2.tar"),
)
with_rules(
    "verified",
    "twice-in-a-word",
    "A name may stand several times.",
    {"x": "a"},
    [["ALLOW", "{x}/{x}{x}"], DENY],
    files("a/aa"),
)
with_rules(
    "verified",
    "two-names",
    "Several names in one word.",
    {"a": "1", "b": "2"},
    [["ALLOW", "{a}{b}{a}"], DENY],
    files("121"),
)
with_rules("verified", "empty-value", "A value may be empty.", {"x": ""}, [["ALLOW", "app{x}"], DENY], files("app"))
with_rules(
    "verified",
    "unused",
    "A value that nobody asks for does no harm.",
    {"x": "y"},
    [["ALLOW", "app"], DENY],
    files("app"),
)
with_rules(
    "verified",
    "every-letter-of-a-name",
    "Names are letters, digits, underscores and hyphens.",
    {"aZ_-09": "app"},
    [["ALLOW", "{aZ_-09}"], DENY],
    files("app"),
)
with_rules(
    "verified", "digit-for-a-name", "A name may be a number.", {"0": "app"}, [["ALLOW", "{0}"], DENY], files("app")
)
with_rules(
    "parameter-undefined",
    "undefined",
    "Where any value is given, every name needs one.",
    {"x": "app"},
    [["ALLOW", "{y}"]],
    files("app"),
)
with_rules(
    "parameter-undefined", "other-letters", "Names are compared letter by letter.", {"X": "app"}, ALLOW, files("app")
)
with_rules(
    "parameter-undefined",
    "undefined-beside-defined",
    "One name of two is not defined.",
    {"x": "app"},
    [["ALLOW", "{x}{y}"]],
    files("app"),
)
with_rules(
    "parameter-undefined",
    "undefined-in-materials",
    "Names are looked for in the rules of materials.",
    {"x": "app"},
    [["ALLOW", "{y}"]],
    list_="expected_materials",
)
with_rules(
    "parameter-undefined",
    "undefined-though-nothing-matches",
    "A name has to be defined even where its rule has nothing to do.",
    {"x": "app"},
    [["ALLOW", "*"], ["ALLOW", "{y}"]],
)
with_rules("verified", "none-given", "Without any value braces are text.", None, ALLOW, files("{x}"))
with_rules(
    "rule-disallow",
    "none-given-and-no-braces",
    "Without any value braces are text, and match no other.",
    None,
    ALLOW,
    files("x"),
)
with_rules(
    "verified",
    "value-not-scanned",
    "A value is not looked through for further names.",
    {"x": "{y}", "y": "z"},
    ALLOW,
    files("{y}"),
)
with_rules(
    "verified",
    "value-with-undefined-name",
    "A value is not looked through, so what looks like a name in it need not be defined.",
    {"x": "{nowhere}"},
    ALLOW,
    files("{nowhere}"),
)
with_rules(
    "verified",
    "value-with-itself",
    "A value that has its own name in it is put in once.",
    {"x": "{x}{x}"},
    ALLOW,
    files("{x}{x}"),
)
with_rules(
    "verified",
    "value-that-completes-a-name",
    "A value that makes a name with what stands around it is not looked at again.",
    {"x": "{y", "y": "z"},
    [["ALLOW", "{x}}"], DENY],
    files("{y}"),
)
with_rules(
    "verified",
    "value-with-glob",
    "A value may hold glob characters, and they work.",
    {"x": "src/*"},
    ALLOW,
    files("src/a", "src/b"),
)
with_rules("verified", "value-with-class", "A value may hold a class.", {"x": "[ab]"}, ALLOW, files("a", "b"))
with_rules(
    "verified",
    "value-with-part-of-a-class",
    "Pattern and value together make the class.",
    {"x": "ab"},
    [["ALLOW", "[{x}]"], DENY],
    files("a", "b"),
)
with_rules(
    "verified",
    "value-of-any-characters",
    "A value is any text.",
    {"x": 'a "b\\c"\u00fc\U0001f600\n'},
    ALLOW,
    files('a "b\\c"\u00fc\U0001f600\n'),
)
with_rules("verified", "value-with-equals-sign", "A value may hold an equals sign.", {"x": "a=b"}, ALLOW, files("a=b"))
for name, text in [
    ("nothing", "{}"),
    ("a-space", "{a b}"),
    ("a-full-stop", "{a.b}"),
    ("a-comma", "{a,b}"),
    ("only-opening", "{a"),
    ("only-closing", "a}"),
    ("a-line-feed", "{a\n}"),
    ("beyond-ascii", "{\u00fc}"),
    ("a-colon", "{a:b}"),
]:
    why = f"Braces around what is no name are text: {text!r}."
    with_rules(
        "verified",
        f"braces-around-{name}".replace("around-only", "that-only-are"),
        why,
        {"a": "x", "b": "y"},
        [["ALLOW", text], DENY],
        files(text),
    )
with_rules(
    "verified",
    "braces-around-braces",
    "The innermost braces are the name's.",
    {"x": "app"},
    [["ALLOW", "{{x}}"], DENY],
    files("{app}"),
)
with_rules(
    "verified", "brace-before", "A brace before a name is text.", {"x": "app"}, [["ALLOW", "{{x}"], DENY], files("{app")
)

# Where names are looked for

MATCH = lambda source, target, step: [
    ["MATCH", "*", "IN", source, "WITH", "PRODUCTS", "IN", target, "FROM", step],
    DENY,
]  # noqa: E731
with_rules(
    "verified",
    "in-prefixes",
    "Names in prefixes.",
    {"a": "in", "b": "out"},
    MATCH("{a}", "x/{b}", "fetch"),
    materials={"in/f": SHA},
    earlier={"x/out/f": SHA},
    list_="expected_materials",
)
with_rules(
    "verified",
    "in-the-name-of-a-step",
    "Names in the step that MATCH names.",
    {"s": "fetch"},
    MATCH("a", "b", "{s}"),
    materials={"a/f": SHA},
    earlier={"b/f": SHA},
    list_="expected_materials",
)
with_rules(
    "rule-disallow",
    "in-the-name-of-a-step-that-is-not",
    "Values can name a step that does not exist, which made nothing.",
    {"s": "other"},
    MATCH("a", "b", "{s}"),
    materials={"a/f": SHA},
    earlier={"b/f": SHA},
    list_="expected_materials",
)
with_rules(
    "layout-prefix",
    "prefix-that-leads-up",
    "With its value the prefix is no normalised path.",
    {"a": "x/../y"},
    MATCH("{a}", "b", "fetch"),
    list_="expected_materials",
)
with_rules(
    "layout-prefix",
    "prefix-that-is-empty",
    "With its value the prefix is empty.",
    {"a": ""},
    MATCH("a", "{a}", "fetch"),
    list_="expected_materials",
)
with_rules(
    "verified",
    "prefix-with-slash",
    "With its value the prefix ends in a slash, which is dropped.",
    {"a": "in/"},
    MATCH("{a}", "b", "fetch"),
    materials={"in/f": SHA},
    earlier={"b/f": SHA},
    list_="expected_materials",
)
with_rules(
    "verified",
    "prefix-with-glob",
    "A prefix stays literal where its value has glob characters.",
    {"a": "i*"},
    MATCH("{a}", "b", "fetch"),
    materials={"i*/f": SHA},
    earlier={"b/f": SHA},
    list_="expected_materials",
)
with_rules(
    "parameter-undefined",
    "undefined-in-a-prefix",
    "Names in prefixes have to be defined.",
    {"a": "x"},
    MATCH("a", "{b}", "fetch"),
    list_="expected_materials",
)
with_rules(
    "parameter-undefined",
    "undefined-in-the-name-of-a-step",
    "Names in a step that MATCH names have to be defined.",
    {"a": "x"},
    MATCH("a", "b", "{s}"),
    list_="expected_materials",
)
with_rules("verified", "in-require", "Names in REQUIRE.", {"x": "app"}, [["REQUIRE", "{x}"]], files("app"))
with_rules(
    "rule-require",
    "in-require-literal",
    "REQUIRE stays literal where the value has glob characters.",
    {"x": "*"},
    [["REQUIRE", "{x}"]],
    files("app"),
)
with_rules("rule-disallow", "in-disallow", "Names in DISALLOW.", {"x": "a*"}, [["DISALLOW", "{x}"]], files("app"))
with_rules("verified", "in-create", "Names in CREATE.", {"x": "a*"}, [["CREATE", "{x}"], DENY], files("app"))
with_rules(
    "verified",
    "in-modify",
    "Names in MODIFY.",
    {"x": "a*"},
    [["MODIFY", "{x}"], DENY],
    {"app": SHA},
    {"app": digest("other")},
)
with_rules(
    "verified",
    "in-delete",
    "Names in DELETE.",
    {"x": "a*"},
    [["DELETE", "{x}"], DENY],
    materials=files("app"),
    list_="expected_materials",
)


@case("parameters", "verified")
def in_the_expected_command(c):
    """Names in the expected command."""
    c.more["params"] = {"target": "all"}
    c.simple(step={"expected_command": ["make", "--{target}", "{target}"]}, link={"command": ["make", "--all", "all"]})


@case("parameters", "verified", warnings=["command-differs"])
def in_the_expected_command_that_differs(c):
    """With its value the expected command is another."""
    c.more["params"] = {"target": "all"}
    c.simple(step={"expected_command": ["make", "{target}"]}, link={"command": ["make", "{target}"]})


@case("parameters", "verified")
def none_given_for_the_command(c):
    """Without any value braces in a command are text."""
    c.simple(step={"expected_command": ["make", "{target}"]}, link={"command": ["make", "{target}"]})


@case("parameters", "verified", warnings=["command-differs"])
def value_is_one_word(c):
    """A value with a space stays one word of the command."""
    c.more["params"] = {"x": "a b"}
    c.simple(step={"expected_command": ["make", "{x}"]}, link={"command": ["make", "a", "b"]})


@case("parameters", "parameter-undefined")
def undefined_in_a_command(c):
    """Names in a command have to be defined, though it is only warned about."""
    c.more["params"] = {"x": "y"}
    c.simple(step={"expected_command": ["make", "{target}"]})


@case("parameters", "parameter-undefined", inspections="skip")
def undefined_in_run(c):
    """Names in what an inspection runs have to be defined, though it is left out here."""
    c.more["params"] = {"x": "y"}
    c.simple(layout={"inspect": [c.inspection("look", run=["ls", "{directory}"])]})


@case("parameters", "parameter-undefined", inspections="skip")
def undefined_in_the_rules_of_an_inspection(c):
    """Names in an inspection's rules have to be defined, though it is left out here."""
    c.more["params"] = {"x": "y"}
    c.simple(layout={"inspect": [c.inspection("look", expected_products=[["ALLOW", "{z}"]])]})


@case("parameters", "verified")
def not_in_names_of_steps(c):
    """The names of steps are not looked through."""
    c.more["params"] = {"x": "y"}
    c.put_layout(c.layout([c.step("{s}")]))
    c.put_link(c.link("{s}"))


@case("parameters", "verified")
def not_in_other_members(c):
    """Readme, and members that nobody knows, are not looked through."""
    c.more["params"] = {"x": "y"}
    c.simple(
        layout={"readme": "{a}", "note": "{b}"},
        step={"note": ["{c}"]},
        link={"command": ["{d}"], "environment": {"{e}": "{f}"}},
    )


@case("parameters", "verified")
def not_in_links(c):
    """Links are not looked through: their artifacts have the names that they have."""
    c.more["params"] = {"x": "app"}
    c.simple(step={"expected_products": [["ALLOW", "[{]?}"], DENY]}, link={"products": files("{x}")})
    # `[{]?}` is no name in braces, and matches the three characters.


@case("parameters", "layout-rule")
def keyword_in_braces(c):
    """A keyword is what the layout says: a name in its place is no rule."""
    c.more["params"] = {"k": "ALLOW"}
    c.simple(step={"expected_products": [["{k}", "*"]]})


@case("parameters", "layout-expired")
def expiry_before_parameters(c):
    """A layout that has expired is told before a name that is not defined."""
    c.more["params"] = {"x": "y"}
    c.simple(layout={"expires": "2026-01-01T00:00:00Z"}, step={"expected_products": [["ALLOW", "{z}"]]})


@case("parameters", "parameter-undefined")
def parameters_before_evidence(c):
    """A name that is not defined is told before a link that is missing."""
    c.more["params"] = {"x": "y"}
    c.put_layout(c.layout([c.step("build", expected_products=[["ALLOW", "{z}"]])]))


def inner(c, rules, products, params):
    """A step that a sublayout stands in for, whose own step has these rules."""
    c.more["params"] = params
    c.put_layout(c.layout([c.step("build", expected_products=[["ALLOW", "{x}"], ["ALLOW", "[{]x}"], DENY])]))
    sub = c.layout([c.step("compile", by="compiler", expected_products=rules)], keys=("compiler",))
    path = c.file_name("build", "builder")
    c.put(path, sub, by="builder")
    name = c.file_name("compile", "compiler")
    c.put(f"{path.removesuffix('.link')}/{name}", c.link("compile", products=products), by="compiler")


@case("parameters", "verified")
def none_for_sublayouts(c):
    """A sublayout gets no values: its braces are text."""
    inner(c, [["ALLOW", "{x}"], DENY], files("{x}"), {"x": "app"})


@case("parameters", "rule-disallow")
def no_value_in_sublayouts(c):
    """A sublayout gets no values: a name there does not stand for the root's value."""
    inner(c, [["ALLOW", "{x}"], DENY], files("app"), {"x": "app"})


@case("parameters", "verified")
def undefined_in_a_sublayout(c):
    """A sublayout gets no values, so none of its names has to be defined."""
    inner(c, [["ALLOW", "{nowhere}"], ["ALLOW", "*"]], files("app"), {"x": "app"})
