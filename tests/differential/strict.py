"""What sitrep demands of a payload, and what it lets pass, beside in-toto's own validation."""

import contextlib
import datetime
import functools
import itertools
import re
from unittest import mock

import in_toto.formats
from in_toto import rulelib
from in_toto.models import layout as layout_model
from in_toto.models import link as link_model
from in_toto.models.common import Signable, ValidationMixin
from securesystemslib.exceptions import FormatError

from switches import ON

REQUIRED = {"layout": ["expires", "keys", "steps", "inspect"], "link": ["name", "materials", "products"]}
REQUIRED_OF_STEP = ["name", "pubkeys", "threshold", "expected_materials", "expected_products"]

# Digits of the algorithms that tell artifacts apart.
KNOWN = {"sha256": 64, "sha384": 96, "sha512": 128, "gitoid:sha256": 64}


def problems(value):
    """Every problem of a payload: the decision that makes it one, or `None` where in-toto refuses it; sitrep's code."""
    found = []
    for member in REQUIRED[value["_type"]]:
        if member not in value:
            found.append(("required-member", f"{value['_type']}-member"))
    found += _layout(value) if value["_type"] == "layout" else _link(value)
    return found


def _layout(layout):
    expires = layout.get("expires")
    if "expires" in layout and not _is_time(expires):
        # in-toto takes an empty one for a missing one.
        yield "expiry-form", "layout-expires"
    keys = layout.get("keys", {})
    for label, key in keys.items() if isinstance(keys, dict) else []:
        yield from _key(label, key)
    if not isinstance(keys, dict):
        yield None, "layout-member"
    names = []
    for step in _list(layout.get("steps")):
        if not isinstance(step, dict):
            yield None, "layout-member"
            continue
        yield from _step(step)
        if step.get("name") in names:
            yield None, "layout-name"
        names.append(step.get("name"))
    for member in ("steps", "inspect"):
        # An empty text or object is an empty list to Python.
        if member in layout and not isinstance(layout[member], list):
            yield "required-member", "layout-member"


def _key(label, key):
    if not isinstance(key, dict):
        yield None, "layout-key"
        return
    if "keyid" in key and key["keyid"] != label:
        if isinstance(key["keyid"], str):
            yield "key-under-its-label", "layout-keyid"
        else:
            yield None, "layout-key"
    keyval = key.get("keyval")
    public = keyval.get("public") if isinstance(keyval, dict) else None
    if not all(isinstance(text, str) for text in (key.get("keytype"), key.get("scheme"), public)):
        yield None, "layout-key"


def _step(step):
    for member in REQUIRED_OF_STEP:
        if member not in step:
            yield "required-member", "layout-member"
    name = step.get("name", "x")
    if not isinstance(name, str):
        yield "required-member", "layout-member"
    elif name in ("", ".", "..") or re.search(r"[/\\\0]", name):
        yield "step-name", "layout-name"
    if not _are_strings(step.get("expected_command", [])):
        yield "list-of-strings", "layout-member"
    threshold = step.get("threshold", 1)
    if isinstance(threshold, bool) or not isinstance(threshold, int) or not 1 <= threshold < 1 << 32:
        yield "threshold", "layout-threshold"
    if not _are_strings(step.get("pubkeys", [])):
        yield None, "layout-member"
    for member in ("expected_materials", "expected_products"):
        if not isinstance(step.get(member, []), list):
            yield None, "layout-member"
        for rule in _list(step.get(member)):
            yield from of_rule(rule)


def of_rule(rule):
    """What is wrong with a rule."""
    try:
        parts = rulelib.unpack_rule(rule)
    except Exception:  # noqa: BLE001 (in-toto's message does not matter here)
        yield None, "layout-rule"
        # Where a prefix stands is not to be told from such a rule.
        yield None, "layout-prefix"
        return
    given = [rule[place + 1] for place in (2, 4) if len(rule) > place + 3 and rule[place].lower() == "in"]
    given += [rule[7]] if len(rule) == 10 else []
    if parts["rule_type"] == "match" and not all(is_prefix(prefix) for prefix in given):
        yield "normalised-prefix", "layout-prefix"


def _link(link):
    if not isinstance(link.get("name", ""), str):
        yield "required-member", "link-member"
    if not _are_strings(link.get("command", [])):
        yield "list-of-strings", "link-member"
    for member in ("materials", "products"):
        artifacts = link.get(member, {})
        for name, digests in artifacts.items() if isinstance(artifacts, dict) else []:
            if not is_name(name):
                yield "artifact-name", "link-artifact-name"
            for algorithm, value in digests.items() if isinstance(digests, dict) else []:
                if algorithm in KNOWN and not re.fullmatch(f"[0-9a-f]{{{KNOWN[algorithm]}}}", str(value)):
                    yield "digest-form", "link-digest"


def _list(value):
    return value if isinstance(value, list) else []


def _are_strings(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_time(text):
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        return False
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").year >= 1970
    except ValueError:
        return False


def is_prefix(text):
    """A normalised path, with one trailing `/` at most."""
    return _is_path(text.removesuffix("/"))


def is_name(name):
    """A normalised path, or a URI."""
    return _is_path(name) or bool(re.match("[A-Za-z][A-Za-z0-9+.-]*:", name))


def _is_path(text):
    """No component is empty or `.`, and `..` stands at the front of a relative path alone."""
    parts = text.removeprefix("/").split("/")
    ups = 0 if text.startswith("/") else len(list(itertools.takewhile(lambda part: part == "..", parts)))
    return all(part not in ("", ".", "..") for part in parts[ups:])


def tolerated(value):
    """A copy of the payload without what in-toto stumbles over although it decides nothing."""
    value = dict(value)
    if isinstance(value.get("steps"), list):
        value["steps"] = [dict(step) if isinstance(step, dict) else step for step in value["steps"]]
    for item in (value, *_list(value.get("steps"))):
        if isinstance(item, dict) and "self" in item and "any-unknown-member" in ON:
            del item["self"]
    for member, kind in (("readme", str), ("environment", dict)):
        if member in value and not isinstance(value[member], kind) and "idle-member" in ON:
            del value[member]
    return value


@contextlib.contextmanager
def patched():
    """in-toto's validation, where decisions let more pass."""
    with (
        mock.patch.object(layout_model, "_check_hex", _check_label),
        mock.patch.object(layout_model, "_check_public_keys", _check_keys),
        mock.patch.object(link_model, "_check_hash_dict", _check_digests),
        mock.patch.object(ValidationMixin, "validate", _validate),
    ):
        yield


@functools.cache
def _checks(kind):
    return [name for name in dir(kind) if name.startswith("_validate_")]


def _validate(self):
    """in-toto's own, without the time to find its methods. On its way it makes links' and layouts' signed bytes."""
    if isinstance(self, Signable):
        try:
            _ = self.signable_bytes
        except FormatError:
            # Canonical JSON has no other numbers than integers.
            if "any-number" not in ON:
                raise
    for name in _checks(type(self)):
        getattr(self, name)()


def _check_label(label):
    try:
        in_toto.formats._check_hex(label)
    except FormatError:
        if not isinstance(label, str) or "any-label" not in ON:
            raise


def _check_keys(keys):
    in_toto.formats._check_dict(keys)
    for label, key in keys.items():
        _check_label(label)
        if isinstance(key, dict) and "keyid" not in key and "keyid-may-be-missing" in ON:
            key = {**key, "keyid": label}
        try:
            in_toto.formats._check_public_key(key)
        except ValueError:
            # A kind of key that in-toto does not know.
            if any(True for _ in _key(label, key)) or "unknown-key" not in ON:
                raise


def _check_digests(digests):
    in_toto.formats._check_dict(digests)
    for algorithm, value in digests.items():
        try:
            in_toto.formats._check_hash_dict({algorithm: value})
        except FormatError:
            if algorithm in KNOWN or not isinstance(value, str) or "other-digest" not in ON:
                raise
