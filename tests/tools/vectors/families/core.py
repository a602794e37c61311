"""core: the questions that every dialect has to answer alike, of a chain of three steps."""

from case import ALL, OMIT, case, digest, files, replace_text

CREATE = lambda name: [["CREATE", name], ["DISALLOW", "*"]]  # noqa: E731

CONTENT = {
    "fetch": ({}, files("src/main.c", "src/util.c")),
    "build": (files("src/main.c", "src/util.c"), files("app")),
    "package": (files("app"), files("app.tar")),
}
WHO = {"fetch": "fetcher", "build": "builder", "package": "packer"}


def steps_of(c, **members):
    """The steps of the chain; `members` by the steps' names."""
    rules = {
        "fetch": ([["DISALLOW", "*"]], CREATE("src/*")),
        "build": ([["MATCH", "src/*", "WITH", "PRODUCTS", "FROM", "fetch"], ["DISALLOW", "*"]], CREATE("app")),
        "package": ([["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], ["DISALLOW", "*"]], CREATE("app.tar")),
    }
    return [
        c.step(
            name,
            **{
                "by": WHO[name],
                "expected_materials": materials,
                "expected_products": products,
                "expected_command": ["make", name],
                **members.get(name, {}),
            },
        )
        for name, (materials, products) in rules.items()
    ]


def chain(
    c,
    layout=None,
    steps=None,
    links=None,
    owner="owner",
    leave_out=(),
    keys=("fetcher", "builder", "packer"),
    edit=None,
):
    """Writes the chain. `steps` and `links` are members by step, `leave_out` steps whose link is not written."""
    c.put_layout(c.layout(steps_of(c, **(steps or {})), keys=keys, **(layout or {})), by=owner, edit=edit)
    for name in WHO:
        if name not in leave_out:
            put(c, name, **(links or {}).get(name, {}))


def put(c, name, by=None, path=None, edit=None, **members):
    """Writes the link of a step."""
    materials, products = CONTENT[name]
    link = c.link(name, **{"materials": materials, "products": products, "command": ["make", name], **members})
    c.put_link(link, by=by or WHO[name], path=path, edit=edit)


def core(expect, **more):
    """A case in all dialects."""
    return case("core", expect, ALL, **more)


@core("verified")
def good(c):
    """Three steps by three functionaries, and all is as the layout asks."""
    chain(c)


@core("verified")
def texts(c):
    """Characters that the dialects escape differently are the same text for all: signatures cover what each wrote."""
    odd = 'a"b\\c/d<e>&f\té\u2028\U0001f600\x7f'
    chain(
        c,
        layout={"readme": odd + "\n"},
        steps={"build": {"expected_command": [odd]}},
        links={"build": {"command": [odd], "environment": {odd: odd}}},
    )


@core("owner-unsigned")
def wrong_owner(c):
    """Somebody else signed the layout."""
    chain(c, owner="stranger")
    if c.dialect_name == "dsse-keyless":
        # Without a key id it cannot be told from a signature of the owner that is bad.
        c.expect = "owner-signature"


@core("owner-unsigned")
def no_signature(c):
    """Nobody signed the layout."""
    chain(c, owner=[])


@core("owner-signature")
def layout_changed(c):
    """The layout was changed after it was signed."""
    c.put_layout(
        c.layout(steps_of(c), keys=("fetcher", "builder", "packer"), readme="before"),
        edit=replace_text("before", "behind"),
    )
    for name in WHO:
        put(c, name)


@core("verified")
def two_owners(c):
    """Both of two owners signed the layout."""
    c.owner("owner", "second-owner")
    chain(c, owner=["owner", "second-owner"])


@core("owner-unsigned")
def two_owners_one_signature(c):
    """One of two owners did not sign the layout: all have to."""
    c.owner("owner", "second-owner")
    chain(c)
    if c.dialect_name == "dsse-keyless":
        c.expect = "owner-signature"


@core("layout-expired")
def expired(c):
    """The layout expired a second ago."""
    chain(c, layout={"expires": "2026-05-31T23:59:59Z"})


@core("layout-expired")
def expires_now(c):
    """A layout has expired at the very second that it names."""
    chain(c, layout={"expires": "2026-06-01T00:00:00Z"})


@core("verified")
def expires_soon(c):
    """A layout is valid until the second before the one that it names."""
    chain(c, layout={"expires": "2026-06-01T00:00:01Z"})


@core("layout-expires")
def expires_with_offset(c):
    """An expiry with an offset instead of Z is none."""
    chain(c, layout={"expires": "2040-01-01T00:00:00+00:00"})


@core("link-missing")
def link_missing(c):
    """There is no link of the second step."""
    chain(c, leave_out=["build"])


@core("threshold-not-met", warnings=["link-signature"])
def link_by_stranger(c):
    """A link that nobody in the layout signed, under the name of one that somebody should have, does not count."""
    chain(c, leave_out=["build"])
    put(c, "build", by="stranger", path=c.file_name("build", "builder"))


@core("threshold-not-met", warnings=["link-signature"])
def link_by_other_functionary(c):
    """Whoever may carry out one step cannot sign for another."""
    chain(c, leave_out=["build"])
    put(c, "build", by="packer", path=c.file_name("build", "builder"))


@core("threshold-not-met", warnings=["link-signature"])
def link_changed(c):
    """A link that was changed after it was signed does not count."""
    chain(c, links={"build": {"edit": replace_text(digest("app")["sha256"], digest("evil")["sha256"])}})


def two_builders(c, threshold, **second):
    """The chain with a second builder; `second` are members of the second's link."""
    keys = ("fetcher", "builder", "second-builder", "packer")
    chain(c, steps={"build": {"by": ("builder", "second-builder"), "threshold": threshold}}, keys=keys)
    put(c, "build", by="second-builder", **second)


@core("verified")
def threshold_of_two(c):
    """Two functionaries carried out the step that needs two."""
    two_builders(c, 2)


@core("threshold-not-met")
def threshold_of_two_one_link(c):
    """One functionary is not enough where the layout asks for two."""
    keys = ("fetcher", "builder", "second-builder", "packer")
    chain(c, steps={"build": {"by": ("builder", "second-builder"), "threshold": 2}}, keys=keys)


@core("verified")
def threshold_of_two_one_file(c):
    """Two functionaries may sign one file."""
    keys = ("fetcher", "builder", "second-builder", "packer")
    steps = {"build": {"by": ("builder", "second-builder"), "threshold": 2}}
    chain(c, steps=steps, keys=keys, links={"build": {"by": ["builder", "second-builder"]}})


@core("threshold-not-met")
def threshold_of_two_one_key(c):
    """One key under two labels is one signer."""
    entry = {**c.entry("builder"), "keyid": "builder-again"}
    keys = {**c.keys("fetcher", "builder", "packer"), "builder-again": entry}
    labels = [c.id("builder"), "builder-again"]
    chain(c, steps={"build": {"pubkeys": labels, "threshold": 2}}, keys=keys)
    materials, products = CONTENT["build"]
    envelope = c.envelope(c.link("build", materials, products, command=["make", "build"]))
    c.write(
        "build.builder-.link", c.sign(envelope, "builder", keyid=None if envelope.dialect.keyless else "builder-again")
    )


@core("links-disagree")
def links_disagree(c):
    """Two functionaries who recorded different products do not vouch for either."""
    two_builders(c, 2, products={"app": digest("other")})


@core("links-disagree")
def links_disagree_beyond_the_threshold(c):
    """A link that counts has to agree even where the threshold is reached without it."""
    two_builders(c, 1, products={"app": digest("other")})


@core("verified", warnings=["link-signature"])
def bad_link_beside_a_good_one(c):
    """A badly signed file is noted, and does no harm where another is good."""
    two_builders(
        c, 1, products={"app": digest("other")}, edit=replace_text(digest("other")["sha256"], digest("evil")["sha256"])
    )


@core("rule-disallow")
def unexpected_product(c):
    """A step made a file that no rule accounts for."""
    chain(c, links={"build": {"products": files("app", "backdoor")}})


@core("rule-disallow")
def changed_between_steps(c):
    """What a step used is not what the step before made."""
    chain(c, links={"package": {"materials": {"app": digest("evil")}}})


@core("rule-require")
def required_product_missing(c):
    """A product that the layout requires is not there."""
    chain(c, steps={"build": {"expected_products": [["REQUIRE", "app.map"], ["CREATE", "*"]]}})


@core("verified")
def prefixes(c):
    """MATCH finds files that were moved from one directory into another."""
    match = [["MATCH", "*", "IN", "in", "WITH", "PRODUCTS", "IN", "src", "FROM", "fetch"], ["DISALLOW", "*"]]
    moved = {f"in/{name}": digest(f"src/{name}") for name in ("main.c", "util.c")}
    chain(c, steps={"build": {"expected_materials": match}}, links={"build": {"materials": moved}})


@core("layout-rule")
def unknown_rule(c):
    """A keyword that is no rule makes the layout invalid."""
    chain(c, steps={"package": {"expected_products": [["PERMIT", "*"]]}})


@core("layout-threshold")
def threshold_of_none(c):
    """A step that nobody has to carry out is no step."""
    chain(c, steps={"build": {"threshold": 0}})


@core("layout-keyid")
def key_under_another_name(c):
    """A key whose own id is not its name in the layout."""
    keys = c.keys("fetcher", "builder", "packer")
    keys[c.id("builder")] = {**c.entry("builder"), "keyid": c.id("stranger")}
    chain(c, keys=keys)


@core("layout-member")
def step_without_keys(c):
    """A step has to say who may carry it out."""
    chain(c, steps={"build": {"pubkeys": OMIT}})


@core("threshold-not-met", warnings=["link-artifact-name"])
def product_by_another_path(c):
    """A path that is not normalised makes the link invalid, whatever the rules say."""
    chain(c, steps={"build": {"expected_products": []}}, links={"build": {"products": {"./app": digest("app")}}})


@core("threshold-not-met", warnings=["link-digest"])
def digest_in_capitals(c):
    """A digest in upper case makes the link invalid."""
    products = {"app": {"sha256": digest("app")["sha256"].upper()}}
    chain(c, links={"build": {"products": products}})


@core("verified", warnings=["command-differs"])
def command_differs(c):
    """Another command than expected is worth a warning and no more."""
    chain(c, links={"build": {"command": ["make", "all"]}})


@core("verified", warnings=["return-value"])
def command_failed(c):
    """A command that did not return 0 is worth a warning and no more."""
    chain(c, links={"build": {"byproducts": {"return-value": 2}}})


@core("verified", warnings=["layout-empty"])
def empty(c):
    """A layout without steps demands nothing, and is warned about."""
    c.put_layout(c.layout([], keys={}))


@core("inspections-not-run")
def inspection(c):
    """A layout with an inspection is not verified where that was not run."""
    chain(c, layout={"inspect": [c.inspection("look")]})


@core("verified", inspections="skip", warnings=["inspection-skipped"])
def inspection_skipped(c):
    """A trust policy may leave inspections out; the verdict says so."""
    chain(c, layout={"inspect": [c.inspection("look")]})
