"""What owners may write into layouts."""

import artifacts
from chain import NOW
from rules import Rules, pattern
from text import Raw
from twists import a_level, a_step, document_of, twist


@twist(3)
def expires(case, rng):
    level = a_level(case, rng)
    level.layout["expires"] = rng.choice([
        NOW, "2026-06-01T12:00:01Z", "2026-06-01T11:59:59Z", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "2026-06-02T00:00:00Z", "1999-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    ])  # fmt: skip


@twist(1.5)
def expires_in_another_form(case, rng):
    level = a_level(case, rng)
    level.layout["expires"] = rng.choice([
        "2040-01-01T00:00:00", "2040-01-01T00:00:00.5Z", "2040-01-01T00:00:00+00:00", "2040-01-01 00:00:00Z",
        "2040-13-01T00:00:00Z", "2040-02-30T00:00:00Z", "2039-02-29T00:00:00Z", "2040-02-29T00:00:00Z",
        "2040-01-01T24:00:00Z", "2040-01-01T00:00:60Z", "never", "", "2040-01-01t00:00:00z",
        "\uff12\uff10\uff14\uff10-01-01T00:00:00Z", " 2040-01-01T00:00:00Z", "2040-01-01T00:00:00Z\n",
        "+2040-01-01T00:00:00Z", "20400101T000000Z", "2040-W01-1T00:00:00Z", 2208988800, None,
        ["2040-01-01T00:00:00Z"],
    ])  # fmt: skip


# --- steps ---


@twist(2)
def threshold(case, rng):
    _, step = a_step(case, rng)
    step["threshold"] = rng.choice([0, -1, True, False, Raw("1.0"), "1", None, 4, 10**12, Raw("1e0"), [1]])


@twist(3)
def higher_threshold(case, rng):
    _, step = a_step(case, rng)
    step["threshold"] += 1


@twist(2)
def lower_threshold(case, rng):
    _, step = a_step(case, rng)
    step["threshold"] = max(1, step["threshold"] - 1)


@twist(2)
def odd_name_of_a_step(case, rng):
    level, step = a_step(case, rng)
    old = step["name"]
    names = [
        "", ".", "..", "a/b", "../x", "a\\b", "a\0b", "*", "[a", "%s", "{name}", "a\nb", "con", ".hidden", "x" * 250,
        "A B", "\u00fc", "-rf", rng.choice(level.layout["steps"])["name"], "sha256", "0",
    ]  # fmt: skip
    new = rng.choice(names)
    step["name"] = new
    for other in level.layout["steps"]:
        for rule in other["expected_materials"] + other["expected_products"]:
            if len(rule) > 2 and rule[-1] == old:
                rule[-1] = new
    for link in level.links_of(old):
        link.step = new
        if not link.level:
            link.document.payload["name"] = new


@twist(2)
def no_steps(case, rng):
    a_level(case, rng).layout["steps"] = []


@twist(1.5)
def step_without_pubkeys(case, rng):
    _, step = a_step(case, rng)
    step["pubkeys"] = rng.choice([[], [step["name"]], {}, "x", [5]])


# --- members ---


def an_object(case, rng):
    """A document, and an object of its payload that has a fixed set of members."""
    level = a_level(case, rng)
    layout, document = level.layout, document_of(case, level)
    what = rng.random()
    if what < 0.35:
        return document, layout
    if what < 0.7 and layout["steps"]:
        return document, rng.choice(layout["steps"])
    links = [link for link in level.links if not link.level]
    if links:
        link = rng.choice(links)
        return link.document, link.document.payload
    return document, layout


@twist(5)
def missing_member(case, rng):
    document, members = an_object(case, rng)
    del members[rng.choice(list(members))]
    document.anew = rng.random() < 0.5


@twist(3)
def member_of_another_type(case, rng):
    document, members = an_object(case, rng)
    name = rng.choice(list(members))
    members[name] = rng.choice([None, True, 0, 5, "", "x", [], {}, [5], {"x": 5}, ["x"], [[]], Raw("1.5")])
    document.anew = rng.random() < 0.3


@twist(5)
def unknown_member(case, rng):
    document, members = an_object(case, rng)
    name = rng.choice(
        ["annotation", "_comment", "zzz", "A", "", "\u00fc", "x-vendor", "self", "Threshold", "__proto__", "keys "]
    )
    value = rng.choice([None, "x", 5, [1, {"a": []}], {"b": 1, "a": 2}, "\u2028", True])
    if rng.random() < 0.4:
        # Put in by somebody else after it was signed.
        document.tamper = lambda payload: payload.update({name: value})
        case.features.add("member added after signing")
    else:
        members[name] = value
        document.anew = rng.random() < 0.4


@twist(1.5)
def unknown_member_of_a_key(case, rng):
    level = a_level(case, rng)
    rng.choice(list(level.layout["keys"].values()))["note"] = rng.choice(["x", None, {}])


@twist(1.5)
def expected_command(case, rng):
    _, step = a_step(case, rng)
    step["expected_command"] = rng.choice([[], ["make"], [5], [None], ["a", ["b"]], "make", [""], {}])


# --- rules ---


def some_rules(case, rng):
    _, step = a_step(case, rng)
    return step[rng.choice(["expected_materials", "expected_products"])]


@twist(2)
def malformed_rule(case, rng):
    rules = some_rules(case, rng)
    rules.insert(rng.randint(0, len(rules)), rng.choice([
        [], ["ALLOW"], ["ALLOW", "*", "x"], ["PERMIT", "*"], "ALLOW *", {}, None, ["ALLOW", 5], ["MATCH", "*"],
        ["MATCH", "*", "FROM", "x"], ["MATCH", "*", "WITH", "PRODUCT", "FROM", "x"],
        ["MATCH", "*", "WITH", "PRODUCTS"], ["MATCH", "*", "IN", "x", "FROM", "y"],
        ["MATCH", "*", "WITH", "PRODUCTS", "FROM", "x", "IN", "y"],
        ["MATCH", "*", "IN", "a", "IN", "b", "WITH", "PRODUCTS", "FROM", "x"],
        ["MATCH", "*", "IN", "a", "WITH", "PRODUCTS", "IN", "b", "FROM", "x", "y"], ["", "*"], [" ALLOW", "*"],
        ["ALLOW", ["*"]], ["REQUIRE", "a", "b"], ["disallow"], ["MATCH", "*", "WITH", "", "FROM", "x"],
        ["MATCH", "*", "IN", "WITH", "PRODUCTS", "FROM", "x"],
    ]))  # fmt: skip


@twist(3)
def another_rule(case, rng):
    level, step = a_step(case, rng)
    link = rng.choice(level.links_of(step["name"]) or [None])
    if not link or link.level:
        return False
    kind = rng.choice(["materials", "products"])
    payload = link.document.payload
    if not isinstance(payload.get("materials"), dict) or not isinstance(payload.get("products"), dict):
        return False
    names = [other["name"] for other in level.layout["steps"]]
    made = Rules(rng, {step["name"]: (payload["materials"], payload["products"])}, step["name"], kind, names, 1)
    rules = step[f"expected_{kind}"]
    rules.insert(rng.randint(0, len(rules)), made.rule())
    return True


@twist(2)
def rules_in_another_order(case, rng):
    rng.shuffle(some_rules(case, rng))


@twist(2)
def a_rule_less(case, rng):
    rules = some_rules(case, rng)
    if not rules:
        return False
    rules.pop(rng.randrange(len(rules)))
    return True


@twist(1)
def disallow_first(case, rng):
    some_rules(case, rng).insert(0, ["DISALLOW", rng.choice(["*", "*.c", "src/*"])])


@twist(1)
def require_something(case, rng):
    some_rules(case, rng).append(["REQUIRE", rng.choice(["nothing", "*", "src", "Makefile"])])


@twist(3)
def odd_prefix(case, rng):
    rules = [rule for rule in some_rules(case, rng) if "IN" in rule]
    if not rules:
        return False
    rule = rng.choice(rules)
    at = rng.choice([place + 1 for place, word in enumerate(rule) if word == "IN"])
    prefix = rule[at].rstrip("/")
    rule[at] = rng.choice([
        f"{prefix}/", f"{prefix}//", f"./{prefix}", "", "/", ".", "..", f"/{prefix}", f"../{prefix}", f"{prefix}/.", f"{prefix}/..",
        prefix.replace("/", "//"), prefix.replace("/", "\\"), f"{prefix}\\", "*", prefix[:1] + "*", prefix[:-1],
        pattern(rng, prefix or "x"),
    ])  # fmt: skip
    return True


def steps_with_both(case, rng):
    """A step with links that hold their artifacts as they should."""
    level, step = a_step(case, rng)
    if step is None or step not in level.layout["steps"]:
        return None
    links = level.links_of(step["name"])
    plain = [link for link in links if not link.level and isinstance(link.document.payload.get("materials"), dict)]
    return (level, step, plain) if links and len(plain) == len(links) else None


@twist(2)
def absolute_path_and_a_prefix(case, rng):
    found = steps_with_both(case, rng)
    if not found:
        return False
    _, step, links = found
    path = rng.choice(["/abs/x", "/x", "/src/y"])
    digests = artifacts.digests("absolute", ["sha256"])
    for link in links:
        link.document.payload["materials"][path] = digests
        if rng.random() < 0.95:
            link.document.payload["products"][path] = digests
    target = rng.choice(["MATERIALS", "PRODUCTS"])
    rule = [
        "MATCH",
        rng.choice([path, "*", "/*"]),
        "WITH",
        target,
        "IN",
        rng.choice(["src", "lib/", "abs"]),
        "FROM",
        step["name"],
    ]
    kind = rng.choice(["materials", "products"])
    step[f"expected_{kind}"] = [
        rule,
        rng.choice([["DISALLOW", "/*"], ["ALLOW", "*"], ["REQUIRE", path]]),
        ["ALLOW", "*"],
    ]
    return True


@twist(2.5)
def backslash(case, rng):
    found = steps_with_both(case, rng)
    if not found:
        return False
    _, step, links = found
    here, there, digests = *rng.choice([
        ("lib\\x", "lib\\x"), ("lib\\x", "lib/x"), ("lib/a\\b", "out/a\\b"), ("lib/a\\b", "out/a/b"),
        ("a\\b/c", "a/b/c"), ("a\\b/c", "a\\b/c"),
    ]), artifacts.digests("backslash", ["sha256"])  # fmt: skip
    for link in links:
        link.document.payload["products"][here] = digests
        link.document.payload["materials"][there] = digests
    rule = rng.choice([
        ["MATCH", "*", "WITH", "MATERIALS"], ["MATCH", "*", "IN", "lib", "WITH", "MATERIALS", "IN", "out"],
        ["MATCH", "*", "IN", "a\\b", "WITH", "MATERIALS", "IN", "a/b"],
        ["MATCH", "*", "IN", "a\\b", "WITH", "MATERIALS", "IN", "a\\b"], ["MATCH", "*\\*", "WITH", "MATERIALS"],
        ["MATCH", "*", "IN", "lib", "WITH", "MATERIALS", "IN", "lib"],
    ])  # fmt: skip
    end = rng.choice([[["DISALLOW", "*\\*"]], [["ALLOW", "*"]], [["REQUIRE", here]]])
    step["expected_products"] = [[*rule, "FROM", step["name"]], *end, ["ALLOW", "*"]]
    step["expected_materials"] = [["ALLOW", "*"]]
    return True


@twist(2)
def braces(case, rng):
    """Rules with braces, and parameters for some of them."""
    case.parameters = rng.choice(
        [
            None,
            {"a": "x*"},
            {"a": "src/", "b": "{a}"},
            {"1": "x", "a": "*"},
            {"a-b": "", "A": "Q"},
            {"a": "../x", "MATCH": "ALLOW"},
        ]
    )
    rules = some_rules(case, rng)
    text = rng.choice(
        [
            "{a}",
            "{a}*",
            "{{a}}",
            "{}",
            "{",
            "}",
            "{a",
            "a}",
            "{b}",
            "{1}",
            "{a-b}",
            "{A}",
            "{a!r}",
            "{a:>5}",
            "{a.x}",
            "{ a }",
            "{\u00fc}",
            "{a}{b}",
            "{a[0]}",
            "{0}",
            "}}{{",
        ]
    )
    rule = rng.choice([
        ["ALLOW", text], ["DISALLOW", text], ["CREATE", text],
        ["MATCH", "*", "IN", text, "WITH", "PRODUCTS", "FROM", "x"], [text, "*"], ["REQUIRE", text],
        ["MATCH", text, "WITH", "MATERIALS", "FROM", text],
        ["MATCH", "*", "WITH", "MATERIALS", "IN", text, "FROM", "x"], ["{MATCH}", "*"],
    ])  # fmt: skip
    if rng.random() < 0.85:
        rules.insert(rng.randint(0, len(rules)), rule)
    else:
        _, step = a_step(case, rng)
        step["expected_command"] = ["make", text]
