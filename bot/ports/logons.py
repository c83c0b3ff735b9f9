"""The port to what hosts said of credentials.

These docstrings are the specification, and `tests/contract` holds adapters to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.domain.logons import Standing


class Change(NamedTuple):
    """A standing before and after a write."""

    before: Standing
    after: Standing


class Logons(Protocol):
    """The standing of each credential, the same for all processes. Every method raises `LedgerError`.

    `credential` is a keyed digest of account and password. `token` tells one logon from every other. A write is
    committed when its method returns.
    """

    def standing(self, credential: str) -> Standing:
        """Return the standing. It is `NEW` for a credential that nobody tried."""
        ...

    def take_turn(self, credential: str, host: str, token: str, *, since: datetime, within: timedelta) -> Change:
        """Take the turn to try the credential at this host, when nobody has it.

        It is not taken when a host has accepted the credential since that time, or when it may not be tried here.
        A turn ends with the answer, and by itself after `within`, at the latest after `LONGEST_TURN`. Without an
        answer by then it is a refusal of its host.
        """
        ...

    def give_back(self, credential: str, token: str) -> Change:
        """End the turn of this logon, because the host answered without a look at the password."""
        ...

    def accept(self, credential: str, host: str, token: str, *, times_refused: int) -> Change:
        """Keep that the host accepted the credential; `times_refused` is of the standing with which it was tried."""
        ...

    def refuse(self, credential: str, host: str, token: str) -> Change:
        """Keep that the host refused the credential."""
        ...
