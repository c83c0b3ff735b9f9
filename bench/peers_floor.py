"""The floor of `bench/peers.py`: the messages of the bot's own look, sent by `requests` alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import requests
import winrm
from peers_ways import Kept, Terminal, Threads
from requests_ntlm import HttpNtlmAuth

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from farm_process import FarmProcess

_TYPE = "application/HTTP-SPNEGO-session-encrypted"
_BOUNDARY = b"--Encrypted Boundary"
_PART = b"\r\n\tContent-Type: application/octet-stream\r\n"


class Floor(Threads):
    """The messages of the bot's own look by bare requests: the same bytes, the same logon, and nothing read."""

    name = "floor"

    def __init__(self, farm: FarmProcess, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)
        self._farm = farm
        self._sessions = Kept(self._logged_on)
        self._messages, self._shell, self._command = _recorded(farm, pool)

    def _look(self, host: str) -> None:
        with self._sessions.of(host) as session:
            self._exchange_all(session, self._farm.endpoints[host])

    def _exchange_all(self, session: requests.Session, url: str) -> None:
        shell, command = self._shell, self._command
        for number, message in enumerate(self._messages):
            own = message.replace(self._shell, shell).replace(self._command, command)
            answer = _exchange(session, url, own)
            if number == 0:
                shell = _found(rb'Name="ShellId">([^<]*)', answer)
            elif number == 1:
                command = _found(rb"<rsp:CommandId>([^<]*)", answer)

    def _act(self, host: str) -> None:
        raise NotImplementedError("the floor is measured for a look")

    def _logged_on(self, host: str) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.auth = HttpNtlmAuth(self._farm.username, self._farm.password)
        session.post(self._farm.endpoints[host], timeout=60).raise_for_status()
        return session


def _exchange(session: requests.Session, url: str, message: bytes) -> bytes:
    """Seal the message, post it, and open the answer: [MS-WSMV] 2.2.9.1."""
    keys: Any = session.auth.session_security  # type: ignore[union-attr]  # of HttpNtlmAuth, after the logon
    sealed, signature = keys.wrap(message)
    head = f"\r\n\tContent-Type: {_TYPE}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length="
    parts = (_BOUNDARY, head.encode(), b"%d\r\n" % len(message), _BOUNDARY, _PART)
    body = b"".join((*parts, len(signature).to_bytes(4, "little"), signature, sealed, _BOUNDARY, b"--\r\n"))
    kind = f'multipart/encrypted;protocol="{_TYPE}";boundary="Encrypted Boundary"'
    answer = session.post(url, data=body, headers={"Content-Type": kind}, timeout=60)
    answer.raise_for_status()
    found = answer.content.partition(_PART)[2].removesuffix(_BOUNDARY + b"--\r\n")
    opened: bytes = keys.unwrap(found[20:], found[4:20])
    return opened


def _recorded(farm: FarmProcess, pool: ThreadPoolExecutor) -> tuple[list[bytes], bytes, bytes]:
    """The messages of one look of the bot, and the ids of its shell and its command."""
    sent: list[bytes] = []
    kind: Any = winrm.transport.Transport
    before = kind.send_message

    def record(transport: object, message: str) -> object:
        sent.append(message.encode())
        return before(transport, message)

    kind.send_message = record
    try:
        Terminal(farm, pool).look([next(iter(farm.endpoints))])
    finally:
        kind.send_message = before
    return sent, _found(rb'Name="ShellId">([^<]*)', sent[1]), _found(rb'CommandId="([^"]*)"', sent[2])


def _found(pattern: bytes, text: bytes) -> bytes:
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"{pattern!r} is not in the answer")
    return bytes(match[1])
