"""Encrypted bodies: SOAP over plain HTTP, encrypted with the keys of the connection's own authentication.

[MS-WSMV] 2.2.9.1: a body of type multipart/encrypted in two parts, which name the length of the clear text and carry

    length of the signature (4 bytes, little endian)   signature   encrypted text
"""

import re
from typing import Protocol

from spnego import WinRMWrapResult
from spnego.exceptions import SpnegoError

SPNEGO = "application/HTTP-SPNEGO-session-encrypted"
"""What the parts are called where the keys come from Negotiate, whatever is inside it, or from NTLM."""
KERBEROS = "application/HTTP-Kerberos-session-encrypted"
_BODY = re.compile(
    rb"--\s*Encrypted Boundary\r\n"
    rb"\s*Content-Type: (application/HTTP-[A-Za-z]+-session-encrypted)\r\n"
    rb"\s*OriginalContent: type=application/soap\+xml;charset=UTF-8;Length=(\d+)\r\n"
    rb"--\s*Encrypted Boundary\r\n"
    rb"\s*Content-Type: application/octet-stream\r\n"
    rb"(.*)--\s*Encrypted Boundary--\r\n",
    re.DOTALL,
)


class Keys(Protocol):
    """The half of pyspnego's context that encrypts."""

    def wrap_winrm(self, data: bytes) -> WinRMWrapResult: ...

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes: ...


class DecryptionError(ValueError):
    """Not encrypted at all, tampered with, or encrypted with the keys of another connection."""


def protocol_of(scheme: str) -> str:
    """By the scheme that the handshake's Authorization named."""
    return KERBEROS if scheme == "Kerberos" else SPNEGO


def content_type(protocol: str) -> str:
    return f'multipart/encrypted;protocol="{protocol}";boundary="Encrypted Boundary"'


def decrypt(body: bytes, keys: Keys, protocol: str = SPNEGO) -> bytes:
    match = _BODY.fullmatch(body)
    if match is None:
        raise DecryptionError("the parts of multipart/encrypted are missing")
    if match[1] != protocol.encode():
        raise DecryptionError(f"the keys are those of {protocol}")
    length, encrypted = int(match[2]), match[3]
    signature_end = 4 + int.from_bytes(encrypted[:4], "little")
    try:
        clear = keys.unwrap_winrm(encrypted[4:signature_end], encrypted[signature_end:])
    except SpnegoError as error:
        raise DecryptionError(str(error)) from error
    if len(clear) != length:
        raise DecryptionError("the clear text has another length than was announced")
    return clear


def encrypt(clear: bytes, keys: Keys, protocol: str = SPNEGO) -> bytes:
    wrapped = keys.wrap_winrm(clear)
    return b"".join(
        (
            b"--Encrypted Boundary\r\n",
            f"\tContent-Type: {protocol}\r\n".encode(),
            f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(clear)}\r\n".encode(),
            b"--Encrypted Boundary\r\n",
            b"\tContent-Type: application/octet-stream\r\n",
            len(wrapped.header).to_bytes(4, "little") + wrapped.header + wrapped.data,
            b"--Encrypted Boundary--\r\n",
        )
    )
