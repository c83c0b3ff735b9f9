"""Trigger ids: what an app may open once, because a person did something."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from rehearsal.slack.clock import Clock
from rehearsal.slack.errors import SlackError

LIFETIME: Final = timedelta(seconds=3)


class TriggerIds:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, tuple[datetime, str]] = {}
        self._spent: set[str] = set()

    def issue(self, person: str = "") -> str:
        """For what this person, named by id, has just done."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._issued[trigger] = (self._clock.now(), person)
        return trigger

    def spend(self, trigger: str) -> str:
        """Return the id of the person. A trigger id opens one view, once, within 3 s.

        Raises SlackError("invalid_trigger_id"), ("exchanged_trigger_id") or ("expired_trigger_id").
        """
        if trigger not in self._issued:
            raise SlackError("invalid_trigger_id")
        if trigger in self._spent:
            raise SlackError("exchanged_trigger_id")
        issued_at, person = self._issued[trigger]
        if self._clock.now() - issued_at > LIFETIME:
            raise SlackError("expired_trigger_id")
        self._spent.add(trigger)
        return person
