"""What signatures may look like, and who may sign."""

import copy

import keys
from document import Signature
from twists import a_document, a_level, a_link, a_step, document_of, levels, twist


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]


def a_signature(case, rng):
    """A signature of a document, which has one."""
    document = a_document(case, rng)
    return document, rng.choice(document.signatures) if document.signatures else None


@twist(3)
def a_bad_signature(case, rng):
    _, signature = a_signature(case, rng)
    if not signature:
        return False
    signature.spoil = rng.choice(
        [flip, lambda data: data[:-1], lambda data: data + b"\0", lambda data: b"", lambda data: bytes(len(data))]
    )
    return True


@twist(2)
def signed_by_a_stranger(case, rng):
    _, signature = a_signature(case, rng)
    if not signature:
        return False
    signature.key = keys.STRANGER
    if rng.random() < 0.5:
        signature.label = keys.STRANGER.keyid()
    return True


@twist(2)
def signed_by_another_functionary(case, rng):
    level = a_level(case, rng)
    link = rng.choice(level.links or [None])
    if not link or not link.document.signatures:
        return False
    label = rng.choice(list(level.keys))
    signature = link.document.signatures[0]
    signature.key = level.keys[label]
    if rng.random() < 0.5:
        signature.label = label
    return True


@twist(2)
def signed_by_an_owner(case, rng):
    link = a_link(case, rng)
    owner = case.owners[0]
    if not link or not link.document.signatures:
        return False
    link.document.signatures = [Signature(rng.choice([link.label, owner.label]), owner.key)]
    return True


@twist(3)
def signature_of_a_stranger_too(case, rng):
    document = a_document(case, rng)
    signature = Signature(rng.choice([keys.STRANGER.keyid(), "stranger", "", rng.randbytes(32).hex()]), keys.STRANGER)
    document.signatures.insert(rng.randint(0, len(document.signatures)), signature)


@twist(3)
def without_keyid(case, rng):
    _, signature = a_signature(case, rng)
    if not signature:
        return False
    signature.label = rng.choice([None, None, ""])
    return True


@twist(2)
def another_keyid(case, rng):
    _, signature = a_signature(case, rng)
    if not signature or signature.label is None:
        return False
    signature.label = rng.choice(
        [
            rng.randbytes(32).hex(),
            signature.label.upper(),
            signature.label[:8],
            signature.label + "0",
            f" {signature.label}",
        ]
    )
    return True


@twist(4)
def two_signatures_of_one_key(case, rng):
    document, signature = a_signature(case, rng)
    if not signature:
        return False
    other = copy.copy(signature)
    if rng.random() < 0.8:
        other.spoil = flip
    document.signatures.insert(rng.randint(0, len(document.signatures)), other)
    return True


@twist(4)
def entry_that_is_no_signature(case, rng):
    document, signature = a_signature(case, rng)
    if not signature:
        return False
    if rng.random() < 0.6:
        # Beside the good one.
        signature = copy.copy(signature)
        document.signatures.insert(rng.randint(0, len(document.signatures)), signature)
        signature.label = rng.choice([keys.STRANGER.keyid(), signature.label])
    signature.bend = rng.choice(
        [
            lambda entry: entry | {"sig": "zz"},
            lambda entry: entry | {"sig": ""},
            lambda entry: entry | {"sig": None},
            lambda entry: {"sig": entry["sig"]},
            lambda entry: {"keyid": entry.get("keyid", "")},
            lambda entry: [],
            lambda entry: None,
            lambda entry: "x",
            lambda entry: entry | {"keyid": 5},
            lambda entry: entry | {"keyid": None},
            lambda entry: {"keyid": entry.get("keyid", ""), "signature": "00", "other_headers": "00"},
            lambda entry: entry | {"keyid": []},
            lambda entry: {**entry, "extra": 5},
            lambda entry: entry | {"sig": entry["sig"][:-1]},
            lambda entry: entry | {"keyid": ""},
        ]
    )
    return True


@twist(2)
def spelling_of_a_signature(case, rng):
    _, signature = a_signature(case, rng)
    if not signature:
        return False
    signature.bend = rng.choice(
        [
            lambda entry: entry | {"sig": entry["sig"].upper()},
            lambda entry: entry | {"sig": f" {entry['sig']}"},
            lambda entry: entry | {"sig": f"{entry['sig']}\n"},
            lambda entry: entry | {"sig": f"0x{entry['sig']}"},
            lambda entry: entry | {"sig": " ".join([entry["sig"][:2], entry["sig"][2:]])},
            lambda entry: entry | {"sig": entry["sig"] + "=="},
        ]
    )
    return True


@twist(1)
def very_many_signatures(case, rng):
    document = a_document(case, rng)
    for number in range(rng.choice([30, 40])):
        document.signatures.append(Signature(f"{number:064x}", keys.STRANGER))


@twist(4)
def co_signed(case, rng):
    """Functionaries sign one file together."""
    level, step = a_step(case, rng)
    links = [link for link in (level.links_of(step["name"]) if step else []) if not link.level]
    if not links:
        return False
    link = rng.choice(links)
    others = [label for label in level.keys if label != link.label]
    if not others:
        return False
    label = rng.choice(others)
    if label not in step["pubkeys"] and rng.random() < 0.8:
        step["pubkeys"].append(label)
    link.document.signatures.append(Signature(label, level.keys[label]))
    for other in links:
        if other is not link and other.label == label and rng.random() < 0.7:
            level.links.remove(other)
            break
    else:
        if rng.random() < 0.5:
            step["threshold"] += 1
    return True


@twist(2)
def filed_under_another_functionary(case, rng):
    level = a_level(case, rng)
    link = rng.choice(level.links or [None])
    if not link or link.level:
        return False
    label = rng.choice([*level.keys, keys.STRANGER.keyid(), "0" * 64])
    if any(other.label == label and other.step == link.step for other in level.links):
        return False
    link.renamed = f"{link.step}.{label[:8]}.link"
    return True


# --- owners ---


@twist(2)
def an_owner_has_not_signed(case, rng):
    if not case.document.signatures:
        return False
    case.document.signatures.remove(rng.choice(case.document.signatures))
    return True


@twist(2)
def signed_under_the_keyid_of_another_dialect(case, rng):
    owner = rng.choice(case.owners)
    for signature in case.document.signatures:
        if signature.key is owner.key:
            signature.label = rng.choice(owner.key.computed_ids())


@twist(1)
def signatures_of_another_layout(case, rng):
    """The signatures are good, but over another layout."""
    document = document_of(case, rng.choice(levels(case)))
    message = copy.deepcopy(document)
    message.payload = {**document.payload, "readme": "another"}
    for signature in document.signatures:
        signature.message = message.signed_bytes()
