"""Test keys. Everybody can compute them: they protect nothing.

A key is written into a layout as one of in-toto's dialects writes it, and known there by a label, its key id.
"""

import hashlib
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa

CURVES = {256: (ec.SECP256R1, hashes.SHA256), 384: (ec.SECP384R1, hashes.SHA384), 521: (ec.SECP521R1, hashes.SHA512)}

# How far from the number that each is searched from the primes of the RSA keys lie, found once.
PRIMES = [385, 860, 62, 2473]


def _number(name, length):
    return int.from_bytes(hashlib.shake_256(b"sitrep test " + name.encode()).digest(length), "big")


def _prime(number):
    return (_number(f"prime {number}", 128) | 3 << 1022 | 1) + 2 * PRIMES[number]


def _rsa(number):
    p, q = _prime(2 * number), _prime(2 * number + 1)
    e = 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


class Key:
    """A key pair with the scheme that it signs with."""

    def __init__(self, name, private, keytype, scheme, public):
        self.name = name
        self.private = private
        self.keytype = keytype
        self.scheme = scheme
        self.public = public

    @classmethod
    def ed25519(cls, name):
        private = ed25519.Ed25519PrivateKey.from_private_bytes(_number(name, 32).to_bytes(32, "big"))
        public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return cls(name, private, "ed25519", "ed25519", public.hex())

    @classmethod
    def ecdsa(cls, name, bits):
        private = ec.derive_private_key(_number(name, bits // 8 - 1), CURVES[bits][0]())
        return cls(name, private, "ecdsa", f"ecdsa-sha2-nistp{bits}", _pem(private))

    @classmethod
    def ml_dsa(cls, name):
        private = mldsa.MLDSA44PrivateKey.from_seed_bytes(_number(name, 32).to_bytes(32, "big"))
        return cls(name, private, "ml-dsa", "ml-dsa-44/1", _pem(private))

    @classmethod
    def rsa(cls, number, scheme="rsassa-pss-sha256"):
        private = _rsa(number)
        return cls(f"rsa {number} {scheme}", private, "rsa", scheme, _pem(private))

    def sign(self, message, scheme=None):
        """A signature over these bytes; with another scheme than its own where one is named."""
        scheme = scheme or self.scheme
        if self.keytype == "ed25519":
            return self.private.sign(message)
        if self.keytype == "ml-dsa":
            return self.private.sign(b"tuf\1" + hashlib.sha512(message).digest())
        if self.keytype == "ecdsa":
            bits = self.private.curve.key_size
            return self.private.sign(message, ec.ECDSA(CURVES[bits][1](), deterministic_signing=True))
        algorithm = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}[scheme[-3:]]()
        if "pkcs1v15" in scheme:
            return self.private.sign(message, padding.PKCS1v15(), algorithm)
        return self.private.sign(message, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)

    def keyid(self, dialect="python3"):
        """The key id that a dialect computes: the SHA-256 of its canonical JSON."""
        members = self._members(self.public.rstrip() if dialect in ("go", "trimmed") else self.public)
        if dialect in ("go", "older"):
            members |= ALGORITHMS
        text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        # Canonical JSON leaves line feeds as they are.
        return hashlib.sha256(text.replace("\\n", "\n").encode()).hexdigest()

    def pem(self):
        """The public key as a file of its own."""
        return _pem(self.private)

    def computed_ids(self):
        """Those of all dialects."""
        return [self.keyid(dialect) for dialect in ("python3", "older", "go", "trimmed")]

    def entry(self, label, dialect="python3"):
        """The key as it stands in a layout."""
        members = self._members(self.public)
        if dialect in ("go", "older"):
            members |= ALGORITHMS
        if dialect == "older":
            members["keyval"]["private"] = ""
        return {"keyid": label, **members}

    def _members(self, public):
        return {"keytype": self.keytype, "scheme": self.scheme, "keyval": {"public": public}}


ALGORITHMS = {"keyid_hash_algorithms": ["sha256", "sha512"]}


def _pem(private):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


OWNERS = [Key.ed25519(f"owner {number}") for number in range(3)] + [Key.ecdsa("owner 3", 256), Key.rsa(0)]

# Those who carry out steps. Most sign with Ed25519, as devices check nothing else.
ED25519 = [Key.ed25519(f"functionary {number}") for number in range(10)]
OTHERS = [
    Key.ecdsa("functionary 10", 256),
    Key.ecdsa("functionary 11", 384),
    Key.ecdsa("functionary 12", 521),
    Key.rsa(0),
    Key.rsa(1),
    Key.rsa(1, "rsassa-pss-sha512"),
    Key.rsa(0, "rsa-pkcs1v15-sha256"),
]
STRANGER = Key.ed25519("stranger")
# Of a kind that in-toto has and sitrep has not.
ML_DSA = Key.ml_dsa("functionary 13")
