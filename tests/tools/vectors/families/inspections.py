"""inspections: commands that the verifier runs, and what they see. In every case the files of the directory `target` are those that are seen."""

import posixpath

from case import add, case, files

DENY = ["DISALLOW", "*"]
FROM_BUILD = [["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], DENY]


def looked(name, why, expect, *inspections, target=None, products=None, absent=(), **more):
    """A chain of one step that made `app`, and inspections as members by name."""

    def make(c):
        c.more["run_inspections"] = "target"
        if absent:
            c.more["absent"] = list(absent)
        inspect = [c.inspection(called, **members) for called, members in inspections]
        c.put_layout(c.layout([c.step("build", expected_products=[["CREATE", "app"], DENY])], inspect=inspect))
        c.put_link(c.link("build", products=products or files("app")))
        for path, content in (target if target is not None else {"app": "app"}).items():
            c.files[posixpath.normpath(f"target/{path}")] = content

    add("inspections", name, why, expect, make, **more)


def shell(script):
    return ["sh", "-c", script]


looked(
    "command-succeeds",
    "A command that returns 0.",
    "verified",
    ("look", {"expected_materials": FROM_BUILD, "expected_products": FROM_BUILD}),
)
looked("command-fails", "A command that returns something else.", "inspection-failed", ("look", {"run": ["false"]}))
looked("command-returns-three", "Any value but 0 fails.", "inspection-failed", ("look", {"run": shell("exit 3")}))
looked(
    "command-killed",
    "A command that a signal ends has failed.",
    "inspection-failed",
    ("look", {"run": shell("kill -9 $$")}),
)
looked(
    "no-such-command",
    "A command that does not exist cannot be tried.",
    "unreadable",
    ("look", {"run": ["no-such-command-7f3a"]}),
    says="cannot start",
)
looked(
    "nothing-to-run",
    "An empty command runs nothing, and the rules are applied to the target directory.",
    "verified",
    ("look", {"run": [], "expected_materials": FROM_BUILD, "expected_products": FROM_BUILD}),
)
looked(
    "nothing-to-run-and-a-file-too-much",
    "An empty command runs nothing, and the rules see a file too much.",
    "rule-disallow",
    ("look", {"run": [], "expected_materials": FROM_BUILD}),
    target={"app": "app", "evil": "evil"},
)
looked(
    "other-content",
    "A file that is not what the step made.",
    "rule-disallow",
    ("look", {"expected_materials": FROM_BUILD}),
    target={"app": "evil"},
)
looked(
    "file-missing",
    "A file that is required and not there.",
    "rule-require",
    ("look", {"expected_materials": [["REQUIRE", "app"]]}),
    target={"other": "other"},
)
looked(
    "hidden-file",
    "Hidden files are seen.",
    "rule-disallow",
    ("look", {"run": [], "expected_materials": FROM_BUILD}),
    target={"app": "app", ".hidden": ""},
)
looked(
    "hidden-directory",
    "Files in hidden directories are seen.",
    "rule-disallow",
    ("look", {"run": [], "expected_materials": FROM_BUILD}),
    target={"app": "app", ".hidden/config": ""},
)
looked(
    "deep-file",
    "Files in directories are seen by their whole path.",
    "verified",
    ("look", {"run": [], "expected_materials": [["REQUIRE", "a/b/c"], ["ALLOW", "a/b/c"], *FROM_BUILD]}),
    target={"app": "app", "a/b/c": ""},
)
looked(
    "link-that-was-not-loaded",
    "A file is left out because it was loaded, not because of its name: this link was not.",
    "rule-disallow",
    ("look", {"run": [], "expected_materials": FROM_BUILD}),
    target={"app": "app", "build.00000000.link": "{}"},
)
looked(
    "layout-that-was-not-loaded",
    "Another file that is called as the layout is seen.",
    "rule-disallow",
    ("look", {"run": [], "expected_materials": FROM_BUILD}),
    target={"app": "app", "root.layout": "{}"},
)

# Symbolic links, which a command makes as they could have been there

ANY = {"expected_products": [["ALLOW", "app"], ["DISALLOW", "*evil*"], ["ALLOW", "*"]]}
NEVER = {"expected_products": [["ALLOW", "app"], DENY]}
OUT = {"../elsewhere/evil.so": "evil", "app": "app"}


def linked(name, why, expect, links, rules, target=None, **more):
    """A directory with symbolic links, of which the rules see the products."""
    script = " && ".join(f"ln -s {to} {called}" for called, to in links.items())
    looked(name, why, expect, ("look", {"run": shell(script), **rules}), target=target or {"app": "app"}, **more)


linked(
    "link-to-a-file",
    "A symbolic link to a file is seen as that file.",
    "rule-disallow",
    {"other": "app"},
    NEVER,
)
linked(
    "link-to-a-directory",
    "What is in a directory is seen through a symbolic link as well, under that name.",
    "verified",
    {"lib": "d"},
    {"expected_products": [["REQUIRE", "d/x"], ["REQUIRE", "lib/x"], ["ALLOW", "?*/x"], ["ALLOW", "app"], DENY]},
    target={"app": "app", "d/x": "x"},
)
linked(
    "link-to-a-directory-disallowed",
    "A rule about the name that a symbolic link gives is about what it leads to.",
    "rule-disallow",
    {"lib": "d"},
    {"expected_products": [["DISALLOW", "lib/*"]]},
    target={"app": "app", "d/x": "x"},
)
linked(
    "link-to-a-link-to-a-directory",
    "Symbolic links are followed as far as they lead.",
    "rule-disallow",
    {"one": "d", "two": "one"},
    {"expected_products": [["DISALLOW", "two/e/x"]]},
    target={"app": "app", "d/e/x": "x"},
)
linked(
    "link-out-of-the-directory",
    "A symbolic link to a directory elsewhere is an error: what is there may be anything.",
    "unreadable",
    {"lib": "../elsewhere"},
    {"expected_products": [["ALLOW", "*"]]},
    target=OUT,
    says="it leads out of the directory that is recorded",
)
linked(
    "link-out-of-the-directory-allowed",
    "Where it is allowed, what lies elsewhere is seen and not only let be.",
    "rule-disallow",
    {"lib": "../elsewhere"},
    ANY,
    target=OUT,
    inspection_links=["outside"],
)
linked(
    "link-out-of-the-directory-allowed-and-expected",
    "What lies elsewhere is named as it is reached.",
    "verified",
    {"lib": "../elsewhere"},
    {"expected_products": [["REQUIRE", "lib/evil.so"], ["CREATE", "lib/evil.so"], ["ALLOW", "app"], DENY]},
    target=OUT,
    inspection_links=["outside"],
)
linked(
    "link-out-of-the-directory-to-a-file",
    "A symbolic link to a file elsewhere is seen as that file.",
    "rule-disallow",
    {"evil": "../elsewhere/evil.so"},
    ANY,
    target=OUT,
)
linked(
    "loop",
    "A symbolic link to a directory that it is in is an error: names would have no end.",
    "unreadable",
    {"d/up": ".."},
    {"expected_products": [["ALLOW", "*"]]},
    target={"app": "app", "d/x": "x"},
    says="lead back to a directory that it is in",
)
linked(
    "loop-allowed",
    "Where it is allowed, a symbolic link that leads back adds no names.",
    "verified",
    {"d/up": ".."},
    {"expected_products": [["ALLOW", "app"], ["ALLOW", "d/x"], DENY]},
    target={"app": "app", "d/x": "x"},
    inspection_links=["loops"],
)
linked(
    "loop-is-no-way-out",
    "That loops are allowed allows no link that leads out.",
    "unreadable",
    {"lib": "../elsewhere"},
    {"expected_products": [["ALLOW", "*"]]},
    target=OUT,
    inspection_links=["loops"],
    says="it leads out of the directory that is recorded",
)
linked(
    "link-to-nowhere",
    "A symbolic link that leads nowhere is nothing that could be seen.",
    "verified",
    {"broken": "nowhere"},
    NEVER,
)

# What is left out by name

looked(
    "excluded-file",
    "A file that whoever verifies leaves out is not seen.",
    "verified",
    ("look", {"run": [], "expected_materials": FROM_BUILD}),
    target={"app": "app", "look.link": "{}"},
    inspection_exclude=["look.link"],
)
looked(
    "excluded-file-of-another-name",
    "A file is left out by its whole name.",
    "rule-disallow",
    ("look", {"run": [], "expected_materials": FROM_BUILD}),
    target={"app": "app", "a/look.link": "{}"},
    inspection_exclude=["look.link"],
)
looked(
    "excluded-directory",
    "With a directory, all that is in it is left out, and nothing beside it.",
    "verified",
    ("look", {"run": [], "expected_materials": [["ALLOW", "ab"], *FROM_BUILD]}),
    target={"app": "app", "a/b/c": "", "ab": ""},
    inspection_exclude=["a/"],
)
looked(
    "excluded-by-no-pattern",
    "What is left out is a name and no pattern.",
    "rule-disallow",
    ("look", {"run": [], "expected_materials": FROM_BUILD}),
    target={"app": "app", "look.link": "{}"},
    inspection_exclude=["*.link"],
)
linked(
    "excluded-link",
    "A symbolic link that is left out is not followed.",
    "verified",
    {"lib": "../elsewhere"},
    NEVER,
    target=OUT,
    inspection_exclude=["lib"],
)
looked(
    "product-expected",
    "A file that the command makes, as the rules expect.",
    "verified",
    ("look", {"run": shell("echo x > made"), "expected_products": [["CREATE", "made"], *FROM_BUILD]}),
)
looked(
    "product-not-expected",
    "A file that the command makes, and no rule expects.",
    "rule-disallow",
    ("look", {"run": shell("echo x > made"), "expected_products": FROM_BUILD}),
)
looked(
    "modified",
    "A file that the command changes.",
    "verified",
    ("look", {"run": shell("echo x >> app"), "expected_products": [["MODIFY", "app"], DENY]}),
)
looked(
    "modified-and-not-expected",
    "A file that the command changes is not what the step made any more.",
    "rule-disallow",
    ("look", {"run": shell("echo x >> app"), "expected_materials": FROM_BUILD, "expected_products": FROM_BUILD}),
)
looked(
    "deleted",
    "A file that the command takes away.",
    "verified",
    ("look", {"run": ["rm", "app"], "expected_materials": [["DELETE", "app"], DENY], "expected_products": [DENY]}),
)
looked(
    "no-shell",
    "A command is words, and no shell looks at them.",
    "verified",
    ("look", {"run": ["echo", "$(echo x > made)", "> made"], "expected_products": FROM_BUILD}),
    absent=["target/made"],
)
looked(
    "runs-in-the-target-directory",
    "Commands run in the target directory.",
    "verified",
    ("look", {"run": ["test", "-f", "app"]}),
)
looked("no-standard-input", "Commands get no input.", "verified", ("look", {"run": shell("! read line")}))
looked(
    "two",
    "Inspections run one after the other: the second sees what the first made.",
    "verified",
    ("first", {"run": shell("echo x > made")}),
    ("second", {"expected_materials": [["REQUIRE", "made"]]}),
)
looked(
    "second-fails", "The second inspection fails.", "inspection-failed", ("first", {}), ("second", {"run": ["false"]})
)
looked(
    "none-after-a-failure",
    "After an inspection that failed none is run.",
    "inspection-failed",
    ("first", {"run": ["false"]}),
    ("second", {"run": shell("echo x > made")}),
    absent=["target/made"],
)
looked(
    "rules-in-order",
    "The first inspection breaks a rule, the second lacks something: inspections come in their order.",
    "rule-disallow",
    ("first", {"expected_materials": [DENY]}),
    ("second", {"expected_materials": [["REQUIRE", "x"]]}),
)
looked(
    "match-an-inspection",
    "An inspection's rule may name an inspection, as in the reference implementation.",
    "verified",
    ("first", {}),
    ("second", {"expected_materials": [["MATCH", "app", "WITH", "PRODUCTS", "FROM", "first"], DENY]}),
)
looked(
    "not-run-after-a-broken-rule",
    "No command is run where a step's rule is broken.",
    "rule-disallow",
    ("look", {"run": shell("echo x > made")}),
    products=files("app", "backdoor"),
    absent=["target/made"],
)


@case("inspections", "layout-expired", run_inspections="target", absent=["target/made"])
def not_run_after_expiry(c):
    """No command of a layout is run that has expired."""
    c.put_layout(
        c.layout([], inspect=[c.inspection("look", run=shell("echo x > made"))], expires="2026-01-01T00:00:00Z")
    )
    c.files["target/app"] = "app"


@case("inspections", "owner-unsigned", ["metablock-python"], run_inspections="target", absent=["target/made"])
def not_run_without_signature(c):
    """No command of a layout is run that the owner did not sign."""
    c.put_layout(c.layout([], inspect=[c.inspection("look", run=shell("echo x > made"))]), by="stranger")
    c.files["target/app"] = "app"


@case("inspections", "artifact-digest", run_inspections="target", absent=["target/made"])
def not_run_for_another_artifact(c):
    """No command is run on an artifact that is known to be another one."""
    c.put_layout(c.layout([c.step("build")], inspect=[c.inspection("look", run=shell("echo x > made"))]))
    c.put_link(c.link("build", products=files("app")))
    c.files["target/app"] = "evil"
    c.more["artifacts"] = {"app": "target/app"}


@case("inspections", "verified", run_inspections="target", warnings=["layout-empty"])
def without_steps(c):
    """A layout with nothing but an inspection is warned about, and verified where that succeeds."""
    c.put_layout(c.layout([], inspect=[c.inspection("look")]))
    c.files["target/app"] = "app"


@case("inspections", "verified", run_inspections="target")
def nothing_to_inspect(c):
    """Inspections may be run, and there are none."""
    c.simple()
    c.files["target/app"] = "app"


@case("inspections", "verified", run_inspections="target", params={"code": "0", "name": "app"})
def parameters(c):
    """Parameters stand for their values in commands and rules of inspections."""
    look = c.inspection(
        "look",
        run=shell("test -f {name} && exit {code}"),
        expected_materials=[["MATCH", "{name}", "WITH", "PRODUCTS", "FROM", "build"], DENY],
    )
    c.put_layout(c.layout([c.step("build")], inspect=[look]))
    c.put_link(c.link("build", products=files("app")))
    c.files["target/app"] = "app"


@case("inspections", "inspection-failed", run_inspections="target", params={"code": "1"})
def parameters_that_fail(c):
    """The value of a parameter decides what is run."""
    c.put_layout(c.layout([c.step("build")], inspect=[c.inspection("look", run=shell("exit {code}"))]))
    c.put_link(c.link("build", products=files("app")))
    c.files["target/app"] = "app"


@case("inspections", "verified", run_inspections="target", params={"x": "$(echo x > made)"}, absent=["target/made"])
def parameters_are_words(c):
    """The value of a parameter is a part of a word, and no shell looks at it."""
    c.put_layout(c.layout([c.step("build")], inspect=[c.inspection("look", run=["echo", "{x}"])]))
    c.put_link(c.link("build", products=files("app")))
    c.files["target/app"] = "app"


@case("inspections", "verified", run_inspections=".")
def loaded_files_are_not_seen(c):
    """In the directory of the metadata itself, what was loaded as layout, link and key is not seen; the rest is."""
    rules = [["ALLOW", "app"], ["ALLOW", "case.json"], DENY]
    c.put_layout(c.layout([c.step("build")], inspect=[c.inspection("look", run=[], expected_materials=rules)]))
    c.put_link(c.link("build", products=files("app")))
    c.files["app"] = "app"


@case("inspections", "rule-disallow", run_inspections=".")
def stray_files_are_seen(c):
    """A link that no step asks for was not loaded, so it is seen."""
    rules = [["ALLOW", "app"], ["ALLOW", "case.json"], DENY]
    c.put_layout(c.layout([c.step("build")], inspect=[c.inspection("look", run=[], expected_materials=rules)]))
    c.put_link(c.link("build", products=files("app")))
    c.put_link(c.link("build", products=files("app")), by="stranger")
    c.files["app"] = "app"


# Inspections of sublayouts


def inside(name, why, expect, inner, outer=(), both=True, products=None, **more):
    """A chain of one step that a sublayout of one step stands in for. `inner` and `outer` are inspections as members by name."""

    def make(c):
        c.more["run_inspections"] = "target"
        if both:
            c.more["run_sublayout_inspections"] = True
        inspect = lambda inspections: [c.inspection(called, **members) for called, members in inspections]  # noqa: E731
        rules = [["CREATE", "app"], DENY]
        c.put_layout(c.layout([c.step("build", expected_products=rules)], inspect=inspect(outer)))
        path = c.file_name("build", "builder")
        c.put(
            path, c.layout([c.step("compile", by="compiler")], keys=("compiler",), inspect=inspect(inner)), by="builder"
        )
        link = c.link("compile", products=products or files("app"))
        c.put(f"{path.removesuffix('.link')}/{c.file_name('compile', 'compiler')}", link, by="compiler")
        c.files["target/app"] = "app"

    add("inspections", name, why, expect, make, **more)


MAKE, NEED = {"run": shell("echo x > made")}, {"expected_materials": [["REQUIRE", "made"]]}
FROM_COMPILE = [["MATCH", "app", "WITH", "PRODUCTS", "FROM", "compile"], DENY]
inside(
    "of-a-sublayout",
    "The inspections of a sublayout are run where that is allowed, and know its steps.",
    "verified",
    [("look", {"expected_materials": FROM_COMPILE})],
)
inside(
    "of-a-sublayout-not-allowed",
    "To allow the inspections of the root layout is not to allow those of sublayouts; then none is run.",
    "sublayout-inspections-not-run",
    [("look", MAKE)],
    [("outside", MAKE)],
    both=False,
    absent=["target/made"],
)
inside(
    "of-the-root-layout-alone",
    "A sublayout without inspections needs no permission.",
    "verified",
    [],
    [("look", {"expected_materials": FROM_BUILD})],
    both=False,
)
inside(
    "of-a-sublayout-fails", "An inspection of a sublayout fails.", "inspection-failed", [("look", {"run": ["false"]})]
)
inside(
    "of-a-sublayout-breaks-a-rule",
    "A rule of a sublayout's inspection is broken.",
    "rule-disallow",
    [("look", {"expected_materials": [DENY]})],
)
inside(
    "of-a-sublayout-names-an-outer-step",
    "The inspection of a sublayout does not know the steps of the layout around it.",
    "rule-disallow",
    [("look", {"expected_materials": FROM_BUILD})],
)
inside(
    "of-a-sublayout-first",
    "The inspections of a sublayout are run before those of the layout around it.",
    "verified",
    [("look", MAKE)],
    [("outside", NEED)],
)
inside(
    "of-a-sublayout-not-last",
    "The inspections of a sublayout are run before those of the layout around it, and do not see what these make.",
    "rule-require",
    [("look", NEED)],
    [("outside", MAKE)],
)
inside(
    "of-one-name-inside-and-outside",
    "An inspection inside may be called as one outside.",
    "verified",
    [("look", MAKE)],
    [("look", NEED)],
)
inside(
    "none-after-a-failure-inside",
    "After an inspection inside that failed none outside is run.",
    "inspection-failed",
    [("look", {"run": ["false"]})],
    [("outside", MAKE)],
    absent=["target/made"],
)
inside(
    "none-inside-after-a-broken-rule-outside",
    "No inspection is run, not even inside, where a step's rule outside is broken.",
    "rule-disallow",
    [("look", MAKE)],
    products=files("app", "backdoor"),
    absent=["target/made"],
)
