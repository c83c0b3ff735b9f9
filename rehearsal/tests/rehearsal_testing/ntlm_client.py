"""A client of NTLM from [MS-NLMP] alone, without pyspnego. As Go's does, it takes the domain from the challenge."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNATURE = b"NTLMSSP\0"
UNICODE, REQUEST_TARGET, NTLM, EXTENDED, TARGET_INFO, VERSION = 1, 4, 0x200, 0x80000, 0x800000, 0x2000000
ASKED = UNICODE | REQUEST_TARGET | NTLM | EXTENDED | TARGET_INFO | VERSION
DOMAIN_IS_TARGET, SERVER_IS_TARGET = 0x10000, 0x20000
NEGOTIATE = SIGNATURE + struct.pack("<II", 1, ASKED) + b"\0" * 16 + b"\x0a\0\x63\x45\0\0\0\x0f"
NAMES = {2: "domain", 1: "computer", 4: "dns domain", 3: "dns computer", 5: "forest"}
TIME = 7
EPOCH_1601 = 116_444_736_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A CHALLENGE_MESSAGE, taken to pieces. `info` are the AV pairs in their order, `raw` the same as bytes."""

    scheme: str
    target: str
    flags: int
    nonce: bytes
    version: bytes
    info: list[tuple[int, bytes]]
    raw: bytes

    @property
    def names(self) -> dict[str, str]:
        return {NAMES[kind]: value.decode("utf-16-le") for kind, value in self.info if kind in NAMES}


def read_challenge(scheme: str, data: bytes) -> Challenge:
    assert data.startswith(SIGNATURE + struct.pack("<I", 2))
    raw = field(data, 40)
    flags = struct.unpack_from("<I", data, 20)[0]
    target, version = field(data, 12).decode("utf-16-le"), data[48:56]
    nonce = data[24:32]
    return Challenge(
        scheme=scheme, target=target, flags=flags, nonce=nonce, version=version, info=read_pairs(raw), raw=raw
    )


def field(data: bytes, at: int) -> bytes:
    length, _, offset = struct.unpack_from("<HHI", data, at)
    return data[offset : offset + length]


def read_pairs(raw: bytes) -> list[tuple[int, bytes]]:
    kind, length = struct.unpack_from("<HH", raw)
    if not kind:
        assert raw == b"\0\0\0\0"
        return []
    return [(kind, raw[4 : 4 + length]), *read_pairs(raw[4 + length :])]


def authenticate(challenge: Challenge, domain: str, user: str, password: str) -> bytes:
    """NTLMv2. The user's name counts in capitals, the domain as it is sent; both are sent as they are."""
    key = hmac_md5(md4(password.encode("utf-16-le")), (user.upper() + domain).encode("utf-16-le"))
    time = dict(challenge.info).get(TIME, struct.pack("<Q", EPOCH_1601))
    blob = b"\x01\x01" + b"\0" * 6 + time + os.urandom(8) + b"\0" * 4 + challenge.raw + b"\0" * 4
    proof = hmac_md5(key, challenge.nonce + blob)
    parts = (b"", proof + blob, domain.encode("utf-16-le"), user.encode("utf-16-le"), b"", b"")
    fields, offset = b"", 64
    for part in parts:
        fields += struct.pack("<HHI", len(part), len(part), offset)
        offset += len(part)
    return SIGNATURE + struct.pack("<I", 3) + fields + struct.pack("<I", challenge.flags & ~VERSION) + b"".join(parts)


class Client:
    """One connection to one host."""

    def __init__(self, url: str, scheme: str = "NTLM") -> None:
        self._url, self._scheme = url, scheme
        self._session = requests.Session()
        self._session.trust_env = False

    def say(self, token: bytes | None = None, scheme: str = "") -> requests.Response:
        words = {"Authorization": f"{scheme or self._scheme} {base64.b64encode(token).decode()}"} if token else {}
        return self._session.post(self._url, headers=words, timeout=10)

    def ask(self) -> Challenge:
        answer = self.say(NEGOTIATE)
        assert answer.status_code == 401
        scheme, token = answer.headers["WWW-Authenticate"].split(" ")
        return read_challenge(scheme, base64.b64decode(token))

    def log_on(self, user: str, password: str, domain: str | None = None) -> int:
        """The status that the host answers with; without a domain it is the challenge's."""
        challenge = self.ask()
        return self.say(
            authenticate(challenge, challenge.target if domain is None else domain, user, password)
        ).status_code


def hmac_md5(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.md5).digest()


def md4(data: bytes) -> bytes:
    """RFC 1320; OpenSSL has given it up."""
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    padded = data + b"\x80" + b"\0" * (-(len(data) + 9) % 64) + struct.pack("<Q", 8 * len(data))
    for at in range(0, len(padded), 64):
        state = [
            (before + after) & 0xFFFFFFFF for before, after in zip(state, md4_block(state, padded, at), strict=True)
        ]
    return struct.pack("<4I", *state)


Rule = tuple["Callable[[int, int, int], int]", int, tuple[int, ...], tuple[int, ...]]
ROUNDS: tuple[Rule, ...] = (
    (lambda x, y, z: x & y | ~x & z, 0, (3, 7, 11, 19), tuple(range(16))),
    (lambda x, y, z: x & y | x & z | y & z, 0x5A827999, (3, 5, 9, 13), tuple(4 * (n % 4) + n // 4 for n in range(16))),
    (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1, (3, 9, 11, 15), (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)
"""Of each round: its function, its constant, how far it turns, and the order in which it takes the words."""


def md4_block(state: list[int], data: bytes, at: int) -> list[int]:
    words = struct.unpack_from("<16I", data, at)
    a, b, c, d = state
    for mix, constant, turns, order in ROUNDS:
        for step, word in enumerate(order):
            total = (a + mix(b, c, d) + words[word] + constant) & 0xFFFFFFFF
            turn = turns[step % 4]
            a, b, c, d = d, (total << turn | total >> (32 - turn)) & 0xFFFFFFFF, b, c
    return [a, b, c, d]
