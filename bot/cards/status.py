"""The answer to `status`: what waits and what runs, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import headlines
from bot.cards.model import Bold, Card, Line, Mark, Timestamp, Tone
from bot.cards.wording import called, count
from bot.domain.request import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request

MOST = 10
"""More requests are counted."""


def status(requests: Sequence[Request]) -> Card:
    """Return the card of the requests that are not over, the newest first."""
    if not requests:
        return Card(headline="Nothing waits and nothing runs.", summary="Nothing waits and nothing runs.")
    lines = [_line(request) for request in requests[:MOST]]
    if len(requests) > MOST:
        lines.append(Line(parts=(f"and {len(requests) - MOST:,} more",), tone=Tone.QUIET))
    headline = f"{count(len(requests), 'request')} not over yet"
    return Card(headline=headline, summary=headline, lines=tuple(lines))


def _line(request: Request) -> Line:
    named = (Mark(headlines.sign_of(request)), " ", Bold(request.id))
    said = f"  {headlines.headline(request)} Asked by {called(request.actor)}"
    if request.state is State.AWAITING:
        return Line(parts=(*named, said, ", waits until ", Timestamp(request.expires_at)), tone=Tone.ROW)
    return Line(parts=(*named, said), tone=Tone.ROW)
