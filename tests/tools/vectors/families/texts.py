"""texts: strings that a compact form could take for something else. limits: what fits a host, and what fits a device."""

from case import add, case, digest, files
from jsontext import Raw
from keys import Key

DENY = ["DISALLOW", "*"]

# Texts that look like digests, like words of the format or like nothing at all, for every place in which a text means something.
ODD = [
    ("hexadecimal", "cafebabe"),
    ("short-hexadecimal", "00"),
    ("long-hexadecimal", "0123456789abcdef" * 4),
    ("odd-hexadecimal", "abc"),
    ("capital-hexadecimal", "CAFE"),
    ("decimal", "12345678"),
    ("word", "sha256"),
    ("keyword", "MATCH"),
    ("type", "layout"),
    ("literal", "null"),
    ("escape", "\\u0041"),
]
for name, text in ODD:

    def everywhere(c, text=text):
        rules = [["MATCH", "*", "IN", text, "WITH", "PRODUCTS", "IN", text + text, "FROM", text], DENY]
        products = [["REQUIRE", text], ["CREATE", text], DENY]
        steps = [
            c.step(text, expected_command=[text, ""]),
            c.step("test", expected_materials=rules, expected_products=products),
        ]
        keys = {text: {**c.entry("builder"), "keyid": text}}
        for step in steps:
            step["pubkeys"] = [text]
        c.put_layout(c.layout(steps, keys=keys, readme=text, note={text: text}))
        for link in (
            c.link(text, products={f"{text}{text}/{text}": digest("x")}, command=[text, ""], environment={text: text}),
            c.link("test", {f"{text}/{text}": digest("x")}, files(text)),
        ):
            envelope = c.envelope(link)
            label = None if envelope.dialect.keyless else text
            c.write(f"{link['name']}.{text[:8]}.link", c.sign(envelope, "builder", keyid=label))

    if "\\" not in text:
        add(
            "texts",
            f"{name}-everywhere",
            f"A step, a key, a file and a directory may be called {text!r}.",
            "verified",
            everywhere,
        )

    def pattern(c, text=text):
        c.put_layout(c.layout([c.step("build", expected_products=[["ALLOW", text], DENY])]))
        c.put_link(c.link("build", products=files(text)))

    add("texts", f"{name}-as-a-pattern", f"The pattern {text!r} matches itself.", "verified", pattern)

    def other_pattern(c, text=text):
        c.put_layout(c.layout([c.step("build", expected_products=[["ALLOW", text], DENY])]))
        c.put_link(c.link("build", products=files(text + "0")))

    add(
        "texts",
        f"{name}-as-another-pattern",
        f"The pattern {text!r} matches nothing longer.",
        "rule-disallow",
        other_pattern,
    )

    def parameter(c, text=text):
        c.more["params"] = {"x": text}
        c.simple(
            step={"expected_products": [["ALLOW", "{x}"], DENY], "expected_command": ["{x}"]},
            link={"products": files(text), "command": [text]},
        )

    add("texts", f"{name}-as-a-value", f"A parameter may stand for {text!r}.", "verified", parameter)


@case("texts", "verified", warnings=["command-differs"])
def empty_word_of_a_command(c):
    """An empty word is a word of a command."""
    c.simple(step={"expected_command": ["make", ""]}, link={"command": ["make"]})


@case("texts", "verified")
def artifacts_elsewhere(c):
    """What is called `materials` or `products` somewhere else holds no artifacts: bad names and digests there are anything."""
    odd = {"./x": {"sha256": "no digest"}, "": {}, "a": digest("a")}
    c.simple(
        layout={"materials": odd, "products": odd, "subject": [odd]},
        link={
            "environment": {"materials": odd, "products": {"app": {"sha256": "00"}}},
            "byproducts": {"products": odd, "subject": [{"name": "./x", "digest": {}}]},
            "subject": [{"name": "./x", "digest": {"sha256": "00"}}],
        },
    )


@case("texts", "verified")
def many_artifacts(c):
    """Two hundred artifacts in directories, some with two digests."""
    name = lambda number: f"src/{number % 7}/{number % 3}/file{number:03}.c"  # noqa: E731
    both = lambda text: {**digest(text), "sha1": "ab" * 20}  # noqa: E731
    products = {name(number): (both if number % 5 == 0 else digest)(name(number)) for number in range(200)}
    rules = [["MATCH", "*", "IN", "in", "WITH", "PRODUCTS", "FROM", "fetch"], DENY]
    c.put_layout(c.layout([c.step("fetch"), c.step("build", expected_materials=rules)]))
    c.put_link(c.link("fetch", products=products))
    c.put_link(c.link("build", {f"in/{path}": value for path, value in products.items()}))


@case("texts", "rule-disallow")
def one_of_many_artifacts(c):
    """One of two hundred artifacts differs."""
    products = {f"src/{number:03}": digest(str(number)) for number in range(200)}
    rules = [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "fetch"], DENY]
    c.put_layout(c.layout([c.step("fetch"), c.step("build", expected_materials=rules)]))
    c.put_link(c.link("fetch", products=products))
    c.put_link(c.link("build", {**products, "src/137": digest("evil")}))


# Limits


def keys(count):
    def make(c):
        names = [f"key{number}" for number in range(count)]
        c.put_layout(c.layout([c.step("build", by=names[-1])], keys=names))
        c.put_link(c.link("build"), by=names[-1])

    return make


def steps(count):
    def make(c):
        names = [f"step{number}" for number in range(count)]
        c.put_layout(c.layout([c.step(name) for name in names]))
        for name in names:
            c.put_link(c.link(name))

    return make


def rules(count):
    def make(c):
        c.put_layout(
            c.layout([c.step("build", expected_products=[["ALLOW", str(n)] for n in range(count - 1)] + [DENY])])
        )
        c.put_link(c.link("build", products=files(str(count - 2))))

    return make


def path(length):
    def make(c):
        c.put_layout(c.layout([c.step("build")]))
        c.put_link(c.link("build", products=files("a" * length)))

    return make


def links(count):
    def make(c):
        names = [f"key{number}" for number in range(8)]
        all_steps = [c.step(f"step{number}", by=names) for number in range(3)]
        c.put_layout(c.layout(all_steps, keys=names))
        for number in range(count):
            c.put_link(c.link(f"step{number % 3}"), by=names[number // 3])

    return make


SIZES = [
    ("keys", keys, 16, 17, "limit-keys", "keys"),
    ("steps", steps, 12, 13, "limit-steps", "steps"),
    ("rules", rules, 16, 17, "limit-rules", "rules in a list"),
    ("path", path, 256, 257, "limit-path", "bytes in a path"),
    ("links", links, 16, 17, "limit-envelopes", "links"),
]
for name, make, most, more, code, what in SIZES:
    add("limits", f"{name}-of-a-device", f"A device has room for {most} {what}.", "verified", make(most))
    why = f"A device has no room for {more} {what}, and says so; a host has."
    add("limits", f"{name}-beyond-a-device", why, "verified", make(more), device=code)
add("limits", "path-of-a-host", "A host reads paths of 4096 bytes.", "verified", path(4096), device="limit-path")
add(
    "limits",
    "path-beyond-a-host",
    "A link with a longer path is noted, and is no link.",
    "link-missing",
    path(4097),
    notes=["4096"],
)
add("limits", "rules-of-a-host", "A host reads 512 rules in a list.", "verified", rules(512), device="limit-rules")
add("limits", "rules-beyond-a-host", "A host reads no more rules in a list.", "limit-rules", rules(513))
add("limits", "keys-of-a-host", "A host reads 128 keys.", "verified", keys(128), device="limit-keys")
add("limits", "keys-beyond-a-host", "A host reads no more keys.", "limit-keys", keys(129))


def tries(name, why, expect, before, **more):
    """A link with bad signatures without key id before the good one, each of which is tried against three keys."""

    def make(c):
        names = ["builder", "second-builder", "third-builder"]
        c.put_layout(c.layout([c.step("build", by=names)], keys=names))
        envelope = c.envelope(c.link("build"))
        for _ in range(before):
            envelope.add(None, bytes(64))
        # The key that comes first in the layout is tried first.
        first = min(names, key=c.id)
        c.write(c.file_name("build", first), envelope.add(None, Key(first).sign(envelope.message)))

    add("limits", name, why, expect, make, ["dsse-keyless"], **more)


tries("sixty-four-tries", "64 times a key is tried on a link's signatures.", "verified", 21, device="limit-signatures")
tries(
    "sixty-five-tries",
    "No more than 64 times is a key tried on a link's signatures.",
    "threshold-not-met",
    22,
    warnings=["limit-signatures"],
    device="limit-signatures",
)


@case("limits", "verified")
def large_integer_elsewhere(c):
    """An integer of a thousand digits keeps them."""
    c.simple(link={"environment": {"n": Raw("7" * 1000)}})
