"""Links as in-toto Statements: in-toto 3.1 reads none, sitrep takes them for links."""

from switches import Refused

TYPES = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]
V0_3 = "https://in-toto.io/attestation/link/v0.3"
V0_2 = "https://in-toto.io/Link/v0.2"


def statement(link, type_, predicate_type):
    """The statement that says what a link does."""
    predicate = {name: value for name, value in link.items() if name not in ("_type", "products", "materials")}
    predicate["materials"] = descriptors(link["materials"]) if predicate_type == V0_3 else link["materials"]
    return {
        "_type": type_,
        "subject": descriptors(link["products"]),
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def descriptors(artifacts):
    return [{"name": name, "digest": digests} for name, digests in artifacts.items()]


def is_link(value):
    """Is this the statement of a link?"""
    return isinstance(value, dict) and value.get("_type") in TYPES and value.get("predicateType") in (V0_2, V0_3)


def link(statement):
    """The link that a statement says."""
    predicate = statement.get("predicate")
    if not isinstance(predicate, dict):
        raise Refused("link-member")
    materials = predicate.get("materials", {})
    if statement["predicateType"] == V0_2 and "materials" not in predicate:
        raise Refused("link-member")
    if statement["predicateType"] == V0_3 and "materials" in predicate:
        materials = _artifacts(materials)
    products = _artifacts(statement.get("subject"))
    rest = {name: predicate[name] for name in ("name", "command", "byproducts") if name in predicate}
    return {"_type": "link", "materials": materials, "products": products, **rest}


def _artifacts(descriptors):
    """A list of resource descriptors as the map that links have: each is called by its name, or else by its URI."""
    artifacts = {}
    for descriptor in descriptors if isinstance(descriptors, list) else [None]:
        if not isinstance(descriptor, dict):
            raise Refused("link-member")
        name, digests = descriptor.get("name", descriptor.get("uri")), descriptor.get("digest")
        if not isinstance(name, str) or name in artifacts or not isinstance(digests, dict):
            raise Refused("link-member")
        if "name" in descriptor and descriptor.get("uri", "") is None:
            # In the bundle, `null` would be the place of the name.
            raise Refused("link-member")
        artifacts[name] = digests
    return artifacts


def elaborate(descriptors, rng):
    """Lets descriptors say more, in another order, or the name as a URI."""
    for descriptor in descriptors:
        what = rng.random()
        if what < 0.3:
            descriptor["uri"] = descriptor.pop("name")
        elif what < 0.5:
            descriptor["uri"] = rng.choice(["git+https://x/y", "evil", ""])
        elif what < 0.53:
            descriptor[rng.choice(["name", "uri"])] = None
        if rng.random() < 0.4:
            descriptor |= {
                "mediaType": "text/plain",
                "annotations": {"deep": [{"name": "evil", "digest": {}}, None, "\u00fc"]},
                rng.choice(["content", "downloadLocation", "x"]): rng.choice(["AA==", None, {}]),
            }
        if rng.random() < 0.4:
            members = list(descriptor.items())
            rng.shuffle(members)
            descriptor.clear()
            descriptor.update(members)
