"""Response URLs: where an app may answer for a while, because a person did something."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rehearsal.slack.clock import Clock
from rehearsal.slack.errors import SlackError

LIFETIME: Final = timedelta(minutes=30)
MOST_USES: Final = 5


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """The person and the channel that are answered. `message_ts`: the message whose button was pressed, if any."""

    person: str
    channel: str
    message_ts: str | None
    issued_at: datetime
    uses: int = 0


class ResponseUrls:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, person: str, channel: str, message_ts: str | None = None) -> str:
        """Return the secret part of a new URL."""
        name = secrets.token_urlsafe(24)
        self._issued[name] = ResponseUrl(
            person=person, channel=channel, message_ts=message_ts, issued_at=self._clock.now()
        )
        return name

    def use(self, name: str) -> ResponseUrl:
        """Count one use: five within 30 minutes. Raises SlackError("used_url") or ("expired_url") after that."""
        url = self._issued.get(name)
        if url is None or self._clock.now() - url.issued_at > LIFETIME:
            raise SlackError("expired_url")
        if url.uses >= MOST_USES:
            raise SlackError("used_url")
        url.uses += 1
        return url
