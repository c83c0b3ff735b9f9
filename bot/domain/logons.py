"""What the hosts said of a credential, and who may try it next.

Domains lock an account after some refused logons, and one command reaches many hosts at once. So a credential that is
not proven is tried at one host at a time, and two refusals suspend it everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LONGEST_TURN = timedelta(seconds=20)
"""A turn lasts as long as its call may, and no longer than this: its process may have died."""

PROVEN_FOR = timedelta(minutes=1)
"""How long an acceptance proves a credential. Passwords change while the bot runs, most often when nobody uses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The last time that a host refused the credential."""

    host: str  # its name in the inventory
    at: datetime  # when it refused
    until: datetime  # before this time the host is not tried again
    counts: bool = True  # no host has accepted the credential since


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The one logon that is under way with a credential that is not proven."""

    host: str  # where it is tried
    token: str  # tells this logon from every other
    until: datetime  # without an answer by this time it counts as refused, and the next one may try


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Why a credential may not be tried at a host now."""

    until: datetime  # it may be tried again after this time
    refused_at: datetime | None  # when this host refused it; None: it is suspended at every host


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A credential as the hosts see it."""

    accepted_at: datetime | None = None  # the last acceptance that no refusal followed; None: there is none
    refusals: tuple[Refusal, ...] = ()  # one for each host that refused it and is not tried yet
    times_refused: int = 0  # tells whether a refusal came while a logon was under way
    turn: Turn | None = None  # the logon that the others wait for
    suspended_until: datetime | None = None  # two hosts refused it; None: they did not

    def suspension_at(self, host: str, now: datetime) -> Suspension | None:
        """Return why the credential may not be tried at this host; None when it may."""
        if self.suspended_until and now < self.suspended_until:
            return Suspension(until=self.suspended_until, refused_at=None)
        refusal = next((each for each in self.refusals if each.host == host and now < each.until), None)
        return Suspension(until=refusal.until, refused_at=refusal.at) if refusal else None

    def is_proven(self, since: datetime) -> bool:
        """Return whether a host has accepted the credential since that time, and none has refused it after that."""
        return self.accepted_at is not None and self.accepted_at >= since

    def is_tried(self, now: datetime) -> bool:
        """Return whether a logon is under way whose answer the others wait for."""
        return self.turn is not None and now < self.turn.until

    def is_news(self, *, times_refused: int, since: datetime) -> bool:
        """Return whether an acceptance of a logon that began after so many refusals would change anything."""
        if times_refused != self.times_refused:
            return False
        return not self.is_proven(since) or any(each.counts for each in self.refusals)

    def taken(self, turn: Turn, now: datetime, *, since: datetime, window: timedelta) -> Standing:
        """Return the standing with this turn, or without it when it may not be taken or nobody needs one."""
        known = self.settled(now, window)
        if known.is_proven(since) or known.is_tried(now) or known.suspension_at(turn.host, now):
            return known
        return replace(known, turn=turn, refusals=known.live(now), suspended_until=None)

    def accepted(self, host: str, token: str, now: datetime, *, times_refused: int) -> Standing:
        """Return the standing after a host accepted the credential.

        `times_refused` is the number of refusals when the logon began. A refusal that came after that may be the newer
        truth, so nothing is proven then, and no refusal or suspension ends.
        """
        known = self.given_back(token)
        if times_refused != self.times_refused:
            return known
        before = tuple(replace(each, counts=False) for each in self.live(now) if each.host != host)
        return replace(known, accepted_at=now, refusals=before, suspended_until=None)

    def refused(self, host: str, token: str, now: datetime, *, window: timedelta) -> Standing:
        """Return the standing after a host refused the credential. The second host suspends it everywhere."""
        known = self.given_back(token).settled(now, window)
        others = tuple(each for each in known.live(now) if each.host != host)
        is_second = any(each.counts for each in others)
        return replace(
            known,
            accepted_at=None,
            refusals=(*others, Refusal(host=host, at=now, until=now + window)),
            times_refused=known.times_refused + 1,
            suspended_until=now + window if is_second else known.suspended_until,
        )

    def given_back(self, token: str) -> Standing:
        """Return the standing after the turn of this logon; the turn of another one goes on."""
        is_over = self.turn is not None and self.turn.token == token
        return replace(self, turn=None) if is_over else self

    def settled(self, now: datetime, window: timedelta) -> Standing:
        """Return the standing after a turn that had no answer in its time: the password may have left for a refusal."""
        if self.turn is None or self.is_tried(now):
            return self
        return self.refused(self.turn.host, self.turn.token, self.turn.until, window=window)

    def live(self, now: datetime) -> tuple[Refusal, ...]:
        """Return the refusals that still hold."""
        return tuple(each for each in self.refusals if now < each.until)


NEW = Standing()
"""Nobody has tried the credential yet."""
