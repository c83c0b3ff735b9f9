"""Who has to say yes to a request, who has, whom its card calls, and why somebody said no."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from bot.cards.model import Line, LinePart, Tone, UserMention, mention
from bot.cards.text import outside
from bot.cards.wording import count
from bot.domain.ask import LONGEST_REASON
from bot.domain.request import Ending, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request
    from bot.domain.requirement import Need, Requirement


def of(request: Request) -> list[Line]:
    """Return a line for each need, with its progress, and whom the card calls; or the reason of a no."""
    if request.ending is Ending.DENIED and request.deny_reason:
        return [Line(parts=("Why not: ", outside(request.deny_reason, LONGEST_REASON)))]
    required = request.requirement
    if request.state is not State.AWAITING or required is None or not required.needs:
        return []
    pairs = zip_longest(required.needs, request.serving[: len(required.needs)], fillvalue=())
    lines = [_line(required, need, those) for need, those in pairs if not isinstance(need, tuple)]
    return [*lines, *_called(required)]


def _line(required: Requirement, need: Need, those: Sequence[str]) -> Line:
    """Return how far one need is: `Needs a yes: 1 of 2 from @ts-leads: Bo`."""
    said = "Needs a yes" if len(those) < need.count else "Has its yes"
    asked = [_named(required, name) for name in sorted(need.of)]
    parts: list[LinePart] = [f"{said}: {len(those)} of {need.count} from ", *joined(asked, " or ")]
    if those:
        parts += [": ", *joined([UserMention(user) for user in those], ", ")]
    return Line(parts=tuple(parts))


def _named(required: Requirement, name: str) -> LinePart:
    """Return the mention of those whom the card calls, and of other persons one that calls nobody.

    A group that is not called stands there as it is written: by its handle.
    """
    if name in required.whom_to_call:
        return mention(name)
    return UserMention(name, calls=False) if isinstance(mention(name), UserMention) else name


def _called(required: Requirement) -> list[Line]:
    """Return whom the card calls beside those who decide, and how many people these are, as far as it is known."""
    deciding = frozenset().union(*(need.of for need in required.needs))
    others = sorted(required.whom_to_call - deciding)
    number = "" if required.called is None else count(required.called, "person", "people")
    if others:
        parts = ["Called: ", *joined([mention(name) for name in others], ", "), *([f" ({number})"] if number else [])]
        return [Line(parts=tuple(parts))]
    if not required.whom_to_call:
        return [Line(parts=("Nobody is called by this card.",), tone=Tone.QUIET)]
    return [Line(parts=(f"{number} called",), tone=Tone.QUIET)] if number else []


def called_in_words(request: Request) -> str:
    """Return how many people the card calls, behind the place where they are asked; empty where nobody knows."""
    required = request.requirement
    if required is None:
        return ""
    if not required.whom_to_call:
        return " and called nobody"
    return "" if required.called is None else f" and called {count(required.called, 'person', 'people')}"


def joined(parts: Sequence[LinePart], between: str) -> list[LinePart]:
    joined: list[LinePart] = []
    for part in parts:
        joined += [between, part] if joined else [part]
    return joined
