"""An invented year of requests in the audit log, for `bench/audit.py` and the tests that compare figures.

Each kind of request is lived through once by the real state machine and the real record. Its entries are then written
again and again with other people, computers and times, each sealed as the bot seals it.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.schema import CreateTable

from adapters.sql.database import open_database
from adapters.sql.mapping import row_of_entry, rows_of_targets
from adapters.sql.migrate import upgrade
from adapters.sql.tables import audit_entry, audit_target, chain_head
from bot.audit.chain import GENESIS, hash_of, hash_of_rows, seal
from bot.audit.keys import SigningKeys
from bot.audit.record import entry_for, entry_for_note, entry_for_opening
from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.lifecycle import ASKED_FOR, advance
from bot.domain.note_kind import NoteKind
from bot.domain.people import Actor, Place
from bot.domain.request import ExcludedSession, HostSurvey, Request, Target
from bot.domain.requirement import Confirm, Need, Requirement
from bot.domain.session import Account, Session, SessionState
from bot.domain.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from bot.audit.entry import AuditTarget, Entry

BEGIN = datetime(2025, 1, 1, 6, 0, tzinfo=UTC)
KEYS = SigningKeys("the key of an invented year, of no other use")
AT_ONCE = 1_000

_ASKER, _LEAD, _CHIEF = (Actor(user_id=f"U0{name}", name=name.lower()) for name in ("ASKER", "LEAD", "CHIEF"))
_PLACE = Place(channel_id="C0ONCALL", name="oncall")
_LIFE = timedelta(minutes=15)
_ONE, _TWO = ("host-1", 3), ("host-2", 7)
_RULES = ("on-call", "fleet by four eyes", "production by quorum", "own sessions", "leads")


def _target(host: str, number: int) -> Target:
    account = Account(domain="CORP", user=f"user-{number}")
    session = Session(
        host=host, id=number, state=SessionState.DISCONNECTED, account=account, logon=134_087_000_000_000_000
    )
    return Target(session=session)


def _surveyed(confirm: Confirm = Confirm.SELF, *, rules: tuple[str, ...] = ("rule",), **changes: object) -> e.Surveyed:
    targets = (_target(*_ONE), _target(*_TWO))
    left = ExcludedSession(session=_target("host-1", 9).session, why="session 0")
    needs = (Need(count=1, of=frozenset({"@leads"}), rule=rules[0]),) if confirm is Confirm.OTHERS else ()
    return e.Surveyed(
        targets=targets,
        excluded=(left,),
        surveys=tuple(HostSurvey(host=target.session.host, looked_at=BEGIN, sessions=5) for target in targets),
        requirement=Requirement(confirm=confirm, rules=rules, needs=needs),
        valid_for=_LIFE,
        **changes,  # type: ignore[arg-type] # the caller names fields of the event
    )


def _approved(by: Actor, version: int = 2) -> e.Approved:
    return e.Approved(by=by, on_version=version, valid_for=_LIFE)


def _act(first: Verdict = Verdict.GONE, second: Verdict = Verdict.GONE) -> tuple[e.Event, ...]:
    reason = Reason.HOST_ERROR if second is Verdict.UNKNOWN else None
    return (
        e.Started(valid_for=_LIFE),
        e.HostStarted(host="host-1"),
        e.TargetEnded(key=_ONE, verdict=first),
        e.HostStarted(host="host-2"),
        e.TargetEnded(key=_TWO, verdict=second, reason=reason),
        e.Ended(),
    )


KINDS: tuple[tuple[int, tuple[e.Event, ...]], ...] = (
    (40, (_surveyed(), _approved(_ASKER), *_act())),
    (15, (_surveyed(Confirm.OTHERS), _approved(_LEAD), *_act(Verdict.GONE, Verdict.ALREADY_GONE))),
    (5, (_surveyed(Confirm.OTHERS, rules=("rule", "own sessions")), e.Counted(by=_LEAD, on_version=2),
         _approved(_CHIEF, 3), *_act(Verdict.DISCONNECTED, Verdict.NO_RIGHT))),
    (6, (_surveyed(Confirm.NOBODY), *_act(Verdict.GONE, Verdict.UNKNOWN),
         e.Settled(key=_TWO, verdict=Verdict.GONE, reason=Reason.SEEN_LATER))),
    (6, (_surveyed(Confirm.OTHERS), e.Noted(kind=NoteKind.OWN_PRESS, by=_ASKER), e.Denied(by=_LEAD, on_version=2))),
    (8, (e.Refused(rule="no rule", message="No rule lets you log sessions off."),)),
    (5, (_surveyed(), e.Narrowed(by=_ASKER, on_version=2, keys=frozenset({_ONE})), _approved(_ASKER, 3),
         e.Started(valid_for=_LIFE), e.HostStarted(host="host-1"), e.TargetEnded(key=_ONE, verdict=Verdict.CHANGED),
         e.Ended())),
    (5, (_surveyed(), e.Cancelled(by=_ASKER, on_version=2))),
    (4, (_surveyed(Confirm.OTHERS), e.Noted(kind=NoteKind.OUTSIDER_PRESS, by=_CHIEF), e.Expired())),
    (6, (_surveyed(), _approved(_ASKER), e.Started(valid_for=_LIFE), e.HostStarted(host="host-1"), e.Stopped(by=_LEAD),
         e.TargetEnded(key=_ONE, verdict=Verdict.GONE), e.Ended())),
)  # fmt: skip
"""How often each kind of request comes, and what happens in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written."""

    requests: int
    entries: int
    end: datetime  # after the last entry


def digest() -> str:
    """Return a short name of what a year is made of, and of the tables that hold it: a kept one may be of others."""
    tables = "".join(str(CreateTable(table)) for table in (audit_entry, audit_target))
    return hashlib.sha256(Path(__file__).read_bytes() + tables.encode()).hexdigest()[:8]


def _written(requests: int, entries: int) -> Written:
    return Written(requests=requests, entries=entries, end=BEGIN + requests * _step(requests))


def _step(requests: int) -> timedelta:
    return timedelta(days=365) / max(requests, 1)


@cache
def _lives() -> tuple[tuple[Entry, ...], ...]:
    return tuple(tuple(_live(events)) for _, events in KINDS)


def _live(events: Sequence[e.Event]) -> Iterator[Entry]:
    """Yield the entries of one request of this kind, each with its time."""
    now = BEGIN
    ask = LogoffAsk(hosts=("host-1", "host-2"), reason="frozen session")
    request = Request(
        id="TS-000000", delivery="", command="logoff", text="host-1,host-2 --all --reason x", actor=_ASKER,
        place=_PLACE, ask=ask, asked_at=now, expires_at=now + ASKED_FOR, due_at=now,
    )  # fmt: skip
    yield replace(entry_for_opening(request), at=now)
    for event in events:
        now += timedelta(seconds=4.25)
        now = max(now, request.expires_at) if isinstance(event, e.Expired) else now
        after = request if isinstance(event, e.Noted) else advance(request, event, now)
        yield replace(entry_for(request, event, after, now), at=now)
        request = after


class Year:
    """Writes requests into a database of this release, spread evenly over a year."""

    def __init__(self, url: str, *, seed: int = 7, signed: bool = True) -> None:
        """`signed` False leaves the signatures out, which take most of the time."""
        upgrade(url)
        self._database = open_database(url)
        self._random = random.Random(seed)  # noqa: S311 - invented people, no secret
        self._signed = signed
        self._seq, self._hash = 0, GENESIS

    def written(self, requests: int) -> Written:
        """Return what an earlier run has written into this database, whole as it is; else write it."""
        with self._database.connect() as connection:
            entries = connection.execute(select(chain_head.c.seq)).scalar_one()
        return _written(requests, entries) if entries else self.write(requests)

    def write(self, requests: int) -> Written:
        """Write so many requests, and about one press on a card of long ago for each 50 of them."""
        kinds = self._random.choices(range(len(KINDS)), [often for often, _ in KINDS], k=requests)
        step = _step(requests)
        with self._database.begin() as connection:
            batch: list[Entry] = []
            for number, kind in enumerate(kinds):
                batch += self._request(number, kind, BEGIN + number * step)
                if len(batch) >= AT_ONCE:
                    self._insert(connection, batch)
                    batch = []
            self._insert(connection, batch)
            connection.execute(update(chain_head).values(seq=self._seq, hash=self._hash, key_id=KEYS.key_id))
        self._database.dispose()
        return _written(requests, self._seq)

    def _request(self, number: int, kind: int, begin: datetime) -> Iterator[Entry]:
        cast = _Cast.of(number, self._random)
        for entry in _lives()[kind]:
            at = begin + (entry.at - BEGIN) if entry.at else begin
            yield self._sealed(cast.play(entry), at)
        if number % 50 == 0:
            note = e.Noted(kind=NoteKind.USAGE_ERROR, by=cast.asker, detail='=HYPERLINK("http://x","y")')
            yield self._sealed(entry_for_note(note, _PLACE), begin + timedelta(hours=1) / 60)

    def _sealed(self, entry: Entry, at: datetime) -> Entry:
        self._seq += 1
        if self._signed:
            sealed = seal(entry, seq=self._seq, at=at, before=self._hash, keys=KEYS)
        else:
            placed = replace(
                entry,
                seq=self._seq,
                at=at,
                targets=len(entry.rows),
                targets_hash=hash_of_rows(entry.rows),
                key_id=KEYS.key_id,
            )
            sealed = replace(placed, hash=hash_of(placed, self._hash))
        self._hash = sealed.hash
        return sealed

    @staticmethod
    def _insert(connection: Connection, entries: Sequence[Entry]) -> None:
        if entries:
            connection.execute(insert(audit_entry), [row_of_entry(entry) for entry in entries])
        if rows := [row for entry in entries for row in rows_of_targets(entry)]:
            connection.execute(insert(audit_target), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cast:
    """Who and what one request is about."""

    request_id: str
    asker: Actor
    people: dict[str, Actor]
    hosts: dict[str, str]
    users: dict[str, str]
    rule: str

    @classmethod
    def of(cls, number: int, chance: random.Random) -> _Cast:
        asker = chance.randrange(40)
        lead, chief = chance.sample(range(40, 52), 2)
        people = {
            plain.user_id: Actor(user_id=f"U0P{one:04}", name=f"person {one}")
            for plain, one in ((_ASKER, asker), (_LEAD, lead), (_CHIEF, chief))
        }
        first, second = chance.sample(range(1, 201), 2)
        alike = [chance.randrange(2_000) for _ in range(3)]
        return cls(
            request_id=f"TS-{number:06}",
            asker=people[_ASKER.user_id],
            people=people,
            hosts={"host-1": f"rds-{first:03}", "host-2": f"rds-{second:03}"},
            users={f"CORP\\user-{id_}": f"CORP\\user{one:04}" for id_, one in zip((3, 7, 9), alike, strict=True)},
            rule=chance.choice(_RULES),
        )

    def play(self, entry: Entry) -> Entry:
        actor = self.people.get(entry.actor)
        return replace(
            entry,
            request_id=self.request_id,
            requester=self.asker.user_id,
            actor=actor.user_id if actor else entry.actor,
            actor_name=actor.name if actor else entry.actor_name,
            host=self.hosts.get(entry.host, entry.host),
            user=self.users.get(entry.user, entry.user),
            rule=", ".join(dict.fromkeys(entry.rule.replace("rule", self.rule, 1).split(", ")))
            if entry.rule.startswith("rule")
            else entry.rule,
            text=entry.text.replace("host-1,host-2", ",".join(self.hosts.values())),
            rows=tuple(map(self._row, entry.rows)),
        )

    def _row(self, row: AuditTarget) -> AuditTarget:
        return replace(row, host=self.hosts[row.host], user=self.users.get(row.user, row.user))
