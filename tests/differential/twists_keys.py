"""Which keys owners may list in layouts, and how."""

import copy

import keys
from twists import a_level, a_step, levels, twist


@twist(2)
def surplus_key(case, rng):
    level = a_level(case, rng)
    key = rng.choice([keys.STRANGER, *keys.OTHERS])
    level.layout["keys"][key.keyid()] = key.entry(key.keyid())


@twist(2)
def unknown_pubkey(case, rng):
    _, step = a_step(case, rng)
    step["pubkeys"].insert(
        rng.randint(0, len(step["pubkeys"])), rng.choice([rng.randbytes(32).hex(), keys.STRANGER.keyid()])
    )


@twist(1)
def pubkey_twice(case, rng):
    _, step = a_step(case, rng)
    step["pubkeys"].append(rng.choice(step["pubkeys"]))


@twist(1.5)
def unknown_pubkey_that_is_no_hash(case, rng):
    _, step = a_step(case, rng)
    step["pubkeys"].append(rng.choice(["somebody", "", "\u00fc", "0x12"]))


def relabel(level, old, new):
    """Gives a key of a layout another label everywhere."""
    level.keys[new] = level.keys.pop(old)
    entries = level.layout["keys"]
    entries[new] = entries.pop(old) | {"keyid": new}
    for step in level.layout["steps"]:
        step["pubkeys"] = [new if label == old else label for label in step["pubkeys"]]
    for link in level.links:
        if link.label == old:
            link.label = new
        for signature in link.document.signatures:
            if signature.label == old:
                signature.label = new


@twist(2)
def any_label(case, rng):
    level = a_level(case, rng)
    relabel(
        level,
        rng.choice(list(level.keys)),
        rng.choice(["alice", "key 1", "\u00fcser", "al", "ABCDEF0123", "a.b", "[x]", "{a}"]),
    )


@twist(2)
def key_without_keyid(case, rng):
    level = a_level(case, rng)
    del rng.choice(list(level.layout["keys"].values()))["keyid"]


@twist(1.5)
def key_under_another_label(case, rng):
    level = a_level(case, rng)
    rng.choice(list(level.layout["keys"].values()))["keyid"] = rng.choice(
        [rng.randbytes(32).hex(), keys.STRANGER.keyid(), 5]
    )


def rewrapped(rng, key, public):
    """The same key in another spelling."""
    if key.keytype == "ed25519":
        return rng.choice([public, public, public.upper()])
    return rng.choice([public, public.rstrip(), public.replace("\n", "\r\n"), public + "\n"])


@twist(5)
def two_labels_of_one_key(case, rng):
    level, step = a_step(case, rng)
    links = level.links_of(step["name"])
    link = rng.choice(links)
    if link.level or link.label not in level.layout["keys"]:
        return False
    label = rng.randbytes(20).hex()
    entry = copy.deepcopy(level.layout["keys"][link.label]) | {"keyid": label}
    entry["keyval"]["public"] = rewrapped(rng, level.keys[link.label], entry["keyval"]["public"])
    level.layout["keys"][label] = entry
    step["pubkeys"].append(label)
    if rng.random() < 0.8:
        again = copy.copy(link)
        again.label = label
        again.document = link.document.copy()
        for signature in again.document.signatures:
            signature.label = label
        level.links.append(again)
        if rng.random() < 0.7:
            step["threshold"] += 1
            case.features.add("two labels, to reach a threshold")
    return True


@twist(1.5)
def key_of_an_unknown_kind(case, rng):
    level, step = a_step(case, rng)
    label = rng.randbytes(20).hex()
    change = rng.choice(
        [
            {"scheme": "ed448"},
            {"keytype": "sigstore"},
            {"keytype": "rsa"},
            {"keytype": "x", "scheme": "y"},
            {"scheme": "pgp+eddsa-ed25519"},
        ]
    )
    level.layout["keys"][label] = keys.STRANGER.entry(label) | change
    if rng.random() < 0.5:
        step["pubkeys"].append(label)


@twist(1)
def key_of_ml_dsa(case, rng):
    level, step = a_step(case, rng)
    link = rng.choice(level.links_of(step["name"]))
    if link.level:
        return False
    level.keys[link.label] = keys.ML_DSA
    level.layout["keys"][link.label] = keys.ML_DSA.entry(link.label)
    for link in level.links:
        for signature in link.document.signatures:
            if signature.label in level.keys and level.keys[signature.label] is keys.ML_DSA:
                signature.key = keys.ML_DSA
    return True


@twist(1.5)
def another_scheme(case, rng):
    level = a_level(case, rng)
    entry = rng.choice(list(level.layout["keys"].values()))
    entry["scheme"] = rng.choice(
        [
            "rsa-pkcs1v15-sha256",
            "rsassa-pss-sha256",
            "rsassa-pss-sha512",
            "ed25519",
            "ecdsa-sha2-nistp256",
            "ecdsa-sha2-nistp384",
        ]
    )


@twist(3)
def older_key_type(case, rng):
    entries = [key for level in levels(case) for key in level.layout["keys"].values() if key["keytype"] == "ecdsa"]
    if not entries:
        return False
    entry = rng.choice(entries)
    entry["keytype"] = entry["scheme"]
    return True


@twist(2)
def malformed_key(case, rng):
    level = a_level(case, rng)
    entry = rng.choice(list(level.layout["keys"].values()))
    member = rng.choice(["public", "public", "keytype", "scheme", "keyval", "private"])
    if member == "public":
        public = entry["keyval"]["public"]
        entry["keyval"]["public"] = rng.choice(
            [public[:-2], public + "00", "", public.upper(), "zz" * 32, public[1:], f" {public}", 5, None]
        )
    elif member == "private":
        entry["keyval"]["private"] = rng.choice(["", "secret", None])
    elif rng.random() < 0.5:
        del entry[member]
    else:
        entry[member] = rng.choice([5, None, "x", {}, []])
    return True
