"""What the entries of one request say, as one value: who, whom, where, why, by which rule, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.audit.named import Role
from bot.audit.selection import rules_in
from bot.audit.values import written
from bot.domain.request import Ending
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.audit.checked import CheckedEntry
    from bot.audit.entry import Entry
    from bot.audit.selection import AuditFilter, Names

YES, NO = "yes", "no"
DONE = frozenset({Verdict.GONE, Verdict.DISCONNECTED, Verdict.SENT})
"""The verdicts of a session at which the act was done."""

NOT_ACTED = frozenset({"", Ending.ANSWERED, Ending.NOTHING_TO_DO, Ending.WHATIF})
"""The endings of a request that was not about to act, or that is not over yet."""

TAKEN_OUT = "taken_out"
"""Stands for the verdict of a session that a person took out before the act."""

_CHOSEN = (Role.TARGET, Role.KEPT)
_LEFT_OPEN = (Role.BEGUN, Role.NOT_BEGUN)
_ANSWERS = {"approved": YES, "counted": YES, "denied": NO}
_ENDINGS = frozenset(ending.value for ending in Ending)
_ENDS = frozenset({"surveyed", "refused", "denied", "cancelled", "expired", "ended", "failed"})
_REFUSED_NOTES = frozenset({"refused", "outsider_press", "own_press"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One person's yes or no to a request."""

    actor: str  # the Slack user id
    name: str  # for reading only
    says: str  # `YES` or `NO`
    at: datetime | None  # when; None: the entry does not say it


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOutcome:
    """One session that a request was about to act on, and what came of it."""

    host: str
    session_id: int | None
    user: str  # the account, `DOMAIN\\user`
    verdict: str = ""  # its last verdict, else `taken_out`, `not_begun` or `begun` with nothing after; empty: none yet
    reason_code: str = ""  # why it has that verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHistory:
    """One request as its entries say."""

    request_id: str
    seq: int = 0  # the number of its first entry
    asked_at: datetime | None = None
    requester: str = ""  # the Slack user id
    requester_name: str = ""
    command: str = ""  # as it was typed, `/logoff comp1 id=3`
    reason: str = ""  # the reason that the requester gave
    rules: tuple[str, ...] = ()  # the rules that decided, each once
    forced: bool = False  # nobody was asked
    refused: bool = False  # somebody was told no
    answers: tuple[Answer, ...] = ()
    ending: str = ""  # a word of the glossary; empty: it has not ended
    note: str = ""  # the sentence of the refusal or of the failure
    decision_ms: int | None = None  # from the command to the deciding yes or no; None: there was none
    done_ms: int | None = None  # from the command to its ending
    hosts: tuple[str, ...] = ()  # every computer that its entries name
    sessions: tuple[SessionOutcome, ...] = ()
    faults: tuple[str, ...] = ()  # which entries do not verify, each with what is wrong

    @property
    def unverified(self) -> str:
        """How a list of what does not verify names it; empty: it holds. A row that was changed may have no id left."""
        return (self.request_id or f"entry {self.seq}") if self.faults else ""

    @property
    def approvals(self) -> tuple[Answer, ...]:
        """The answers of other people than the requester."""
        return tuple(each for each in self.answers if each.actor != self.requester)

    @property
    def is_otherwise(self) -> bool:
        """Whether it ended otherwise than asked: before the act, or with a session at which the act was not done."""
        verdicts = {each.verdict for each in self.sessions} - {TAKEN_OUT}
        return self.ending not in NOT_ACTED and (self.ending != Ending.DONE or not verdicts <= DONE)

    def values(self) -> dict[str, object]:
        """Return the request as plain values: texts, numbers, yes and no. Times are ISO 8601 in UTC."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {
            "asked_at": written(self.asked_at),
            "rules": [*self.rules],
            "hosts": [*self.hosts],
            "faults": [*self.faults],
            "answers": [
                {"actor": each.actor, "name": each.name, "says": each.says, "at": written(each.at)}
                for each in self.answers
            ],
            "sessions": [
                {name: getattr(each, name) for name in SessionOutcome.__dataclass_fields__} for each in self.sessions
            ],
        }

    def about(self, wanted: AuditFilter, names: Names) -> RequestHistory:
        """Return the request with the sessions and hosts alone that the filter asks for."""
        if not (wanted.verdict or names.users is not None or names.hosts is not None):
            return self
        kept = tuple(each for each in self.sessions if _is_asked_for(each, wanted, names))
        among = {each.host for each in kept} if wanted.verdict or names.users is not None else names.hosts
        return replace(self, sessions=kept, hosts=tuple(host for host in self.hosts if host in (among or ())))


def _is_asked_for(session: SessionOutcome, wanted: AuditFilter, names: Names) -> bool:
    is_user = names.users is None or session.user in names.users
    is_host = names.hosts is None or session.host in names.hosts
    return is_user and is_host and wanted.verdict in ("", session.verdict)


def history_of(request_id: str, entries: Sequence[CheckedEntry]) -> RequestHistory:
    """Return what these entries say: all of one request, in ascending order."""
    plain = [each.entry for each in entries]
    asked = next((entry for entry in plain if entry.event == "asked"), None)
    end = next((entry for entry in plain if entry.event in _ENDS and entry.reason_code in _ENDINGS), None)
    decision = next((entry for entry in reversed(plain) if entry.event in ("approved", "denied")), None)
    return RequestHistory(
        request_id=request_id,
        seq=plain[0].seq,
        asked_at=asked.at if asked else None,
        requester=asked.actor if asked else "",
        requester_name=asked.actor_name if asked else "",
        command=asked.text if asked else "",
        reason=next((entry.reason for entry in reversed(plain) if entry.reason), ""),
        rules=tuple(dict.fromkeys(rule for entry in plain for rule in rules_in(entry.rule))),
        forced=any(entry.forced and entry.event != "asked" for entry in plain),
        refused=any(_is_refusal(entry) for entry in plain),
        answers=tuple(_answers(plain)),
        ending=end.reason_code if end else "",
        note=end.note if end else "",
        decision_ms=decision.took_ms if decision else None,
        done_ms=end.took_ms if end else None,
        hosts=tuple(dict.fromkeys(host for entry in plain for host in _hosts(entry))),
        sessions=tuple(_sessions(plain)),
        faults=tuple(f"entry {each.entry.seq}: {each.fault}" for each in entries if each.fault),
    )


def _is_refusal(entry: Entry) -> bool:
    return entry.event in ("refused", "denied") or (entry.event == "noted" and entry.reason_code in _REFUSED_NOTES)


def _answers(entries: Iterable[Entry]) -> Iterator[Answer]:
    for entry in entries:
        if says := _ANSWERS.get(entry.event):
            yield Answer(actor=entry.actor, name=entry.actor_name, says=says, at=entry.at)


def _hosts(entry: Entry) -> Iterator[str]:
    yield from filter(None, (entry.host, *(row.host for row in entry.rows)))


def _sessions(entries: Iterable[Entry]) -> Iterable[SessionOutcome]:
    """Return each session that was chosen, with the last that is said of it."""
    found: dict[tuple[str, int | None], SessionOutcome] = {}
    for entry in entries:
        for row in entry.rows:
            key = (row.host, row.session_id)
            if row.role in _CHOSEN:
                found.setdefault(key, SessionOutcome(host=row.host, session_id=row.session_id, user=row.user))
            elif row.role == Role.TAKEN_OUT and key in found:
                found[key] = replace(found[key], verdict=TAKEN_OUT)
            elif row.role in _LEFT_OPEN and key in found:
                found[key] = replace(found[key], verdict=row.role, reason_code=entry.event)
        if entry.verdict:
            found[entry.host, entry.session_id] = SessionOutcome(
                host=entry.host,
                session_id=entry.session_id,
                user=entry.user,
                verdict=entry.verdict,
                reason_code=entry.reason_code,
            )
    return found.values()
