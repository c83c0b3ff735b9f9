"""The record of calls of the Web API, envelopes and changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the Web API.

    `arguments` never hold a token. `error` is None when the answer was `ok`; `fault` is what was played instead of, or
    beside, the answer.
    """

    method: str
    arguments: dict[str, Any]
    error: str | None
    fault: str | None
    called_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One delivery to the app.

    `via` names the socket or the URL. An ack after the limit is kept as `late`: Slack has told the person about the
    failure by then.
    """

    id: str
    kind: str
    via: str
    trigger_id: str | None
    sent_at: datetime
    acked_after: timedelta | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that a page showing the workspace has to redraw. `number` grows by one each time."""

    number: int
    kind: str
    subject: dict[str, str]
