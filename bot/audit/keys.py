"""The keys of the record. All come from the one text `audit_key`; the public half verifies and can sign nothing."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_HALF = re.compile("[0-9a-f]{64}")
_SIGNATURE = re.compile("[0-9a-f]{128}")
_SIGNING = b"logoff-bot: the signature of an entry"
_SEALING = b"logoff-bot: the seal of a row"
_NAMING = b"logoff-bot: the name of a credential"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a key: it verifies signatures. Two halves are equal when their texts are."""

    text: str  # 64 lower-case hexadecimal digits
    _half: Ed25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` for a text that is no public half."""
        if not _HALF.fullmatch(self.text):
            raise ValueError("a public half is 64 hexadecimal digits")
        object.__setattr__(self, "_half", Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.text)))

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the public half of a text as people paste it. Raises `ValueError` for any other text."""
        return cls(text.strip().lower())

    @property
    def key_id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the public half."""
        return hashlib.sha256(bytes.fromhex(self.text)).hexdigest()[:16]

    def fits(self, hash_: str, signature: str) -> bool:
        """Return whether this key's owner signed the hash. Any other text than a hash and a signature does not fit."""
        if not (_HALF.fullmatch(hash_) and _SIGNATURE.fullmatch(signature)):
            return False
        try:
            self._half.verify(bytes.fromhex(signature), bytes.fromhex(hash_))
        except InvalidSignature:
            return False
        return True


class SigningKeys:
    """The keys that sign entries, seal rows, and name credentials without giving them away, of one secret text."""

    def __init__(self, secret: str) -> None:
        """Derive the keys. Raises `ValueError` for an empty text."""
        if not secret:
            raise ValueError("the audit key is empty")
        self._signer = Ed25519PrivateKey.from_private_bytes(_derived(secret, _SIGNING))
        self.seal_key = _derived(secret, _SEALING)
        self.credential_key = _derived(secret, _NAMING)
        self.public = PublicKey(self._signer.public_key().public_bytes_raw().hex())
        self.key_id = self.public.key_id

    def __repr__(self) -> str:
        return f"SigningKeys({self.key_id})"

    def sign(self, hash_: str) -> str:
        """Return the signature of a hash of 64 hexadecimal digits: 128 hexadecimal digits."""
        return self._signer.sign(bytes.fromhex(hash_)).hex()


def _derived(secret: str, label: bytes) -> bytes:
    """Return 32 bytes of the secret for one purpose: HKDF-SHA256 without a salt, RFC 5869."""
    expand = HKDF(algorithm=SHA256(), length=32, salt=None, info=label)
    return expand.derive(secret.encode("utf-8", "surrogatepass"))
