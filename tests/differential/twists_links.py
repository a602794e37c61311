"""What functionaries and their tools may record."""

import copy

import artifacts
import files
import keys
import statements
from chain import LinkFile
from document import Document, Signature
from text import Raw, Style
from twists import a_level, a_link, a_step, levels, twist


def some_links(case, rng):
    """A link, or all links of one step, so that they still agree."""
    link = a_link(case, rng)
    if not link:
        return []
    level = next(
        level
        for level in [case.level] + [other.level for other in case.level.all_links() if other.level]
        if link in level.links
    )
    together = [other for other in level.links_of(link.step) if not other.level]
    return together if rng.random() < 0.75 else [link]


def artifact_maps(case, rng):
    """The same map of some links."""
    kind = rng.choice(["materials", "products"])
    maps = [link.document.payload.get(kind) for link in some_links(case, rng)]
    return [map for map in maps if isinstance(map, dict)]


def change(case, rng, work):
    """Does the same work to the same map of some links."""
    maps = artifact_maps(case, rng)
    done = False
    for map in maps:
        done |= work(map) is not False
    return done


@twist(4)
def a_digest_changed(case, rng):
    number, content = rng.random(), rng.random()

    def work(map):
        if not map:
            return False
        name = list(map)[int(number * len(map))]
        map[name] = artifacts.digests(
            content, [algorithm for algorithm in map[name] if algorithm in artifacts.HASHED] or ["sha256"]
        )
        return True

    return change(case, rng, work)


@twist(4)
def an_artifact_added(case, rng):
    name = artifacts.name(rng) if rng.random() < 0.7 else "evil"
    digests = artifacts.digests("added", artifacts.algorithms(rng))
    return change(case, rng, lambda map: map.update({name: digests}))


@twist(3)
def an_artifact_removed(case, rng):
    number = rng.random()
    return change(case, rng, lambda map: map.pop(list(map)[int(number * len(map))]) if map else False)


@twist(3)
def an_artifact_renamed(case, rng):
    number, name = rng.random(), artifacts.name(rng)

    def work(map):
        if not map:
            return False
        map[name] = map.pop(list(map)[int(number * len(map))])
        return True

    return change(case, rng, work)


@twist(3)
def an_untidy_name(case, rng):
    name = rng.choice(artifacts.UNTIDY)
    digests = artifacts.digests("untidy", ["sha256"])
    return change(case, rng, lambda map: map.update({name: digests}))


@twist(3)
def an_odd_digest(case, rng):
    good = artifacts.digests("odd", ["sha256"])["sha256"]
    digests = rng.choice([
        {"sha256": good.upper()}, {"sha256": good[:-1]}, {"sha256": good + "00"}, {"sha256": "0" * 63 + "g"},
        {"sha256": ""}, {"sha512": good}, {"sha384": good}, {"gitoid:sha256": good}, {"gitoid:sha256": good[:40]},
        {"sha256": f" {good}"}, {"sha256": good, "sha512": good}, {"SHA256": good}, {"sha-256": good}, {"": good},
        {"sha1": good[:40]}, {"md5": "ABCDEF"}, {"sha256": None}, {"sha256": 5}, [], None, "x",
    ])  # fmt: skip
    name = rng.choice(["odd", "src/odd"])
    return change(case, rng, lambda map: map.update({name: digests}))


@twist(2)
def a_digest_that_is_no_digits(case, rng):
    digests = rng.choice(
        [
            {"x": "no digits"},
            {"dirHash": "h1:abc="},
            {"gitCommit": "", "sha256": "0" * 64},
            {"x": "no digits", "sha256": "0" * 64},
        ]
    )
    return change(case, rng, lambda map: map.update({"other": digests}))


@twist(3)
def links_disagree(case, rng):
    level, step = a_step(case, rng)
    links = [link for link in (level.links_of(step["name"]) if step else []) if not link.level]
    if len(links) < 2:
        return False
    map = rng.choice(links).document.payload[rng.choice(["materials", "products"])]
    if map and rng.random() < 0.5:
        map.pop(rng.choice(list(map)))
    else:
        map["only here"] = artifacts.digests("here", ["sha256"])
    return True


@twist(3)
def link_of_another_name(case, rng):
    link = a_link(case, rng)
    if not link:
        return False
    names = [step["name"] for step in case.level.layout["steps"]]
    link.document.payload["name"] = rng.choice([*names, "other", "", link.step.upper(), 5, None])
    return True


@twist(4)
def a_link_missing(case, rng):
    level = a_level(case, rng)
    if not level.links:
        return False
    level.links.remove(rng.choice(level.links))
    return True


@twist(3)
def a_surplus_link(case, rng):
    """Another functionary who may carry out the step has a link too."""
    level, step = a_step(case, rng)
    links = [link for link in (level.links_of(step["name"]) if step else []) if not link.level]
    key = rng.choice([keys.STRANGER, *keys.OTHERS])
    if not links or any(other.public == key.public for other in level.keys.values()):
        return False
    document = links[0].document.copy()
    document.signatures = [type(document.signatures[0])(key.keyid(), key)]
    level.links.append(LinkFile(step["name"], key.keyid(), document))
    if rng.random() < 0.7:
        level.keys[key.keyid()] = key
        level.layout["keys"][key.keyid()] = key.entry(key.keyid())
        step["pubkeys"].append(key.keyid())
    return True


@twist(4)
def a_broken_link(case, rng):
    """The file of a functionary whose link is not needed holds something else."""
    level, step = a_step(case, rng)
    if not step or not isinstance(step["pubkeys"], list):
        return False
    key = keys.STRANGER
    label = key.keyid()
    level.layout["keys"][label] = key.entry(label)
    step["pubkeys"].insert(rng.choice([0, len(step["pubkeys"])]), label)
    links = [link for link in level.links if not link.level]
    good = copy.copy(links[0].document).file() if links else b"{}"
    level.files[f"{step['name']}.{label[:8]}.link"] = rng.choice([
        b"", b"{", b"[]", b"{}", b"5", b"null", good[:-3], good + b"x", b"\xef\xbb\xbf" + good, b"\xff" + good, good,
        b'{"signed": {}, "signatures": []}', b'{"signed": {"_type": "link"}, "signatures": []}',
        b'{"signed": {"_type": "x"}, "signatures": []}',
        b'{"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": []}',
        b'{"payload": "!", "payloadType": "application/vnd.in-toto+json", "signatures": []}',
        b'{"payload": "e30=", "payloadType": "text/plain", "signatures": []}',
        b'{"payload": "e30=", "payloadType": "application/vnd.in-toto+json"}',
        b'{"signed": {"_type": "link", "name": "x", "materials": {"a": {"sha256": "zz"}}, "products": {}}}',
    ])  # fmt: skip
    return True


@twist(2)
def command_of_a_link(case, rng):
    link = a_link(case, rng)
    if not link:
        return False
    link.document.payload["command"] = rng.choice([[], ["x"], [5], [["x"]], "make", None, {}, [None]])
    return True


@twist(2)
def environment_and_byproducts(case, rng):
    link = a_link(case, rng)
    if not link:
        return False
    member = rng.choice(["environment", "byproducts"])
    link.document.payload[member] = rng.choice(
        [[], None, "x", 5, {"return-value": "0"}, {"return-value": Raw("-0")}, {"a": [[[]]]}, {"return-value": []}]
    )
    return True


@twist(2)
def a_statement_as_link(case, rng):
    links = some_links(case, rng)
    type_, predicate_type = rng.choice(statements.TYPES), rng.choice([statements.V0_2, statements.V0_3])
    for link in links:
        document = link.document
        document.payload = statements.statement(document.payload, type_, predicate_type)
        if rng.random() < 0.9:
            document.wrapping = "dsse"
        for list_ in (document.payload["subject"], document.payload["predicate"]["materials"]):
            if isinstance(list_, list) and rng.random() < 0.4:
                statements.elaborate(list_, rng)
        odd = rng.random()
        if odd < 0.05:
            del document.payload["predicate"]["materials"]
        elif odd < 0.1:
            document.payload["subject"].append({"name": "x", "digest": {}, "uri": "x"})
        elif odd < 0.15:
            document.payload["predicateType"] = "https://slsa.dev/provenance/v1"
    return bool(links)


@twist(1.5)
def links_in_an_attestation_bundle(case, rng):
    link = a_link(case, rng)
    if not link:
        return False
    level = next(level for level in levels(case) if link in level.links)
    document = link.document
    if rng.random() < 0.5:
        document.payload = statements.statement(document.payload, statements.TYPES[0], statements.V0_3)
    document.wrapping = "dsse"
    document.style = Style()
    # Where it stands as a file as well, it is the same evidence twice.
    if rng.random() < 0.8:
        level.links.remove(link)
    if rng.random() < 0.3:
        document.bundled = rng.choice(files.SIGSTORE)
    lines = [document.file(), b"", rng.choice([b"", b"{}", b"no JSON", document.file()])]
    if rng.random() < 0.3:
        lines[0] = b"[" + b", ".join([lines[0], rng.choice([b"{}", b"[]", lines[0]])]) + b"]"
        case.features.add("array of envelopes")
    rng.shuffle(lines)
    level.files[rng.choice(["build.intoto.jsonl", "x.intoto.jsonl", "x.sigstore.json"])] = b"\n".join(lines)
    return True


@twist(1.5)
def other_attestations(case, rng):
    """What somebody attests besides changes nothing."""
    level = a_level(case, rng)
    statement = {
        "_type": statements.TYPES[0],
        "subject": [{"name": "x", "digest": {"sha256": "0" * 64}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    }
    label = rng.choice(list(level.keys))
    document = Document(statement, "dsse", [Signature(label, level.keys[label])])
    document.style = Style()
    level.files["provenance.intoto.jsonl"] = document.file()
