"""Which carrier each computer has, by its settings as they are at each call."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from adapters.windows.carrier import ScriptCarrier
from adapters.windows.winrm.call_limit import CallLimit
from adapters.windows.winrm.shell import WinRmShell

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import timedelta

    from adapters.windows.agent.replies import Reply
    from adapters.windows.jea.carrier import JeaCarrier
    from adapters.windows.request import Request
    from adapters.windows.winrm.endpoint import Lookup
    from adapters.windows.winrm.logon_gate import LogonGate


class Carriers:
    """The `Carrier` of all computers. Any number of threads may call it."""

    def __init__(self, connection_of: Lookup, *, gate: LogonGate | None) -> None:
        """`gate` keeps refused passwords from locking an account, whatever carries them; None: nothing does."""
        self._connection_of, self._gate = connection_of, gate
        self._limit = CallLimit()  # of all carriers together: a host's calls are as many while its carrier changes
        self._shell = WinRmShell(connection_of, gate=gate, limit=self._limit)
        self._script = ScriptCarrier(self._shell)
        self._lock = Lock()
        self._jea: JeaCarrier | None = None  # from the first computer on that has it

    def ask(self, host: str, request: Request, *, within: timedelta) -> Generator[Reply]:
        carrier = self._module() if self._connection_of(host).jea else self._script
        return carrier.ask(host, request, within=within)

    def module_version(self, host: str) -> str:
        """Return the version of the module that answered last at the computer; empty: none did."""
        return self._jea.module_version(host) if self._jea else ""

    def close(self) -> None:
        self._shell.close()
        if self._jea:
            self._jea.close()

    def _module(self) -> JeaCarrier:
        from adapters.windows.jea.carrier import JeaCarrier  # noqa: PLC0415 - it comes with an extra

        with self._lock:
            self._jea = self._jea or JeaCarrier(self._connection_of, gate=self._gate, limit=self._limit)
            return self._jea
