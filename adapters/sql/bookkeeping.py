"""What the bot keeps of a request's card, messages and dates. It is no event, so no entry is written."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from adapters.sql.database import PATIENCE
from adapters.sql.documents import MAYBE_MESSAGE_REF, POSTINGS
from adapters.sql.errors import row_faults, translate_errors
from adapters.sql.leases import refuse_without_lease
from adapters.sql.progress_queries import (
    hurry_postings,
    read_postings,
    set_due,
    set_listed,
    set_postings,
    set_published,
)
from adapters.sql.write_queue import FairLock
from bot.domain.posting import Posting
from bot.ports.lease import CURRENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from bot.domain.posting import MessageRef
    from bot.domain.request import WorkItem


class Bookkeeping:
    """The writes that append nothing to the record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.turns = FairLock()  # the queue of all writers of this process

    def mark_published(
        self, request_id: str, *, version: int, message_ref: MessageRef | None, publish_after: datetime | None
    ) -> None:
        """As the port says: with `message_ref` None the known one stays."""
        values: dict[str, Any] = {"publish_after": publish_after}
        if message_ref is not None:
            values["message_ref"] = MAYBE_MESSAGE_REF.write(message_ref)
        with self._bookkeeping() as connection:
            set_published(connection, request_id, version, values)

    def mark_posting(self, request_id: str, before: Posting, after: Posting) -> bool:
        with self._bookkeeping(held=after.claimed) as connection:
            text = read_postings(connection, request_id)
            with row_faults(request_id):
                known = {each.key: each for each in POSTINGS.read(text)} if text is not None else {}
            if text is None or known.get(before.key, Posting(key=before.key)) != before:
                return False
            known[after.key] = after
            set_postings(connection, request_id, {"postings": POSTINGS.write(tuple(known.values()))})
            return True

    def postings_due(self, request_id: str, due_at: datetime | None) -> None:
        with self._bookkeeping(held=True) as connection:
            set_postings(connection, request_id, {"postings_due_at": due_at})

    def hurry_postings(self) -> None:
        with self._bookkeeping() as connection:
            hurry_postings(connection)

    def mark_listed(self, request_id: str, *, content_version: int, listed: int) -> None:
        with self._bookkeeping(held=True) as connection:
            set_listed(connection, request_id, content_version, listed)

    def postpone(self, item: WorkItem, due_at: datetime | None) -> None:
        with self._bookkeeping(held=True) as connection:
            set_due(connection, item, due_at)

    @contextmanager
    def _bookkeeping(self, *, held: bool = False) -> Iterator[Connection]:
        """What appends nothing to the record takes no lock of the chain. On SQLite each write has to take its turn.

        `held`: a step that has lost its job to another replica may not write it. What the chat shows it may.
        """
        with translate_errors():
            turn = self.turns.take(PATIENCE) if self._engine.dialect.name == "sqlite" else nullcontext()
            with turn, self._engine.begin() as connection:
                if held:
                    refuse_without_lease(connection, CURRENT.get())
                yield connection
