"""Artifact rules, made from the artifacts that they are to match."""

import os

PLAIN_KINDS = ["CREATE", "DELETE", "MODIFY", "ALLOW", "DISALLOW", "REQUIRE"]
ODD_PATTERNS = [
    "", "[", "[]", "[!]", "[a", "**", "***", "{a,b}", "[]]*", "[!]]*", "*[", "?*", "*/*", "[z-a]*", "[!z-a]*",
    "[--/]*", "[a-c-e]*", "[^a]*", "\\*", "*.[ch]", "[[]*", "[*]", "[?]", "*\u00fc*", "?", "*.*", "[\\]]*", "[a-z-]*",
    "[!!]*", "[a-zA-Z]*[!.]",
]  # fmt: skip


def pattern(rng, path):
    """A pattern that matches the path, most of the time."""
    form = rng.random()
    if form < 0.22:
        return path
    if form < 0.34:
        return "*"
    if form < 0.40:
        return rng.choice(ODD_PATTERNS)
    text = list(path)
    for _ in range(rng.choice([1, 1, 2])):
        if not text:
            break
        at = rng.randrange(len(text))
        char = text[at]
        what = rng.random()
        if what < 0.25:
            text = text[:at] + ["*"]
        elif what < 0.4:
            text = ["*"] + text[at:]
        elif what < 0.55:
            end = rng.randrange(at, len(text) + 1)
            text[at:end] = ["*"]
        elif what < 0.7:
            text[at] = "?"
        elif what < 0.8:
            text[at] = f"[{char}{rng.choice('ab-!]^/.')}]"
        elif what < 0.87:
            text[at] = f"[!{rng.choice('abz-]^/')}{rng.choice(['', char])}]"
        elif what < 0.92:
            text[at] = rng.choice(["[a-z]", "[!a-z]", "[0-9a-z]", "[--0]", f"[{char}-\u00ff]", f"[!-{char}]"])
        elif what < 0.98:
            text[at] = f"[{''.join(rng.choice(f'ab-!-]^c. {char}') for _ in range(rng.randint(1, 6)))}]"
        else:
            text[at] = rng.choice("abx.")
    return "".join(text)


def prefixes(rng, path, other):
    """Prefixes and the common name, where a path is below another directory than its counterpart."""
    here, there = path.split("/"), other.split("/")
    shared = 0
    while shared < min(len(here), len(there)) and here[-1 - shared] == there[-1 - shared]:
        shared += 1
    shared = min(shared, len(here), len(there))
    if shared == 0:
        return None
    keep = shared if rng.random() < 0.7 else rng.randint(1, shared)
    return "/".join(here[:-keep]), "/".join(here[-keep:]), "/".join(there[:-keep])


class Rules:
    """Makes the rules of one list of a step."""

    def __init__(self, rng, links, step, kind, names, bad):
        self.rng = rng
        # Name of a step -> (materials, products), as dicts of digest sets.
        self.links = links
        self.step = step
        self.kind = kind
        self.own = links[step][kind == "products"]
        self.other = links[step][kind == "materials"]
        self.names = names
        # The share of prefixes that are not normalised.
        self.bad = bad

    def any_path(self):
        paths = list(self.own) or list(self.other) or ["foo"]
        return self.rng.choice(paths)

    def wild(self):
        """Some rules that fit the artifacts more or less."""
        return [self.rule() for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3, 4, 6]))]

    def rule(self):
        kind = self.rng.choices(["MATCH", *PLAIN_KINDS], [36, 10, 7, 8, 14, 10, 8])[0]
        if kind == "MATCH":
            return self.match()
        if kind == "REQUIRE":
            return [kind, self.any_path() if self.rng.random() < 0.9 else self.rng.choice(["*", "nothing", "src"])]
        return [kind, pattern(self.rng, self.any_path())]

    def match(self, step=None):
        rng = self.rng
        before = self.names[: self.names.index(self.step)]
        weights = [(before[-1:] or self.names, 60), (self.names, 30), ([self.step], 5), (["nowhere"], 3)]
        step = step or rng.choice(rng.choices([names for names, _ in weights], [weight for _, weight in weights])[0])
        kind = "PRODUCTS" if rng.random() < 0.75 else "MATERIALS"
        target = self.links.get(step, ({}, {}))[kind == "PRODUCTS"]
        path = self.any_path()
        if rng.random() < 0.04 and len(path) > 1:
            # A prefix that is not the whole of a component.
            prefix = path.split("/")[0][:-1].strip("./") or "s"
            return ["MATCH", "*", "IN", prefix, "WITH", kind, "IN", prefix, "FROM", step]
        same = [other for other, digests in target.items() if digests == self.own.get(path)]
        source, name, there = prefixes(rng, path, rng.choice(same)) or ("", path, "") if same else ("", path, "")
        if rng.random() < 0.07:
            source, there = (os.path.dirname(path), rng.choice(["", source])) if rng.random() < 0.7 else ("src", "out")
            name = path[len(source) + 1 :] if source else path
        words = ["MATCH", pattern(rng, name)]
        words += self.prefix(source) + ["WITH", kind] + self.prefix(there) + ["FROM", step]
        return words

    def prefix(self, prefix):
        if not prefix and self.rng.random() > 0.02 * self.bad:
            return []
        if self.rng.random() < self.bad * 0.05:
            prefix = self.rng.choice(
                ["", "/", ".", f"./{prefix}", f"{prefix}//", f"{prefix}/..", f"//{prefix}", "a//b", f"{prefix}/."]
            )
        return ["IN", prefix + "/" if self.rng.random() < 0.3 and not prefix.endswith("/") else prefix]

    def truthful(self):
        """Rules that account for every artifact, and nothing else allowed."""
        rng = self.rng
        rules = []
        for path in self.own:
            rule = self.true_rule(path)
            if rule not in rules:
                rules.append(rule)
        rng.shuffle(rules)
        if rng.random() < 0.85:
            rules.append(["DISALLOW", "*"])
        if rng.random() < 0.2 and self.own:
            rules.insert(rng.choice([0, 0, rng.randint(0, len(rules))]), ["REQUIRE", self.any_path()])
        if rng.random() < 0.1:
            rules.insert(rng.randint(0, len(rules)), self.rule())
        return rules

    def true_rule(self, path):
        rng = self.rng
        digests = self.own[path]
        sources = [
            (step, kind, other)
            for step in self.names
            for kind in (0, 1)
            for other, theirs in self.links.get(step, ({}, {}))[kind].items()
            if theirs == digests and (step, kind) != (self.step, int(self.kind == "products"))
        ]
        if sources and rng.random() < 0.7:
            step, kind, other = rng.choice(sources)
            found = prefixes(rng, path, other)
            if found:
                source, name, there = found
                words = ["MATCH", pattern(rng, name) if rng.random() < 0.4 else name]
                return [
                    *words,
                    *self.prefix(source),
                    "WITH",
                    ["MATERIALS", "PRODUCTS"][kind],
                    *self.prefix(there),
                    "FROM",
                    step,
                ]
        like = pattern(rng, path) if rng.random() < 0.4 else path
        if path in self.other and self.other[path] != digests and rng.random() < 0.8:
            return ["MODIFY", like]
        if path not in self.other and rng.random() < 0.8:
            return ["CREATE" if self.kind == "products" else "DELETE", like]
        return ["ALLOW", like]


def any_case(rng, rule):
    """The rule with its keywords in another case."""
    keywords = {0, 2, 4, 6, 8} if len(rule) > 2 else {0}
    if len(rule) == 6:
        keywords |= {3}
    elif len(rule) == 8:
        keywords |= {5 if rule[2].upper() == "IN" else 3}
    elif len(rule) == 10:
        keywords |= {5}
    change = rng.choice(
        [str.lower, str.title, str.swapcase, lambda word: "".join(rng.choice([c.upper(), c.lower()]) for c in word)]
    )
    return [change(word) if place in keywords else word for place, word in enumerate(rule)]
