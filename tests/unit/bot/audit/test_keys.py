from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.audit.keys import PublicKey, SigningKeys
from tests.support.cases import for_each

SECRET = "0123456789abcdef0123456789abcdef"
HASH = hashlib.sha256(b"an entry").hexdigest()


def derived(label: bytes) -> bytes:
    """HKDF-SHA256 of RFC 5869 without a salt, for 32 bytes: written out, to compare with the library's."""
    extracted = hmac.new(bytes(32), SECRET.encode(), hashlib.sha256).digest()
    return hmac.new(extracted, label + b"\x01", hashlib.sha256).digest()


def test_both_keys_come_from_the_secret_each_under_its_own_label() -> None:
    keys = SigningKeys(SECRET)
    seed = derived(b"logoff-bot: the signature of an entry")
    assert keys.sign(HASH) == Ed25519PrivateKey.from_private_bytes(seed).sign(bytes.fromhex(HASH)).hex()
    assert keys.seal_key == derived(b"logoff-bot: the seal of a row")
    assert keys.seal_key != seed


def test_the_same_secret_makes_the_same_key_and_another_one_another() -> None:
    keys, same, other = SigningKeys(SECRET), SigningKeys(SECRET), SigningKeys(SECRET + ".")
    assert (keys.public, keys.seal_key) == (same.public, same.seal_key)
    assert keys.public != other.public
    assert keys.key_id != other.key_id
    assert keys.seal_key != other.seal_key


def test_the_id_of_a_key_is_the_begin_of_the_digest_of_its_public_half() -> None:
    keys = SigningKeys(SECRET)
    assert keys.key_id == hashlib.sha256(bytes.fromhex(keys.public.text)).hexdigest()[:16]
    assert keys.public.key_id == keys.key_id


def test_the_public_half_verifies_what_the_key_signed_and_nothing_else() -> None:
    keys, half = SigningKeys(SECRET), PublicKey.read(f"  {SigningKeys(SECRET).public.text.upper()}\n")
    signature = keys.sign(HASH)
    assert half.fits(HASH, signature)
    assert not half.fits(hashlib.sha256(b"another").hexdigest(), signature)
    assert not SigningKeys("another secret").public.fits(HASH, signature)


@for_each("signature", ["", "é", "0" * 128, "f" * 128, "0" * 127, "0" * 130, "x" * 128, "A" * 128])
def test_what_is_no_signature_does_not_fit(signature: str) -> None:
    assert not SigningKeys(SECRET).public.fits(HASH, signature)


def test_every_signature_has_one_spelling() -> None:
    keys = SigningKeys(SECRET)
    signature = keys.sign(HASH)
    assert not keys.public.fits(HASH, signature.upper())
    assert not keys.public.fits(HASH.upper(), signature)
    assert not keys.public.fits(HASH, f"{signature[:2]} {signature[2:]}")


@for_each("text", ["", "0" * 63, "0" * 65, "g" * 64, "0" * 32 + " " + "0" * 31])
def test_what_is_no_public_half_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        PublicKey.read(text)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        SigningKeys("")


def test_no_secret_is_in_what_is_printed() -> None:
    keys = SigningKeys(SECRET)
    shown = f"{keys} {keys!r} {keys.public!r}"
    assert keys.key_id in shown
    assert not any(secret in shown for secret in (SECRET, keys.seal_key.hex(), repr(keys.seal_key)))
