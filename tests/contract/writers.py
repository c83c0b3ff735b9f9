"""Other processes that write the same database: what they run, and how they are run all at once."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.logons import SqlLogons
from adapters.sql.migrate import upgrade
from adapters.sql.write_queue import FairLock
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain.alone import AloneLimit
from bot.domain.people import Actor
from bot.domain.requirement import Confirm
from bot.errors import Conflict, LedgerError
from tests.fakes.clock import SettableClock
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

KEY = SigningKeys("the key of the tests")
LIMIT = AloneLimit(most=10, within=timedelta(minutes=10), above=b.by_others())
HANGS = 500
"""Seconds: only a process that hangs takes so long."""


def at_once(work: Callable[[str, int], Any], url: str, processes: int) -> list[Any]:
    """What `work(url, number)` returned in each of the processes, which all began together.

    They are children of a process that has loaded the packages and done nothing else: that is a second less for each.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    barrier, answers = context.Barrier(processes), context.Queue()
    children = [context.Process(target=_child, args=(work, url, n, barrier, answers)) for n in range(processes)]
    for child in children:
        child.start()
    try:
        return [answers.get(timeout=HANGS) for _ in children]
    finally:
        for child in children:
            child.join(timeout=10)
            child.kill()


def _child(work: Callable[[str, int], Any], url: str, number: int, barrier: Barrier, answers: Queue[Any]) -> None:
    barrier.wait(timeout=HANGS)
    try:
        answers.put(work(url, number))
    except BaseException as exc:  # the parent has to hear of it
        answers.put(repr(exc))
        raise


def upgrades(url: str, _number: int) -> str:
    return upgrade(url)


def appends(url: str, number: int, entries: int = 250) -> int:
    """So many entries: requests and their events in turn."""
    ledger = _ledger(url)
    for turn in range(0, entries, 2):
        request = b.request(f"TS-{number}-{turn}")
        _until_written(partial(ledger.open, request))
        _until_written(partial(ledger.record, request.id, e.Refused(rule="r", message="no")))
    return entries


def _until_written(write: Callable[[], object]) -> None:
    """Repeat a write that was refused because the others had the lock for too long: SQLite's lock knows no queue."""
    while True:
        try:
            write()
        except LedgerError:
            continue
        return


def approves(url: str, number: int) -> tuple[str, str, str]:
    """Presses the button of version 2: who asked for it, how it went, who is said to have won."""
    me = Actor(user_id=f"U{number}")
    try:
        after = _ledger(url).record("TS-AAAAAA", b.approved(by=me))
    except Conflict as conflict:
        winner = conflict.request.decided_by
        return me.user_id, conflict.reason.value, winner.user_id if winner else "nobody"
    return me.user_id, "won", after.decided_by.user_id if after.decided_by else "nobody"


def forces(url: str, number: int) -> tuple[str, str]:
    """One survey that would begin ten sessions at once: how the request stands then, and what it says."""
    targets = [b.target(session_id, host=f"host{number}") for session_id in range(1, 11)]
    forced = b.surveyed(*targets, requirement=b.requirement(confirm=Confirm.NOBODY))
    after = _ledger(url).record(f"TS-{number}", forced, limit=LIMIT)
    return after.state.value, after.message


def confirms(url: str, number: int) -> tuple[str, str]:
    """The requester's own press on a card of ten sessions."""
    after = _ledger(url).record(f"TS-{number}", b.approved(), limit=LIMIT)
    return after.state.value, after.message


def tries(url: str, number: int) -> int:
    """Try a wrong password at one host after the other, as soon as it may be tried: how many logons were made."""
    logons, hosts = _logons(url), (f"{number}-{at}" for at in range(100))
    made = 0
    for host in hosts:
        while True:
            standing = logons.take_turn("a", host, host, since=b.NOW, within=LIMIT.within).after
            if standing.suspended_until:
                return made
            if standing.turn and standing.turn.token == host:
                logons.refuse("a", host, host)
                made += 1
                break
    return made


def _logons(url: str) -> SqlLogons:
    return SqlLogons(open_database(url), SettableClock(b.NOW), FairLock(), window=timedelta(minutes=10))


def _ledger(url: str) -> SqlLedger:
    return SqlLedger(open_database(url), SettableClock(b.NOW), KEY, ASK_TYPES)
