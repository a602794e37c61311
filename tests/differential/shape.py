"""What is peculiar about a case: kinds of documents, names, digests and rules. For the table of what was covered."""

import re

import twists


def features(case):
    """The features of a case as it was written."""
    found = {"parameters"} if case.parameters else set()
    documents = [case.document] + [link.document for link in case.level.all_links()]
    wrappings = {document.wrapping for document in documents}
    found.add("wrappings mixed" if len(wrappings) > 1 else f"wrapping {wrappings.pop()}")
    for owner in case.owners:
        found.add(f"owner's key in {owner.form.upper()}")
        found |= _key(owner.key.entry(owner.label))
    if len(case.owners) > 1:
        found.add("several owners")
    for link in case.level.all_links():
        if link.level:
            found.add("sublayout in a sublayout" if link not in case.level.links else "sublayout")
        elif isinstance(link.document.payload.get("subject"), list):
            found |= _descriptors(link.document.payload["subject"])
        elif isinstance(link.document.payload.get("products"), dict):
            found |= _artifacts(link.document.payload["products"])
    for level in twists.levels(case):
        found |= _layout(level.layout)
    return found


def _layout(layout):
    found = set()
    keys = layout.get("keys")
    for key in keys.values() if isinstance(keys, dict) else []:
        found |= _key(key)
        if isinstance(key, dict) and key.get("keyid_hash_algorithms"):
            found.add("key in an older dialect")
    steps = layout.get("steps")
    steps = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    found.add(f"steps {len(steps)}")
    pubkeys = []
    for step in steps:
        if step.get("threshold") in (2, 3) and step["threshold"] is not True:
            found.add(f"threshold {step['threshold']}")
        if isinstance(step.get("pubkeys"), list):
            found |= {"several functionaries"} if len(step["pubkeys"]) > 1 else set()
            found |= {"functionary of several steps"} if any(label in pubkeys for label in step["pubkeys"]) else set()
            pubkeys += step["pubkeys"]
        for member in ("expected_materials", "expected_products"):
            for rule in step[member] if isinstance(step.get(member), list) else []:
                found |= _rule(rule)
    return found


def _key(key):
    return {f"key {key.get('keytype')} {key.get('scheme')}"} if isinstance(key, dict) else set()


def _artifacts(artifacts):
    found = set()
    for name, digests in artifacts.items():
        found |= {
            feature
            for feature, holds in {
                "name with a space": " " in name,
                "name not in ASCII": not name.isascii(),
                "name with glob characters": bool(re.search(r"[*?\[\]!]", name)),
                "name with a control character": bool(re.search(r"[\x00-\x1f\x7f]", name)),
                "name that is absolute": name.startswith("/"),
                "name that is a URI": "://" in name,
                "name that leads up": name.startswith("../"),
                "name with dots": bool(re.match(r"\.", name)),
            }.items()
            if holds
        }
        if isinstance(digests, dict):
            found.add(
                f"digests {' '.join(sorted(digests)) or 'none'}"
                if set(digests) <= KNOWN
                else "digests of other algorithms"
            )
    return found


def _descriptors(descriptors):
    found = {"statement"}
    for descriptor in descriptors:
        if isinstance(descriptor, dict) and set(descriptor) != {"name", "digest"}:
            found.add("descriptor with more" if "name" in descriptor else "descriptor named by its URI")
    return found


KNOWN = {"sha256", "sha384", "sha512", "gitoid:sha256"}


def _rule(rule):
    if not isinstance(rule, list) or not all(isinstance(word, str) for word in rule) or len(rule) < 2:
        return set()
    found = set()
    if rule[0] != rule[0].upper():
        found.add("keyword in another case")
    for pattern, feature in (
        (r"\*", "*"),
        (r"\?", "?"),
        (r"\[[^!].*\]", "class"),
        (r"\[!.*\]", "negated class"),
        (r"\[[^\]]*$", "open bracket"),
    ):
        if re.search(pattern, rule[1]):
            found.add(f"pattern with {feature}")
    for place, word in enumerate(rule[:-1]):
        if word.upper() == "IN" and place >= 2:
            prefix = rule[place + 1]
            found.add("prefix with a slash at the end" if prefix.endswith("/") else "prefix")
            if prefix.startswith("/"):
                found.add("prefix that is absolute")
            elif prefix.startswith(".."):
                found.add("prefix that leads up")
    return found
