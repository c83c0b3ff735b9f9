"""The account's ticket of Kerberos is in the cache before a library looks for it there, and one thread fetches it.

The cache is one for the process: who looks into it while another thread puts the first ticket there finds none.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

import requests

from adapters.windows.winrm.tickets import NoTicket, in_cache_of, left, ticket_of

if TYPE_CHECKING:
    from collections.abc import Callable

BRIEF = 0.5
"""Seconds within which a ticket that is there is found, and a KDC that is well gives a new one."""

GOOD_FOR = 60.0
"""Seconds for which a ticket has to be good yet, where a new one is not waited for."""


class TicketFetcher:
    """Any number of threads may call `have`."""

    def __init__(
        self, fetch: Callable[[str], Any] = ticket_of, ticks: Callable[[], float] = monotonic, *, brief: float = BRIEF
    ) -> None:
        self._fetch, self._ticks, self._brief = fetch, ticks, brief
        self._one = Lock()
        self._good_until: dict[str, float] = {}
        self._failed: dict[str, tuple[float, NoTicket]] = {}

    def have(self, principal: str, *, within: float) -> None:
        """Return when the account has a ticket. Raises `NoTicket`, or `requests.ReadTimeout` at the end of the time."""
        asked_at = self._ticks()
        if not self._one.acquire(timeout=min(self._brief, within)):
            if self._is_good(principal):
                return
            if not self._one.acquire(timeout=max(0.0, within - self._brief)):
                raise requests.ReadTimeout("no ticket in time")
        try:
            self._fetch_once(principal, asked_at)
        finally:
            self._one.release()

    def _is_good(self, principal: str) -> bool:
        now = self._ticks()
        return now + GOOD_FOR < self._good_until.get(principal, now)

    def _fetch_once(self, principal: str, asked_at: float) -> None:
        """Fetch the ticket, if it is not there. Who waited for another's try that failed does not try again."""
        failed_at, failure = self._failed.get(principal, (asked_at, None))
        if failure and failed_at > asked_at:
            raise NoTicket(failure.fault, failure.words)
        try:
            ticket = self._fetch(principal)
        except NoTicket as error:
            self._failed[principal] = self._ticks(), error
            raise
        self._good_until[principal] = self._ticks() + left(ticket).total_seconds()


_FETCHER = TicketFetcher()


def ticket_first(call: Callable[..., Any], principal: str, time_left: Callable[[], float]) -> Callable[..., Any]:
    """Return the call with the account's ticket fetched before it, and used in it.

    Without a name there is no account to fetch for. Raises as `TicketFetcher.have`.
    """

    def called(*args: Any, **options: Any) -> Any:
        if not principal:
            return call(*args, **options)
        _FETCHER.have(principal, within=time_left())
        with in_cache_of(principal):
            return call(*args, **options)

    return called
