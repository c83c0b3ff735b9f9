"""One limit for all that one person sends: commands, presses, forms, messages and mistakes. It stands in memory.

It is asked before anything is read, so that a flood of one person costs the others nothing. Replicas tell each other
what they took, so that one person has one limit at all of them.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from bot.domain.people import Actor, Place

if TYPE_CHECKING:
    from datetime import datetime

MINUTE = timedelta(minutes=1)
_LONGEST = 2 * MINUTE
"""How far ahead the limit of a person may be used up. Alone it is a minute; what several replicas took before they
heard of each other stands above it, and is waited for as well."""

TOLD_EVERY = timedelta(seconds=10)
"""How often a person is told again where each answer would be a call of the chat."""

MOST_PEOPLE = 10_000
"""The most people who are remembered; whoever sent nothing for the longest time is forgotten first."""

_ELSEWHERE = Place(channel_id="")
"""Where a person sends who sent nothing here. An entry is about what was held here, and names where that was."""

AT_ONCE = 1
"""The most entries about others that a call writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one person sent above the limit."""

    wait: timedelta  # how long until one more is taken, in whole seconds
    is_told: bool  # the person was told so a moment ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncounted:
    """How much of one person was not taken and does not stand in the audit log yet."""

    by: Actor
    place: Place  # where the last of it was sent
    count: int


@dataclass(slots=True)
class _Sender:
    """What is remembered of one person."""

    actor: Actor
    place: Place
    clear_at: datetime  # when the limit is as if nothing had been sent
    told_at: datetime | None = None
    held: int = 0  # what was not taken since the last entry
    untold: int = 0  # what was taken since the other replicas were told


class Senders:
    """Who sent how much. Safe between threads; it forgets people, so it cannot grow without an end."""

    def __init__(self, most_people: int = MOST_PEOPLE) -> None:
        self._most_people = most_people
        self._senders: OrderedDict[str, _Sender] = OrderedDict()  # who sent last stands last
        self._entered_at: OrderedDict[str, datetime] = OrderedDict()  # who got an entry last stands last
        self._to_enter: OrderedDict[str, None] = OrderedDict()
        self._forgotten: list[Uncounted] = []
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._senders)

    def take(self, actor: Actor, place: Place, now: datetime, most: int) -> Held | None:
        """Take one more of this person, or return how long it has to wait. `most` is the limit of a minute.

        What was taken is free again one by one, each `MINUTE / most` after the one before it.
        """
        with self._lock:
            sender, each = self._remembered(actor, place, now), MINUTE / most
            over = sender.clear_at + each - now - MINUTE
            if over <= timedelta(0):
                sender.clear_at += each
                sender.untold += 1
                return None
            is_told = sender.told_at is not None and timedelta(0) <= now - sender.told_at < TOLD_EVERY
            sender.told_at = sender.told_at if is_told else now
            return Held(wait=timedelta(seconds=-(-over // timedelta(seconds=1))), is_told=is_told)

    def take_elsewhere(self, user_id: str, count: int, now: datetime, most: int) -> None:
        """Count what another replica took of this person."""
        with self._lock:
            known = self._senders.get(user_id)
            actor, place = (known.actor, known.place) if known else (Actor(user_id=user_id), _ELSEWHERE)
            sender = self._remembered(actor, place, now)
            sender.clear_at = min(sender.clear_at + count * MINUTE / most, now + _LONGEST)

    def untold(self, now: datetime, most: int) -> dict[str, int]:
        """Return how much of whom was taken here since the last call, and counts still."""
        found = {}
        with self._lock:
            for user_id, sender in self._senders.items():
                counts = -(-(sender.clear_at - now) // (MINUTE / most))
                told, sender.untold = min(sender.untold, counts), 0
                if told > 0:
                    found[user_id] = told
        return found

    def count(self, actor: Actor, place: Place, now: datetime, held: int = 1) -> None:
        """Count what was not taken."""
        with self._lock:
            self._remembered(actor, place, now).held += held
            if actor.user_id not in self._entered_at:
                self._to_enter[actor.user_id] = None

    def to_enter(self, now: datetime) -> tuple[Uncounted, ...]:
        """Return what has to be entered in the audit log now: for each person once a minute, with a count.

        These are a few at most, because somebody who sent something waits for it; the others come with the next call.
        """
        with self._lock:
            self._end_minutes(now)
            found = self._forgotten[:AT_ONCE]
            del self._forgotten[:AT_ONCE]
            while self._to_enter and len(found) < AT_ONCE:
                user_id, _ = self._to_enter.popitem(last=False)
                sender = self._senders[user_id]
                found.append(Uncounted(by=sender.actor, place=sender.place, count=sender.held))
                sender.held, self._entered_at[user_id] = 0, now
            return tuple(found)

    def _end_minutes(self, now: datetime) -> None:
        """Forget the entries that are older than a minute, or of a time to come by a clock that was set back."""
        while self._entered_at:
            user_id, at = next(iter(self._entered_at.items()))
            if timedelta(0) <= now - at < MINUTE:
                return
            del self._entered_at[user_id]
            if user_id in self._senders and self._senders[user_id].held:
                self._to_enter[user_id] = None

    def _remembered(self, actor: Actor, place: Place, now: datetime) -> _Sender:
        sender = self._senders.setdefault(actor.user_id, _Sender(actor, place, now))
        sender.actor, sender.place = actor, place
        is_possible = now < sender.clear_at <= now + _LONGEST  # not when the clock was set back since
        sender.clear_at = sender.clear_at if is_possible else now
        self._senders.move_to_end(actor.user_id)
        if len(self._senders) > self._most_people:
            user_id, oldest = self._senders.popitem(last=False)
            self._to_enter.pop(user_id, None)
            self._entered_at.pop(user_id, None)
            if oldest.held:
                self._forgotten.append(Uncounted(by=oldest.actor, place=oldest.place, count=oldest.held))
        return sender
