"""The bot of bot_process.py as the next release on the same tables might be.

It writes what this release does not know: jobs of the next version, a field more in what is asked, an event more in the
record, another form of what replicas announce. It reads what this release writes.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.scheduler import crew, jobs, shared_jobs
from adapters.sql import proof_queries, shared_sends
from adapters.sql.documents import Asks
from adapters.sql.ledger import SqlLedger
from app import wiring
from bot.audit.entry import Entry
from bot.domain.events import Event, Surveyed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.domain.ask import Ask
    from bot.domain.request import Request, WorkItem

VERSION, FIELD, EVENT = "99.0", "colour", "coloured"
THIS, NEXT = jobs.VERSION, jobs.VERSION + 1


def write_new_jobs() -> None:
    read, jobs.VERSION = jobs.read_item, NEXT

    def read_both(said: Any) -> WorkItem | None:
        return read({**said, "v": NEXT}) if said["v"] in (THIS, NEXT) else None

    crew.read_item = shared_jobs.read_item = read_both  # type: ignore[attr-defined] # the test's hand in the machine


def write_a_new_field() -> None:
    write, read = Asks.write, Asks.read

    def write_more(self: Asks, command: str, ask: Ask) -> str:
        return json.dumps({**json.loads(write(self, command, ask)), FIELD: "red"})

    def read_more(self: Asks, command: str, text: str) -> Ask:
        return read(self, command, json.dumps({k: v for k, v in json.loads(text).items() if k != FIELD}))

    Asks.write, Asks.read = write_more, read_more  # type: ignore[method-assign] # the same


def write_a_new_event() -> None:
    record: Any = SqlLedger.record
    proof_queries.KNOWN_NAMES |= {EVENT}  # type: ignore[attr-defined] # the same

    def record_more(self: Any, request_id: str, event: Event, **how: Any) -> Request:
        after: Request = record(self, request_id, event, **how)
        if isinstance(event, Surveyed):
            with self._writing() as (connection, head):
                self._chain.append(connection, head, Entry(event=EVENT, request_id=request_id), self._clock.now())
        return after

    SqlLedger.record = record_more  # type: ignore[method-assign] # the same


def announce_in_a_new_form() -> None:
    def announcements(taken: Mapping[str, int]) -> Iterable[str]:
        yield json.dumps({"v": 2, "sent": [*taken.items()], "not even": None})

    shared_sends._announcements = announcements


write_new_jobs()
write_a_new_field()
write_a_new_event()
announce_in_a_new_form()
wiring.bot_version = lambda: VERSION  # type: ignore[assignment] # the same
runpy.run_path(str(Path(__file__).with_name("bot_process.py")), run_name="__main__")
