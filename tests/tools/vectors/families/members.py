"""members: what a layout, a step, an inspection and a link have to have, and of which type."""

from case import DSSE, METABLOCK, OMIT, add, case, digest, one
from jsontext import Raw

NO_STRINGS = [
    ("text", "make"),
    ("number", 1),
    ("null", None),
    ("object", {}),
    ("list-with-number", ["make", 1]),
    ("list-with-list", [["make"]]),
]
JUST_WRONG = {"expires": (), "keys": [[], "x", None], "steps": [{}, "x", None], "inspect": [{}, "x", None]}


def layout_with(name, value):
    return lambda c: c.simple(layout={name: value})


def step_with(**members):
    return lambda c: c.simple(step=members)


def link_with(**members):
    return lambda c: c.simple(link=members)


def kind(value):
    return {dict: "object", list: "list", str: "text", type(None): "null", int: "number", bool: "truth"}[type(value)]


for name, expect in [
    ("_type", "layout-type"),
    ("expires", "layout-member"),
    ("keys", "layout-member"),
    ("steps", "layout-member"),
    ("inspect", "layout-member"),
]:
    add(
        "members",
        f"layout-without-{name.strip('_')}",
        f"A layout has to have `{name}`.",
        expect,
        layout_with(name, OMIT),
    )
add("members", "layout-without-readme", "A layout need not have a readme.", "verified", layout_with("readme", OMIT))

for name, values in JUST_WRONG.items():
    for value in values:
        add(
            "members",
            f"layout-{name}-is-{kind(value)}",
            f"A layout's `{name}` of another type is none.",
            "layout-member",
            layout_with(name, value),
        )

for value in ["link", "Layout", "", 1, None, "https://in-toto.io/Layout/v0.1"]:
    name = {"link": "link", "Layout": "capital", "": "empty", 1: "number", None: "null"}.get(value, "uri")
    add(
        "members",
        f"layout-type-is-{name}",
        f"What says that it is {value!r} is no layout.",
        "layout-type",
        layout_with("_type", value),
    )

for name in ["name", "pubkeys", "expected_materials", "expected_products", "threshold"]:
    add(
        "members",
        f"step-without-{name.replace('_', '-')}",
        f"A step has to have `{name}`.",
        "layout-member",
        step_with(**{name: OMIT}),
    )
add("members", "step-without-type", "A step need not say that it is one.", "verified", step_with(_type=OMIT))
add(
    "members", "step-without-command", "A step need not expect a command.", "verified", step_with(expected_command=OMIT)
)

for value in ["build", 1, None, []]:
    add("members", f"step-is-{kind(value)}", "A step is an object.", "layout-member", layout_with("steps", [value]))
for name, value in NO_STRINGS:
    add(
        "members",
        f"step-command-is-{name}",
        "A step's command is a list of strings.",
        "layout-member",
        step_with(expected_command=value),
    )
for name, value in [("number", 7), ("null", None), ("list", ["build"])]:
    add("members", f"step-name-is-{name}", "A step's name is a string.", "layout-member", step_with(name=value))
for name, value in [("text", "builder"), ("null", None), ("object", {}), ("list-with-number", [1])]:
    add(
        "members",
        f"step-pubkeys-is-{name}",
        "The keys of a step are a list of strings.",
        "layout-member",
        step_with(pubkeys=value),
    )
for name, value in [("text", "ALLOW *"), ("null", None), ("object", {})]:
    for rules in ["materials", "products"]:
        add(
            "members",
            f"step-{rules}-is-{name}",
            "The rules of a step are lists.",
            "layout-member",
            step_with(**{f"expected_{rules}": value}),
            lambda name: one(name),
        )


def inspection_with(**members):
    return lambda c: c.simple(layout={"inspect": [c.inspection("look", **members)]})


for name, value in NO_STRINGS:
    add(
        "members",
        f"inspection-run-is-{name}",
        "What an inspection runs is a list of strings.",
        "layout-member",
        inspection_with(run=value),
        lambda name: one(name),
    )
add(
    "members",
    "inspection-without-name",
    "An inspection has to have a name.",
    "layout-member",
    inspection_with(name=OMIT),
)
add("members", "inspection-is-text", "An inspection is an object.", "layout-member", layout_with("inspect", ["look"]))
add(
    "members",
    "inspection-materials-is-text",
    "The rules of an inspection are lists.",
    "layout-member",
    inspection_with(expected_materials="ALLOW *"),
)

# Thresholds

for name, value in [
    ("zero", 0),
    ("negative", -1),
    ("text", "1"),
    ("true", True),
    ("null", None),
    ("list", [1]),
    ("huge-negative", -(2**64) + 1),
]:
    add(
        "members",
        f"threshold-is-{name}",
        f"A threshold is an integer of 1 or more, not {value!r}.",
        "layout-threshold",
        step_with(threshold=value),
    )
for name, value in [("1.0", "fraction"), ("1e0", "exponent"), ("1.5", "between")]:
    why = f"A threshold is an integer, and {name} is written as something else."
    add(
        "members",
        f"threshold-is-{value}",
        why,
        "layout-threshold",
        step_with(threshold=Raw(name)),
        lambda name: one(name, DSSE),
    )
for name, value in [
    ("more-than-keys", 2),
    ("beyond-32-bits", 2**32 + 1),
    ("beyond-64-bits", 2**64 + 1),
    ("of-forty-digits", 10**39),
]:
    why = f"A threshold of {value} is an integer that no number of keys reaches: it must not wrap around."
    add("members", f"threshold-{name}", why, "threshold-not-met", step_with(threshold=value))

# Links

for name in ["name", "materials", "products"]:
    add(
        "members",
        f"link-without-{name}",
        f"A link without `{name}` is none.",
        "link-missing",
        link_with(**{name: OMIT}),
        warnings=["link-member"],
    )
for name in ["byproducts", "command", "environment"]:
    add("members", f"link-without-{name}", f"A link need not have `{name}`.", "verified", link_with(**{name: OMIT}))
for value in [OMIT, "Link", "step", "", 1, None]:
    name = {OMIT: "missing", "Link": "capital", "step": "step", "": "empty", 1: "number", None: "null"}[value]
    add(
        "members",
        f"link-type-is-{name}",
        "What does not say that it is a link is none.",
        "link-missing",
        link_with(_type=value),
        warnings=["link-type"],
    )
for name, value in [("number", 1), ("null", None), ("list", ["build"])]:
    add(
        "members",
        f"link-name-is-{name}",
        "The name of a link is a string.",
        "link-missing",
        link_with(name=value),
        lambda name: one(name),
        warnings=["link-member"],
    )
for name, value in [
    ("list", []),
    ("null", None),
    ("text", "app"),
    ("list-of-descriptors", [{"name": "app", "digest": digest("app")}]),
]:
    for artifacts in ["materials", "products"]:
        add(
            "members",
            f"link-{artifacts}-is-{name}",
            f"The {artifacts} of a link are an object.",
            "link-missing",
            link_with(**{artifacts: value}),
            lambda name: one(name),
            warnings=["link-member"],
        )
for name, value in [
    ("text", digest("app")["sha256"]),
    ("null", None),
    ("list", [digest("app")]),
    ("with-number", {"sha256": 1}),
    ("with-object", {"sha256": {}}),
]:
    add(
        "members",
        f"digest-set-is-{name}",
        "A digest set is an object of strings.",
        "link-missing",
        link_with(products={"app": value}),
        lambda name: one(name),
        warnings=["link-member"],
    )
for name, value in NO_STRINGS:
    add(
        "members",
        f"link-command-is-{name}",
        "The command of a link is a list of strings.",
        "link-missing",
        link_with(command=value),
        lambda name: one(name),
        warnings=["link-member"],
    )
for name, value in [("text", "0"), ("null", None), ("list", [])]:
    add(
        "members",
        f"link-byproducts-is-{name}",
        "The byproducts of a link are an object.",
        "link-missing",
        link_with(byproducts=value),
        lambda name: one(name),
        warnings=["link-member"],
    )


# Commands and return values


def command(expect, expected, actual, *warnings):
    def make(c):
        c.warns(*warnings)
        c.simple(step={"expected_command": expected}, link={"command": actual})

    return make


COMMANDS = [
    (
        "command-as-expected",
        "The command that was expected is worth no word.",
        ["make", "-j", "all"],
        ["make", "-j", "all"],
        False,
    ),
    ("command-not-expected", "A step that expects no command is content with any.", [], ["rm", "-rf", "/"], False),
    ("command-shorter", "A word less than expected is another command.", ["make", "all"], ["make"], True),
    ("command-longer", "A word more than expected is another command.", ["make"], ["make", "all"], True),
    (
        "command-split-otherwise",
        "The words of a command are not joined before they are compared.",
        ["make all"],
        ["make", "all"],
        True,
    ),
    ("command-in-capitals", "Commands are compared letter by letter.", ["make"], ["Make"], True),
    ("command-empty", "No command at all differs from the one that was expected.", ["make"], [], True),
    ("command-missing", "A link without a command differs from what was expected.", ["make"], OMIT, True),
]
for name, why, expected, actual, differs in COMMANDS:
    add(
        "members",
        name,
        why,
        "verified",
        command("verified", expected, actual, *(["command-differs"] if differs else [])),
    )

RETURNS = [
    ("one", 1, True),
    ("negative", -9, True),
    ("huge", 2**40, True),
    ("zero", 0, False),
    ("missing", OMIT, False),
]
for name, value, warns in RETURNS:
    why = f"A return value that is {'not 0 is worth a warning' if warns else 'missing' if value is OMIT else '0 is worth no word'}."

    def make(c, value=value, warns=warns):
        c.warns(*(["return-value"] if warns else []))
        c.simple(link={"byproducts": {} if value is OMIT else {"return-value": value}})

    add("members", f"return-value-{name}", why, "verified", make)
add(
    "members",
    "return-value-zero-as-fraction",
    "A return value of 0.0 is 0.",
    "verified",
    link_with(byproducts={"return-value": Raw("0.0")}),
    lambda name: one(name, DSSE),
)


@case("members", "verified", warnings=["command-differs", "return-value"])
def warnings_of_both_links(c):
    """Every link that counts is looked at: the first has another command, the second another return value."""
    rules = {"by": ("builder", "second-builder"), "threshold": 2, "expected_command": ["make"]}
    c.put_layout(c.layout([c.step("build", **rules)], keys=("builder", "second-builder")))
    c.put_link(c.link("build", command=["cc"]))
    c.put_link(c.link("build", command=["make"], byproducts={"return-value": 1}), by="second-builder")


@case("members", "verified", METABLOCK[:1] + DSSE[:1], warnings=["link-signature"])
def no_warning_of_a_link_that_does_not_count(c):
    """What a badly signed link says about its command is nobody's word."""
    rules = {"by": ("builder", "second-builder"), "expected_command": ["make"]}
    c.put_layout(c.layout([c.step("build", **rules)], keys=("builder", "second-builder")))
    c.put_link(c.link("build", command=["make"]))
    c.put_link(c.link("build", command=["cc"]), by="stranger", path=c.file_name("build", "second-builder"))
