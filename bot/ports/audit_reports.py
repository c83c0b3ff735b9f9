"""The ports to the audit log as something to read and to draw: for answers in the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.audit.selection import AuditFilter, Names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from bot.audit.checked import CheckedEntry
    from bot.audit.entry import Head
    from bot.audit.history import RequestHistory


class AuditLogReader(Protocol):
    """The log as it is in one snapshot. Every method raises `LedgerError`."""

    def head(self) -> Head:
        """Return the end of the log."""
        ...

    def names(self, wanted: AuditFilter) -> Names:
        """Return the names in the log that the filter means."""
        ...

    def count_requests(self, wanted: AuditFilter, names: Names) -> int:
        """Return how many requests the filter selects."""
        ...

    def requests(self, wanted: AuditFilter, names: Names, *, limit: int | None = None) -> Iterator[RequestHistory]:
        """Yield the requests that the filter selects, the newest first; a few of them are in memory."""
        ...

    def entries(
        self, wanted: AuditFilter, names: Names, *, limit: int | None = None, oldest_first: bool = False
    ) -> Iterator[CheckedEntry]:
        """Yield the entries that the filter selects."""
        ...


class AuditReports(Protocol):
    """Opens the log for one reader."""

    def __call__(self) -> AbstractContextManager[AuditLogReader]:
        """Return the reader for a `with` block. Raises `LedgerError`."""
        ...


class Charts(Protocol):
    """Draws charts, where what draws them is installed."""

    def __call__(self, title: str, bars: Sequence[tuple[str, int]]) -> bytes | None:
        """Return a PNG with one bar for each name and number, in their order; None: nothing here can draw."""
        ...


def beginning_after(reader: AuditLogReader, until: datetime | None) -> datetime | None:
    """Return when the log began, where that was not before this time. Raises `LedgerError`."""
    if until is None:
        return None
    first = next(reader.entries(AuditFilter(), Names(), limit=1, oldest_first=True), None)
    began = first.entry.at if first else None
    return began if began and began >= until else None


def no_charts(title: str, bars: Sequence[tuple[str, int]]) -> bytes | None:  # noqa: ARG001 - the port's parameters
    """Draw nothing."""
    return None
