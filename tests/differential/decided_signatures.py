"""Whether a file has a good signature of a key, and whether two keys are one."""

import copy
import re

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Key
from securesystemslib.signer import Signature as KeySignature

from files import ANY_KEY, OPENPGP
from switches import ON

# Key types and their schemes that sitrep checks.
SCHEMES = {
    "ed25519": {"ed25519"},
    "rsa": {f"{padding}-sha{bits}" for padding in ("rsassa-pss", "rsa-pkcs1v15") for bits in (256, 384, 512)},
    "ecdsa": {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"},
    "ecdsa-sha2-nistp256": {"ecdsa-sha2-nistp256"},
    "ecdsa-sha2-nistp384": {"ecdsa-sha2-nistp384"},
    "ecdsa-sha2-nistp521": {"ecdsa-sha2-nistp521"},
}

PEM = re.compile(r"-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]*-----END PUBLIC KEY-----")


def is_signed(file, key, labels, reasons):
    """Has the file a good signature of the key, which is known by these labels?"""
    labels = [key.get("keyid", labels[0]), *labels[1:]]
    candidates = [digits for keyid, digits in file.signatures if keyid is ANY_KEY or keyid in labels]
    label = labels[0]
    for number, digits in enumerate(candidates):
        if number > 0 and "any-good-signature" not in ON:
            break
        if key["scheme"] not in SCHEMES.get(key["keytype"], ()) and "known-scheme" in ON:
            reasons.append("owner-scheme")
            continue
        reasons.append("owner-signature")
        if digits is OPENPGP:
            raise KeyError("type")
        # Python reads over white space between digits.
        if key["keytype"] == "ed25519" and re.search(r"\s", key["keyval"]["public"]) and "hexadecimal" in ON:
            continue
        # Nor is text around PEM a part of it.
        if key["keytype"] != "ed25519" and not PEM.fullmatch(key["keyval"]["public"].strip()) and "strict-pem" in ON:
            continue
        message = file.signed_bytes()
        try:
            Key.from_dict(label, copy.deepcopy(key)).verify_signature(KeySignature(label, digits), message)
        except UnverifiedSignatureError:
            continue
        except (VerificationError, ValueError):
            # Of an envelope's signature in-toto says that it is not good; of a Metablock's it raises.
            if file.is_dsse or "unusable-signature" in ON:
                continue
            raise
        return True
    return False


def public_bytes(key):
    """A key's public bytes: its text may be wrapped in many ways."""
    public = key["keyval"]["public"]
    try:
        if key["keytype"] == "ed25519":
            return bytes.fromhex(public)
        return load_pem_public_key(public.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError:
        return public
