"""What an app may do once, or for a while, because a person did something: trigger ids and response URLs."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rehearsal.slack.clock import Clock
from rehearsal.slack.errors import SlackError

TRIGGER_LIFE: Final = timedelta(seconds=3)
RESPONSE_LIFE: Final = timedelta(minutes=30)
RESPONSE_USES: Final = 5


@dataclass(slots=True, kw_only=True)
class ResponseGrant:
    """Whom and what a response URL answers. `message_ts` is the message whose button was pressed, if one was."""

    person: str
    channel: str
    message_ts: str | None
    granted_at: datetime
    uses: int = 0


class Grants:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._triggers: dict[str, tuple[datetime, str]] = {}
        self._spent: set[str] = set()
        self._responses: dict[str, ResponseGrant] = {}

    def make_trigger(self, person: str = "") -> str:
        """For what this person, named by id, has just done."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = (self._clock.now(), person)
        return trigger

    def spend_trigger(self, trigger: str) -> str:
        """A trigger opens one thing, once, within 3 s. Returns whose it is.

        Raises SlackError in Slack's three words for a refusal.
        """
        if trigger not in self._triggers:
            raise SlackError("invalid_trigger_id")
        if trigger in self._spent:
            raise SlackError("exchanged_trigger_id")
        given_at, person = self._triggers[trigger]
        if self._clock.now() - given_at > TRIGGER_LIFE:
            raise SlackError("expired_trigger_id")
        self._spent.add(trigger)
        return person

    def make_response(self, person: str, channel: str, message_ts: str | None = None) -> str:
        """The secret part of a response URL."""
        name = secrets.token_urlsafe(24)
        self._responses[name] = ResponseGrant(
            person=person, channel=channel, message_ts=message_ts, granted_at=self._clock.now()
        )
        return name

    def spend_response(self, name: str) -> ResponseGrant:
        """Five uses within 30 minutes; raises SlackError("used_url") or ("expired_url") after that."""
        grant = self._responses.get(name)
        if grant is None or self._clock.now() - grant.granted_at > RESPONSE_LIFE:
            raise SlackError("expired_url")
        if grant.uses >= RESPONSE_USES:
            raise SlackError("used_url")
        grant.uses += 1
        return grant
