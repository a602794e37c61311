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
    """A list of resource descriptors as the map that links have."""
    artifacts = {}
    orders = set()
    for descriptor in descriptors if isinstance(descriptors, list) else [None]:
        if (
            not isinstance(descriptor, dict)
            or set(descriptor) != {"name", "digest"}
            or not isinstance(descriptor["name"], str)
        ):
            raise Refused("link-member")
        if descriptor["name"] in artifacts or not descriptor["name"]:
            raise Refused("link-member")
        artifacts[descriptor["name"]] = descriptor["digest"]
        orders.add(tuple(descriptor))
    if len(orders) > 1:
        # The bundle has one order of members for all entries of a list, as writers have.
        raise Refused("link-member")
    return artifacts
