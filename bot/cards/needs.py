"""Who has to say yes to a request, and who has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.model import Line, LinePart, UserMention, mention
from bot.domain.request import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request


def of(request: Request) -> list[Line]:
    """Return the lines that name the people who have to say yes, and those who have. Each reader is mentioned by id."""
    if request.state is not State.AWAITING or not request.requirement:
        return []
    lines: list[Line] = []
    for need in request.requirement.needs:
        parts: list[LinePart] = [f"Needs a yes from {need.count} of "]
        lines.append(Line(parts=(*parts, *joined([mention(name) for name in sorted(need.of)], " or "))))
    if request.counted:
        people = [UserMention(actor.user_id) for actor in request.counted]
        lines.append(Line(parts=("Yes so far: ", *joined(people, ", "))))
    return lines


def joined(parts: Sequence[LinePart], between: str) -> list[LinePart]:
    joined: list[LinePart] = []
    for part in parts:
        joined += [between, part] if joined else [part]
    return joined
