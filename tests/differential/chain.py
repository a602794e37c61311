"""A random supply chain that in-toto verifies most of the time: what the case would be if nothing were bent."""

import logging

from in_toto import verifylib

import keys
from artifacts import Contents, algorithms
from document import Document, Signature
from rules import Rules, any_case
from text import Style

# As of when cases are verified.
NOW = "2026-06-01T12:00:00Z"

STEP_NAMES = [
    "clone", "build", "package", "test", "sign", "update version", "\u00fcnit", "a.b", "[x]*", "ci:build", "-", "fetch",
    "...", "layout", "root", "x" * 60,
]  # fmt: skip


class LinkFile:
    """A link, or a sublayout in its place, in the file where verifiers look for it."""

    def __init__(self, step, label, document, level=None):
        self.step = step
        self.label = label
        self.document = document
        # The supply chain of a sublayout.
        self.level = level
        # Another name of the file.
        self.renamed = None

    def file_name(self):
        return self.renamed or f"{self.step}.{self.label[:8]}.link"


class Level:
    """A layout with its links."""

    def __init__(self):
        self.layout = {}
        self.links = []
        # Label -> key.
        self.keys = {}
        # What the first step had and the last one made.
        self.materials = {}
        self.products = {}
        # More files of its directory.
        self.files = {}

    def all_links(self):
        """The links of this level and of those below."""
        for link in self.links:
            yield link
            if link.level:
                yield from link.level.all_links()

    def links_of(self, step):
        return [link for link in self.links if link.step == step]

    def step(self, name):
        return next(step for step in self.layout["steps"] if step["name"] == name)


class Case:
    """A supply chain, the owners, and the parameters."""

    def __init__(self, level, document, owners):
        self.level = level
        self.document = document
        self.owners = owners
        self.parameters = None
        self.features = set()

    def rules(self, level=None):
        """All rule lists of a level."""
        steps = (level or self.level).layout["steps"]
        return [step[kind] for step in steps for kind in ("expected_materials", "expected_products")]


class Owner:
    """A project owner: the key, the label that it is known by, and the form of the file."""

    def __init__(self, key, form, label):
        self.key = key
        self.form = form
        self.label = label


class Generator:
    """Makes cases from random numbers."""

    def __init__(self, rng, without=()):
        self.rng = rng
        self.without = without
        self.wrapping = rng.choice(["metablock", "dsse"])
        self.mixed = rng.random() < 0.3

    def case(self):
        rng = self.rng
        level = self.level(Contents(rng, rng.choice([0, 1, 2, 3, 4, 6])), 0)
        owners = []
        for key in rng.sample(keys.OWNERS, rng.choices([1, 2, 3], [80, 15, 5])[0]):
            form = rng.choice(["pem", "json"])
            label = key.keyid() if form == "pem" or rng.random() < 0.8 else rng.randbytes(20).hex()
            owners.append(Owner(key, form, label))
        document = self.document(level.layout, [Signature(owner.label, owner.key) for owner in owners])
        case = Case(level, document, owners)
        if "parameters" not in self.without and rng.random() < 0.12:
            self.parameters(case)
        return case

    def document(self, payload, signatures):
        wrapping = self.wrapping
        if self.mixed and self.rng.random() < 0.4:
            wrapping = "dsse" if wrapping == "metablock" else "metablock"
        document = Document(payload, wrapping, signatures)
        if self.rng.random() < 0.3:
            document.style = Style.random(self.rng)
        return document

    def level(self, contents, depth):
        rng = self.rng
        level = Level()
        names = rng.sample(STEP_NAMES, rng.choices([1, 2, 3, 4], [20, 30, 30, 20])[0])
        labels = self.labels(level)
        tool = algorithms(rng)
        steps, seen = [], {}
        for name in names:
            threshold = rng.choices([1, 2, 3], [70, 22, 8])[0]
            count = min(len(labels), max(threshold, rng.choice([1, 1, 1, 2, 3])))
            pubkeys = rng.sample(labels, count)
            threshold = min(threshold, len(pubkeys))
            ours = tool if rng.random() < 0.93 else algorithms(rng)
            inner = None
            if depth < 2 and "sublayouts" not in self.without and rng.random() < 0.12:
                inner = self.level(contents, depth + 1)
                materials, products = inner.materials, inner.products
            else:
                materials = contents.seen(ours)
                if rng.random() < 0.15:
                    # The tool looks only at some of the files.
                    materials = {file: digests for file, digests in materials.items() if rng.random() < 0.6}
                contents.work()
                if rng.random() < 0.2:
                    contents.leave()
                products = contents.seen(ours)
                if rng.random() < 0.1:
                    products = {file: digests for file, digests in products.items() if rng.random() < 0.7}
            seen[name] = (materials, products)
            command = [rng.choice(["make", "gcc", "tar"]), *rng.sample(["-c", "x", "a b", ""], rng.randrange(3))]
            steps.append(
                {
                    "_type": "step",
                    "name": name,
                    "expected_materials": [],
                    "expected_products": [],
                    "pubkeys": pubkeys,
                    "expected_command": command if rng.random() < 0.5 else [],
                    "threshold": threshold,
                }
            )
            signing = rng.sample(pubkeys, rng.randint(threshold, len(pubkeys)))
            for number, label in enumerate(signing):
                signature = [Signature(label, level.keys[label])]
                if inner and number == 0:
                    level.links.append(LinkFile(name, label, self.document(inner.layout, signature), inner))
                else:
                    link = self.link(name, materials, products, command)
                    level.links.append(LinkFile(name, label, self.document(link, signature)))
        for step in steps:
            for kind in ("materials", "products"):
                step[f"expected_{kind}"] = self.rules(seen, step["name"], kind, names)
        level.materials, level.products = seen[names[0]][0], seen[names[-1]][1]
        level.layout |= {
            "_type": "layout",
            "steps": steps,
            "inspect": [],
            "keys": self.entries(level),
            "expires": f"20{rng.randrange(27, 99)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T23:59:59Z",
            "readme": rng.choice(["", "", "A supply chain.", "\u00fc \u20ac \U0001f600", 'two\nlines \\ "quoted"']),
        }
        return level

    def labels(self, level):
        """Keys of functionaries under labels."""
        rng = self.rng
        pool = keys.ED25519 if rng.random() < 0.75 else keys.ED25519 + keys.OTHERS * 2
        labels = []
        for key in rng.sample(pool, rng.choices([1, 2, 3, 4], [25, 30, 25, 20])[0]):
            if any(other.public == key.public for other in level.keys.values()):
                continue
            label = key.keyid(rng.choices(["python3", "older", "go"], [80, 12, 8])[0])
            if rng.random() < 0.04:
                label = rng.randbytes(rng.choice([3, 4, 20])).hex()
            level.keys[label] = key
            labels.append(label)
        return labels

    def entries(self, level):
        rng = self.rng
        dialects = rng.choice([["python3"], ["older"], ["go"], ["python3", "older", "go"]])
        return {label: key.entry(label, rng.choice(dialects)) for label, key in level.keys.items()}

    def link(self, name, materials, products, command):
        rng = self.rng
        byproducts = rng.choice([
            {}, {"return-value": 0, "stderr": "", "stdout": ""}, {"return-value": 1}, {"return-value": None},
            {"stdout": "a\u2028b", "return-value": -1}, {"return-value": True},
            {"exit": 10**30, "nested": {"deep": [1, -2, None]}},
        ])  # fmt: skip
        return {
            "_type": "link",
            "name": name,
            "materials": dict(materials),
            "products": dict(products),
            "byproducts": byproducts,
            "command": command if rng.random() < 0.8 else ["other"],
            "environment": rng.choice([{}, {"workdir": "/x", "variables": ["A=b"]}]),
        }

    def rules(self, seen, step, kind, names):
        """A list of rules that the artifacts pass, most of the time."""
        rng = self.rng
        rules = []
        for _ in range(6):
            made = Rules(rng, seen, step, kind, names, 1 if rng.random() < 0.15 else 0)
            rules = made.truthful() if rng.random() < 0.6 else made.wild()
            if rng.random() < 0.08:
                rules = [any_case(rng, rule) for rule in rules]
            if passes(step, kind, rules, seen) or rng.random() < 0.02:
                break
        return rules

    def parameters(self, case):
        """Puts parts of rules into parameters."""
        rng = self.rng
        case.parameters = {}
        for rules in case.rules():
            for rule in rules:
                if rng.random() < 0.4 and rule[1]:
                    at = rng.randrange(len(rule[1]))
                    end = rng.randint(at, len(rule[1]))
                    name = rng.choice(["a", "NAME", "x-1", "x_2", "9a"]) + str(len(case.parameters))
                    case.parameters[name] = rule[1][at:end]
                    rule[1] = f"{rule[1][:at]}{{{name}}}{rule[1][end:]}"
        if not case.parameters or rng.random() < 0.2:
            case.parameters["unused"] = "{a}"


class Seen:
    """A link as in-toto's rules ask it."""

    def __init__(self, artifacts):
        self.materials, self.products = artifacts


def passes(step, kind, rules, seen):
    """Do the artifacts pass these rules, as in-toto says?"""
    try:
        verifylib.verify_item_rules(step, kind, rules, {name: Seen(artifacts) for name, artifacts in seen.items()})
    except Exception:  # noqa: BLE001 (refused or crashed: they do not pass)
        return False
    return True


logging.disable(logging.CRITICAL)
