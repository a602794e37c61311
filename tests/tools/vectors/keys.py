"""Keys for tests, derived from their names: worthless for anything else. The same name gives the same key, and a signature is the same
each time, whatever its scheme."""

import functools
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from jsontext import canonical

_HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
_CURVES = {"ecdsa-sha2-nistp256": ec.SECP256R1, "ecdsa-sha2-nistp384": ec.SECP384R1}
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _seed(name, part=""):
    return hashlib.sha512(f"sitrep test key {name} {part}".encode()).digest()


def _is_prime(number):
    """Miller and Rabin's test, with bases enough for a test key."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _prime(name, part, bits):
    stream = b"".join(_seed(name, f"{part} {block}") for block in range(bits // 512 + 1))
    # The two highest bits are set, so that the product of two primes is as long as it should be.
    number = int.from_bytes(stream[: bits // 8], "big") | 3 << bits - 2 | 1
    while any(number % small == 0 for small in (3, 5, 7, 11, 13, 17)) or number % 65537 == 1 or not _is_prime(number):
        number += 2
    return number


@functools.cache
def _private(name, scheme):
    if scheme == "ed25519":
        return Ed25519PrivateKey.from_private_bytes(_seed(name)[:32])
    if scheme in _CURVES:
        return ec.derive_private_key(int.from_bytes(_seed(name)[:31], "big") + 1, _CURVES[scheme]())
    p, q = _prime(name, "p", 1024), _prime(name, "q", 1024)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key()


class Key:
    """A test key. Its scheme is in-toto's name; several keys may have one name, in different schemes."""

    def __init__(self, name, scheme="ed25519"):
        self.name, self.scheme = name, scheme
        # Two RSA schemes are two uses of one key.
        self.private = _private(name, "rsa" if scheme.startswith("rsa") else scheme)
        public = self.private.public_key()
        self.pem = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()
        if scheme == "ed25519":
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            self.keytype, self.public = "ed25519", raw.hex()
        else:
            self.keytype, self.public = ("rsa" if scheme.startswith("rsa") else "ecdsa"), self.pem

    def _members(self, form):
        members = {"keytype": self.keytype, "keyval": {"public": self.public}, "scheme": self.scheme}
        if form != "python":
            members["keyid_hash_algorithms"] = ["sha256", "sha512"]
        return members

    def id(self, form):
        """The key id, as a dialect of in-toto computes it: `python`, `legacy` or `go`."""
        return hashlib.sha256(canonical(self._members(form)).encode()).hexdigest()

    def entry(self, form):
        """The key as a member of a layout's `keys`."""
        entry = {"keyid": self.id(form), **self._members(form)}
        if form == "legacy":
            entry["keyval"] = {"private": "", **entry["keyval"]}
        return entry

    def sign(self, message, scheme=None, salt=None):
        """A signature over bytes. `salt` is the length of PSS's salt, that of the digest if not given."""
        scheme = scheme or self.scheme
        if scheme == "ed25519":
            return self.private.sign(message)
        if scheme in _CURVES:
            digest = hashes.SHA256() if scheme.endswith("256") else hashes.SHA384()
            return self.private.sign(message, ec.ECDSA(digest, deterministic_signing=True))
        digest = _HASHES[scheme[-3:]]()
        if scheme.startswith("rsa-pkcs1v15"):
            return self.private.sign(message, padding.PKCS1v15(), digest)
        return self._pss(message, digest, digest.digest_size if salt is None else salt)

    def _pss(self, message, digest, salt_length):
        """RFC 8017, section 9.1.1, with a salt that follows from the message: nothing about it has to be secret here."""
        name, size = digest.name, digest.digest_size
        numbers = self.private.private_numbers()
        n = numbers.public_numbers.n
        length = (n.bit_length() + 6) // 8
        hashed = hashlib.new(name, message).digest()
        salt = b"".join(hashlib.sha512(hashed + bytes([i])).digest() for i in range(8))[:salt_length]
        h = hashlib.new(name, bytes(8) + hashed + salt).digest()
        block = bytes(length - salt_length - size - 2) + b"\x01" + salt
        mask = b"".join(hashlib.new(name, h + i.to_bytes(4, "big")).digest() for i in range(length // size + 1))
        masked = bytearray(a ^ b for a, b in zip(block, mask))
        masked[0] &= 0xFF >> 8 * length - (n.bit_length() - 1)
        signature = pow(int.from_bytes(bytes(masked) + h + b"\xbc", "big"), numbers.d, n).to_bytes(len_of(n), "big")
        auto = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
        self.private.public_key().verify(signature, message, auto, digest)
        return signature


def len_of(number):
    """Bytes that a number takes."""
    return (number.bit_length() + 7) // 8


def high_s(signature):
    """The larger of the two ECDSA P-256 signatures that are equally good."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, max(s, _P256_ORDER - s))


def raw_ecdsa(signature, size=32):
    """Both numbers of an ECDSA signature one after the other, as IEEE P1363 and JOSE have it, without DER."""
    r, s = decode_dss_signature(signature)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def not_reduced(signature):
    """An Ed25519 signature whose second half is larger by the group's order (RFC 8032, section 5.1.7, forbids it)."""
    s = int.from_bytes(signature[32:], "little") + _ED25519_ORDER
    return signature[:32] + s.to_bytes(32, "little")
