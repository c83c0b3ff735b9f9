"""The `Ledger` port in one process's memory, for unit tests; the same promises as the one in SQL."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING

from bot.audit.chain import GENESIS, seal
from bot.audit.decisions import decided, opened
from bot.audit.entry import Head
from bot.audit.keys import SigningKeys
from bot.audit.proof import misfit_of, needs_proof, not_proven
from bot.audit.record import (
    POLICY_LOADED,
    entry_for_key,
    entry_for_note,
    entry_for_pause,
    entry_for_policy,
    entry_for_taking_up,
    entry_for_unreadable,
)
from bot.domain.actions import facts_of
from bot.domain.alone import sessions_alone, within_limit
from bot.domain.lifecycle import begins_something
from bot.domain.part import HEAD, WHOLE, part_for
from bot.domain.request import Ending, Pause, State, WorkItem
from bot.domain.timeline import Timeline
from bot.errors import Conflict, ConflictReason, Duplicate, LedgerError, UnreadableRequest
from bot.ports.ledger import Remains
from tests.support.parts import put_back, taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.audit.entry import Entry
    from bot.domain.alone import AloneLimit
    from bot.domain.events import Event, Noted
    from bot.domain.part import Part
    from bot.domain.people import Place
    from bot.domain.posting import MessageRef, Posting
    from bot.domain.request import Request
    from bot.errors import NotOwner, Standstill
    from bot.ports.clock import Clock


KEYS = SigningKeys("a ledger in memory")


class FakeLedger:
    def __init__(self, clock: Clock, keys: SigningKeys = KEYS) -> None:
        self._clock, self._keys = clock, keys
        self._lock = RLock()
        self._requests: dict[str, Request] = {}
        self._entries: list[Entry] = []
        self._head = Head(0, GENESIS)
        self._failures = 0
        self.unreadable: set[str] = set()
        self._pause: Pause | None = None
        self._taken: dict[tuple[str, Part], tuple[Request, Request]] = {}
        self.times = Timeline()
        self.not_owner: NotOwner | None = None
        """Why this process owns the database no more; None while it does."""

    def fail_next(self, times: int = 1) -> None:
        """The next writes raise `LedgerError` and change nothing."""
        self._failures = times

    @contextmanager
    def _writing(self, *, is_shown: bool = False) -> Iterator[None]:
        """`is_shown`: the chat shows it already, so it is kept whoever owns the database."""
        with self._lock:
            if self.not_owner and not is_shown:
                raise self.not_owner
            if self._failures:
                self._failures -= 1
                raise LedgerError("I cannot reach my database, so I do nothing. Try again in a minute.")
            yield

    def open(self, request: Request) -> Request:
        with self._writing():
            for known in self._requests.values():
                if known.delivery == request.delivery:
                    raise Duplicate("This command arrived before.", request=known)
            if request.id in self._requests:
                raise LedgerError(f"The number {request.id} is taken by chance. Send the command again.")
            self._refuse_to_begin()
            self._requests[request.id] = request
            self._append(opened(request), self._clock.now())
            return request

    def record(
        self,
        request_id: str,
        event: Event,
        *,
        interactive: bool = False,  # noqa: ARG002 - nobody waits here
        limit: AloneLimit | None = None,
    ) -> Request:
        with self._writing():
            whole = self._requests.get(request_id)
            if whole is None:
                raise LedgerError(f"I know no request {request_id}. Send the command again.")
            if begins_something(event):
                self._refuse_to_begin()
            now = self.times.of_entry(self._clock.now())
            part = WHOLE if limit else part_for(event)
            if limit:
                event = within_limit(whole, event, limit, self._used(whole, now - limit.within))
            after, entry = decided(taken(whole, part), event, now, seal_key=self._keys.seal_key)
            is_proven = not needs_proof(whole, event) or not self._misfit(taken(whole, part), part)
            if not is_proven:
                part = WHOLE
                after, entry = decided(whole, not_proven(), now, seal_key=self._keys.seal_key)
            self._requests[request_id] = after if part == WHOLE else put_back(whole, after)
            self._append(entry, now)
            if not is_proven:
                raise _not_proven(after)
            return after

    def prove(self, request_id: str, part: Part = WHOLE) -> Request | None:
        found = self.find(request_id, part)
        if found is None or found.state is State.ENDED or not self._misfit(found, part):
            return found
        raise _not_proven(self.record(request_id, not_proven()))

    def _misfit(self, request: Request, part: Part) -> str:
        entries = [entry for entry in self._entries if entry.request_id == request.id]
        return misfit_of(request, entries, self._keys.seal_key, part.host)

    def _used(self, request: Request, since: datetime) -> int:
        others = (one for one in self._requests.values() if one.id != request.id)
        return sum(sessions_alone(one, since) for one in others if one.actor.user_id == request.actor.user_id)

    def end_unreadable(self, request_id: str) -> Remains | None:
        """A test names a request in `unreadable`: then it can no longer be found, and its end says what it was."""
        with self._writing():
            found = self._requests.get(request_id)
            if found is None or request_id not in self.unreadable:
                return None
            self.unreadable.discard(request_id)
            was_open = found.state is not State.ENDED
            del self._requests[request_id]
            if was_open:
                user_id = found.actor.user_id
                self._append(entry_for_unreadable(request_id, user_id, found.version), self._clock.now())
            return Remains(
                request_id=request_id,
                was_open=was_open,
                version=found.version,
                requester=found.actor.user_id,
                actor=found.actor,
                place=found.place,
                message_ref=found.message_ref,
            )

    def note(self, noted: Noted, place: Place) -> None:
        with self._writing():
            self._append(entry_for_note(noted, place), self._clock.now())

    def _append(self, entry: Entry, at: datetime) -> None:
        at = self.times.of_entry(at)
        self.times.learn(at)
        sealed = seal(entry, seq=self._head.seq + 1, at=at, before=self._head.hash, keys=self._keys)
        self._entries.append(sealed)
        self._head = Head(sealed.seq, sealed.hash, self._keys.key_id)

    def load_policy(self, text: str) -> None:
        with self._writing():
            known = [entry.text for entry in self._entries if entry.event == POLICY_LOADED]
            if known[-1:] != [text]:
                self._append(entry_for_policy(text), self._clock.now())

    def unended(self) -> tuple[Request, ...]:
        with self._lock:
            requests = tuple(self._requests.values())
        return tuple(sorted((r for r in requests if r.state is not State.ENDED), key=lambda r: r.asked_at))

    def hand_over(self, by: str, new: SigningKeys) -> Entry:
        with self._writing():
            if not self._entries:
                raise LedgerError("The audit log is empty, so no key has signed yet.")
            if self.unended():
                raise LedgerError("Requests are not over yet. Stop the bot, then change the key.")
            old, now = self._keys.public, self._clock.now()
            self._append(entry_for_key(by, old, new.public), now)
            self._keys = new
            self._append(entry_for_taking_up(by, old), now)
            return self._entries[-1]

    def asked_since(self, user_id: str, since: datetime) -> int:
        return sum(r.actor.user_id == user_id and r.asked_at >= since for r in self._requests.values())

    def pause(self, by: str, reason: str) -> None:
        with self._writing():
            self._pause = Pause(by=by, since=self._clock.now(), reason=reason)
            self._append(entry_for_pause(by, reason), self._clock.now())

    def resume(self, by: str) -> None:
        with self._writing():
            self._pause = None
            self._append(entry_for_pause(by, None), self._clock.now())

    def paused(self) -> Pause | None:
        return self._pause

    def find(self, request_id: str, part: Part = WHOLE) -> Request | None:
        if request_id in self.unreadable:
            raise UnreadableRequest(f"The row of {request_id} is damaged.", request_id=request_id)
        found = self._requests.get(request_id)
        if found is None:
            return None
        before, made = self._taken.get((request_id, part), (None, found))
        if before is not found:  # a part is taken once, until the request changes
            made = taken(found, part)
            self._taken[request_id, part] = found, made
        return made

    def mark_published(
        self, request_id: str, *, version: int, message_ref: MessageRef | None, publish_after: datetime | None
    ) -> None:
        with self._writing(is_shown=True):
            request = self._requests.get(request_id)
            if request is not None and version >= request.published_version:
                self._requests[request_id] = replace(
                    request,
                    published_version=version,
                    message_ref=message_ref or request.message_ref,
                    publish_after=publish_after,
                )

    def mark_posting(self, request_id: str, before: Posting, after: Posting) -> bool:
        with self._writing(is_shown=not after.claimed):
            request = self._requests.get(request_id)
            if request is None or request.posting(before.key) != before:
                return False
            others = tuple(each for each in request.postings if each.key != after.key)
            self._requests[request_id] = replace(request, postings=(*others, after))
            return True

    def postings_due(self, request_id: str, due_at: datetime | None) -> None:
        with self._writing():
            if request := self._requests.get(request_id):
                self._requests[request_id] = replace(request, postings_due_at=due_at)

    def hurry_postings(self) -> None:
        with self._writing():
            for request in tuple(self._requests.values()):
                after = None if request.published_version < request.version else request.publish_after
                due_at = request.asked_at if request.postings_due_at else None
                self._requests[request.id] = replace(request, publish_after=after, postings_due_at=due_at)

    def mark_listed(self, request_id: str, *, content_version: int, listed: int) -> None:
        with self._writing(is_shown=True):
            request = self._requests.get(request_id)
            if request is not None and request.content_version == content_version:
                self._requests[request_id] = replace(request, listed=listed)

    def postpone(self, item: WorkItem, due_at: datetime | None) -> None:
        with self._writing():
            request = self._requests.get(item.request_id)
            if request is None:
                return
            surveys = tuple(replace(x, due_at=due_at) if x.host == item.host else x for x in request.surveys)
            changed = replace(request, surveys=surveys) if item.host else replace(request, due_at=due_at)
            self._requests[item.request_id] = changed

    def standstill(self) -> Standstill | None:
        return self.not_owner or self.times.refusal(self._clock.now())

    def _refuse_to_begin(self) -> None:
        if refusal := self.times.refusal(self._clock.now()):
            raise refusal

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        self.times.sweep(now)
        with self._lock:
            requests = tuple(self._requests.values())
        stands_still = self.times.refusal(now) is not None
        items = [
            WorkItem(request_id=request.id)
            for request in requests
            if _is_due(request, now) or (stands_still and request.state is not State.ENDED)
        ]
        hosts = [
            WorkItem(request_id=request.id, host=look.host)
            for request in requests
            if request.state is State.ACTING
            for look in request.surveys
            if _has_passed(look.due_at, now)
        ]
        self.times.has_come_again(now, nothing_waits=not (items or hosts))
        return (*items, *hosts)

    def entries(self, *, request_id: str | None = None, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        with self._lock:
            later = self._entries[after:]
        return tuple(e for e in later if request_id in (None, e.request_id))[:limit]

    def head(self) -> Head:
        return self._head

    def newest(self, limit: int) -> tuple[Request, ...]:
        with self._lock:
            requests = tuple(self._requests.values())
        return tuple(sorted(requests, key=lambda request: (request.asked_at, request.id), reverse=True)[:limit])

    def open_heads(self, limit: int) -> tuple[Request, ...]:
        heads = [taken(request, HEAD) for request in self.unended()]
        return tuple(sorted(heads, key=lambda head: head.expires_at)[:limit])

    def newest_acts_of(self, user_id: str, limit: int) -> tuple[Request, ...]:
        theirs = [request for request in self.newest(len(self._requests)) if request.actor.user_id == user_id]
        acts = [each for each in theirs[:50] if not facts_of(each.action).only_reads]
        return tuple(each for each in acts if each.ending is not Ending.ANSWERED)[:limit]


def _not_proven(request: Request) -> Conflict:
    return Conflict("The record does not say what its row says.", request=request, reason=ConflictReason.NOT_PROVEN)


def _is_due(request: Request, now: datetime) -> bool:
    expired = request.state is not State.ENDED and request.expires_at <= now
    behind = request.published_version < request.version and (
        request.publish_after is None or request.publish_after <= now
    )
    due = _has_passed(request.due_at, now) or _has_passed(request.postings_due_at, now)
    return expired or behind or due


def _has_passed(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
