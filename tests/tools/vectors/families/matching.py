"""rules: what MATCH takes out of the queue."""

from case import add, files
from families.rules import DENY, MATCH, OTHER, SHA, TWO, product, two_steps

two_steps("verified", "match", "MATCH takes what the other step made.", [MATCH, DENY], TWO, earlier=TWO)
two_steps(
    "rule-disallow",
    "match-changed",
    "MATCH does not take what has another digest.",
    [MATCH, DENY],
    {"a": SHA},
    earlier={"a": OTHER},
)
two_steps(
    "rule-disallow",
    "match-absent",
    "MATCH does not take what the other step did not make.",
    [MATCH, DENY],
    TWO,
    earlier=files("a"),
)
two_steps(
    "verified",
    "match-left-over",
    "What MATCH does not take is allowed after the last rule.",
    [MATCH],
    {"a": SHA},
    earlier={"a": OTHER},
)
two_steps(
    "verified",
    "match-more-there",
    "What the other step made besides does not matter.",
    [MATCH, DENY],
    files("a"),
    earlier=TWO,
)
two_steps(
    "rule-disallow",
    "match-pattern-restricts",
    "MATCH takes what its pattern matches.",
    [["MATCH", "a", "WITH", "PRODUCTS", "FROM", "fetch"], DENY],
    TWO,
    earlier=TWO,
)
two_steps(
    "rule-disallow",
    "match-renamed",
    "MATCH compares by name: the same content under another name is not it.",
    [MATCH, DENY],
    {"b": SHA},
    earlier={"a": SHA},
)
two_steps(
    "verified",
    "match-materials",
    "MATCH with the materials of the other step.",
    [["MATCH", "*", "WITH", "MATERIALS", "FROM", "fetch"], DENY],
    files("a"),
    earlier=(files("a"), {}),
)
two_steps(
    "rule-disallow",
    "match-materials-not-products",
    "MATCH with materials does not look at products.",
    [["MATCH", "*", "WITH", "MATERIALS", "FROM", "fetch"], DENY],
    files("a"),
    earlier=files("a"),
)
two_steps(
    "rule-disallow",
    "match-products-not-materials",
    "MATCH with products does not look at materials.",
    [MATCH, DENY],
    files("a"),
    earlier=(files("a"), {}),
)
product("verified", "match-product", "MATCH takes products too.", [MATCH, DENY], files("a"), earlier=files("a"))
two_steps(
    "verified",
    "match-itself",
    "A step's materials may be matched with its own products.",
    [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "build"], DENY],
    files("a"),
    files("a"),
)
two_steps(
    "rule-disallow",
    "match-itself-changed",
    "A step's materials may be matched with its own products, which differ.",
    [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "build"], DENY],
    {"a": SHA},
    {"a": OTHER},
)
product(
    "verified",
    "match-own-materials",
    "A step's products may be matched with its own materials.",
    [["MATCH", "*", "WITH", "MATERIALS", "FROM", "build"], DENY],
    files("a"),
    files("a"),
)
two_steps(
    "verified",
    "match-same-list-of-itself",
    "A step's materials are what they are.",
    [["MATCH", "*", "WITH", "MATERIALS", "FROM", "build"], DENY],
    files("a"),
)
two_steps(
    "rule-disallow",
    "match-unknown-step",
    "A step that does not exist made nothing.",
    [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "nowhere"], DENY],
    files("a"),
    earlier=files("a"),
)
two_steps(
    "verified",
    "match-unknown-step-left-over",
    "A step that does not exist makes no layout invalid.",
    [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "nowhere"]],
    files("a"),
)
two_steps(
    "rule-disallow",
    "match-empty-step",
    "A step without a name does not exist.",
    [["MATCH", "*", "WITH", "PRODUCTS", "FROM", ""], DENY],
    files("a"),
    earlier=files("a"),
)
two_steps(
    "rule-disallow",
    "match-step-in-other-letters",
    "Names of steps are compared letter by letter.",
    [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "Fetch"], DENY],
    files("a"),
    earlier=files("a"),
)


def later(c):
    c.put_layout(
        c.layout(
            [
                c.step("fetch", expected_products=[["MATCH", "*", "WITH", "MATERIALS", "FROM", "build"], DENY]),
                c.step("build"),
            ]
        )
    )
    c.put_link(c.link("fetch", products=files("a")))
    c.put_link(c.link("build", files("a")))


add("rules", "match-later-step", "A step's rule may name a later step.", "verified", later)


def inspection(c):
    rules = [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "look"], DENY]
    c.put_layout(c.layout([c.step("build", expected_materials=rules)], inspect=[c.inspection("look")]))
    c.put_link(c.link("build", files("a")))


add(
    "rules",
    "match-inspection",
    "A step's rule finds nothing in an inspection, which comes after all steps.",
    "rule-disallow",
    inspection,
    inspections="skip",
)

DIGESTS = [
    (
        "both-algorithms",
        "verified",
        {**SHA, "sha512": "ab" * 64},
        {"sha512": "ab" * 64, **SHA},
        "Both sets are equal, whatever their order.",
    ),
    (
        "one-algorithm-more",
        "rule-disallow",
        {**SHA, "sha512": "ab" * 64},
        SHA,
        "A set with an algorithm more is not equal, though the rest agrees.",
    ),
    (
        "one-algorithm-less",
        "rule-disallow",
        SHA,
        {**SHA, "sha512": "ab" * 64},
        "A set with an algorithm less is not equal, though the rest agrees.",
    ),
    (
        "one-of-two-differs",
        "rule-disallow",
        {**SHA, "sha512": "ab" * 64},
        {**SHA, "sha512": "cd" * 64},
        "One digest of two differs.",
    ),
    (
        "unknown-one-differs",
        "rule-disallow",
        {**SHA, "sha1": "aa"},
        {**SHA, "sha1": "bb"},
        "A digest of an unknown algorithm has to be equal too.",
    ),
    (
        "unknown-one-agrees",
        "verified",
        {**SHA, "sha1": "aa"},
        {**SHA, "sha1": "aa"},
        "A digest of an unknown algorithm beside a known one.",
    ),
    ("empty", "rule-disallow", {}, {}, "An empty set tells nothing apart, so it matches nothing."),
    ("empty-there", "rule-disallow", SHA, {}, "An empty set matches nothing."),
    ("sha1-only", "rule-disallow", {"sha1": "ab" * 20}, {"sha1": "ab" * 20}, "SHA-1 alone vouches for nothing."),
    ("md5-only", "rule-disallow", {"md5": "ab" * 16}, {"md5": "ab" * 16}, "MD5 alone vouches for nothing."),
    (
        "unknown-only",
        "rule-disallow",
        {"blake3": "ab" * 32},
        {"blake3": "ab" * 32},
        "An algorithm that nobody here knows vouches for nothing.",
    ),
    (
        "capital-name-only",
        "rule-disallow",
        {"SHA256": SHA["sha256"]},
        {"SHA256": SHA["sha256"]},
        "An algorithm's name in capitals is another, unknown one.",
    ),
    ("sha384", "verified", {"sha384": "ab" * 48}, {"sha384": "ab" * 48}, "SHA-384 alone is enough."),
    ("sha512", "verified", {"sha512": "ab" * 64}, {"sha512": "ab" * 64}, "SHA-512 alone is enough."),
    (
        "gitoid",
        "verified",
        {"gitoid:sha256": "ab" * 32},
        {"gitoid:sha256": "ab" * 32},
        "A Git id of SHA-256 alone is enough.",
    ),
    (
        "gitoid-of-sha1",
        "rule-disallow",
        {"gitoid:sha1": "ab" * 20},
        {"gitoid:sha1": "ab" * 20},
        "A Git id of SHA-1 alone is not.",
    ),
    (
        "same-digits-other-algorithm",
        "rule-disallow",
        {"sha256": SHA["sha256"]},
        {"gitoid:sha256": SHA["sha256"]},
        "The same digits of another algorithm are another digest.",
    ),
]
for name, expect, here, there, why in DIGESTS:
    two_steps(expect, f"match-digests-{name}", why, [MATCH, DENY], {"a": here}, earlier={"a": there})
