"""The sessions that an entry about many names, one row each, and the bounds of what an entry keeps."""

from __future__ import annotations

from dataclasses import fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from bot.audit.entry import AuditTarget, Entry
from bot.domain.act_times import may_be_ordered
from bot.domain.request import SAME_MACHINE, Ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.domain import events as e
    from bot.domain.request import ExcludedSession, HostSurvey, Request
    from bot.domain.session import Machine, Session

MOST_ROWS = 5_000
"""The most rows of sessions that one entry has. What is above is counted in `left_out`."""

LONGEST_USER = 600
"""The most characters of an account in a row: both of its names have at most 256."""

LONGEST_WHY = 300
"""The most characters of each text of a row."""

MOST_WORDS = 120
"""The most characters of one host's own words in the entry of a survey, which may name hundreds of hosts."""

LONGEST = {"note": 2_000, "text": 4_000, "void": 4_000}
"""The most characters of these texts of an entry. What is above is counted in `left_out`."""

LONGEST_TEXT = 1_000
"""The most characters of every other text of an entry."""

UNBOUNDED = "policy_loaded"
"""The event whose text is kept whole: it comes from the configuration, and it is what the digest is of."""

T = TypeVar("T", Entry, AuditTarget)


class Role(StrEnum):
    """What an entry about many says of one of its sessions or hosts."""

    TARGET = "target"  # the request would act on it
    SHOWN = "shown"  # a list shows it
    LEFT_OUT = "left_out"  # the ask covers it, and it is no target
    NOT_SHOWN = "not_shown"  # the same, and the requester may not know of it
    NO_ANSWER = "no_answer"  # the host could not be read
    SAME_MACHINE = "same_machine"  # the host is a computer that was read under another name
    KEPT = "kept"  # a person left it among the targets
    TAKEN_OUT = "taken_out"  # a person took it out
    BEGUN = "begun"  # an order for it may have left, and it had no verdict yet
    NOT_BEGUN = "not_begun"  # no order for it had left


def machine_of(machine: Machine) -> str:
    """Return how a host names itself: its DNS name, or its NetBIOS name where it said no other."""
    return machine.dns or machine.netbios


def rows_of_survey(event: e.Surveyed) -> Iterator[AuditTarget]:
    """Yield targets, exclusions and hosts without an answer."""
    role = Role.SHOWN if event.ending is Ending.ANSWERED else Role.TARGET
    yield from (_row(role, target.session) for target in event.targets)
    yield from _excluded(Role.LEFT_OUT, event.excluded)
    yield from _excluded(Role.NOT_SHOWN, event.unseen)
    yield from (_silent(look) for look in event.surveys if look.code)


def left_out_of(event: e.Surveyed) -> int:
    """Return how many sessions, and letters of their names, were left out before the entry was written."""
    hidden = (*event.excluded, *event.unseen)
    letters = sum(target.session.cut for target in event.targets) + sum(each.session.cut for each in hidden)
    return letters + event.more_targets + event.more_excluded + event.more_unseen


def counted_of(event: e.Surveyed) -> str:
    """Return how many services and listeners matched: nobody acts on them, so none has a row. Empty: none did."""
    return f"services and listeners: {event.services}" if event.services else ""


def rows_of_choice(before: Request, event: e.Narrowed) -> Iterator[AuditTarget]:
    """Yield the targets that stay, then those that were taken out."""
    stays = [target for target in before.targets if target.key in event.keys]
    goes = [target for target in before.targets if target.key not in event.keys]
    yield from (_row(Role.KEPT, target.session) for target in stays)
    yield from (_row(Role.TAKEN_OUT, target.session) for target in goes)


def rows_left_open(before: Request) -> Iterator[AuditTarget]:
    """Yield the open targets, first those for which no order had left yet, then the others."""
    begun = {target.key for target in before.open_targets if may_be_ordered(before, target)}
    yield from (_row(Role.NOT_BEGUN, each.session) for each in before.open_targets if each.key not in begun)
    yield from (_row(Role.BEGUN, each.session) for each in before.open_targets if each.key in begun)


def _excluded(role: Role, sessions: Iterable[ExcludedSession]) -> Iterator[AuditTarget]:
    return (_row(role, each.session, each.why) for each in sessions)


def _row(role: Role, session: Session, why: str = "") -> AuditTarget:
    return AuditTarget(
        role=role.value,
        host=session.host,
        machine=machine_of(session.machine),
        session_id=session.id,
        user=str(session.account),
        logon=session.logon,
        why=why,
    )


def _silent(look: HostSurvey) -> AuditTarget:
    role = Role.SAME_MACHINE if look.code == SAME_MACHINE else Role.NO_ANSWER
    words = said_by_computer(look.words[:MOST_WORDS])
    return AuditTarget(role=role.value, host=look.host, why="; ".join(filter(None, (look.code, words))))


def said_by_computer(words: str) -> str:
    """Return a host's own words as a part of a note, for whoever looks into it later; empty for none."""
    return f"the computer said: {words}" if words else ""


def bounded(entry: Entry) -> Entry:
    """Return the entry with texts and rows as long as the bounds let them be, and with what was left out counted."""
    kept, rows_over = entry.rows[:MOST_ROWS], max(0, len(entry.rows) - MOST_ROWS)
    limits = {} if entry.event != UNBOUNDED else {"text": len(entry.text)}
    short, letters_over = _cut(entry, LONGEST | limits, LONGEST_TEXT)
    rows, over = [], 0
    for row in kept:
        each, cut = _cut(row, {"user": LONGEST_USER}, LONGEST_WHY)
        rows.append(each)
        over += cut
    left_out = entry.left_out + rows_over + letters_over + over
    return entry if not left_out else replace(short, rows=tuple(rows), left_out=left_out)


def _cut(value: T, limits: dict[str, int], otherwise: int) -> tuple[T, int]:
    """Return the value with each text cut, and how many characters that took."""
    cut: dict[str, str] = {}
    over = 0
    for field in fields(value):
        text = getattr(value, field.name)
        most = limits.get(field.name, otherwise)
        if isinstance(text, str) and len(text) > most:
            cut[field.name], over = text[:most], over + len(text) - most
    return (replace(value, **cut) if cut else value), over  # type: ignore[arg-type] # all of them are texts
