"""The carriers of requests to hosts: the seam above `Shell`. Which of them a host has is a matter of its settings."""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from adapters.windows.agent import replies, script

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import timedelta

    from adapters.windows.agent.replies import Reply
    from adapters.windows.request import Request
    from adapters.windows.shell import Shell


class Carrier(Protocol):
    """A way to ask a host. What may be repeated, and what an answer means, is decided above it."""

    def ask(self, host: str, request: Request, *, within: timedelta) -> Generator[Reply]:
        """Yield the host's replies, each as soon as it is there, until all have come or the generator is closed.

        Nothing of the call goes on at the host in either case. Raises `TerminalError` within the time-out. The error
        is `delivered` from the moment when the host may have the request.
        """
        ...


def new_nonce() -> str:
    """Return the mark of a call's replies, which nobody can guess."""
    return secrets.token_hex(16)


class ScriptCarrier:
    """Hands the agent to the host with each request, as a script for a shell there."""

    def __init__(self, shell: Shell, new_nonce: Callable[[], str] = new_nonce) -> None:
        self._shell, self._new_nonce = shell, new_nonce

    def ask(self, host: str, request: Request, *, within: timedelta) -> Generator[Reply]:
        nonce = self._new_nonce()
        payload = script.payload(nonce, script.lines_of(request))
        with closing(self._shell.run(host, payload, within=within)) as chunks:
            yield from replies.read(host, nonce, chunks)
