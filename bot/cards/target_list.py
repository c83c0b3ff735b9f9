"""The list in a card's thread: every target by name, when the card has no room for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.model import Bold, Card, Line, Mark, Timestamp, Tone
from bot.cards.session_words import by_presence, sign_of
from bot.cards.signs import Sign
from bot.cards.text import outside
from bot.cards.wording import session_state
from bot.domain.actions import facts_of
from bot.domain.request import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.cards.model import LinePart
    from bot.domain.request import Request, Target

MOST_ROWS = 25
"""More targets are counted on the card and listed in its thread: a card is read on a phone."""

MOST_ASKED = 200
"""Nobody is asked about more targets on one card: nobody reads that many names."""

MOST_IN_A_MESSAGE = 40
MOST_LETTERS = 8000
"""A message of the list stays whole: a chat cuts, or refuses, what is much longer."""


def needs_list(request: Request) -> bool:
    """Whether the card waits for people and has no room for all targets."""
    return request.state is State.AWAITING and len(request.targets) > MOST_ROWS


def is_complete(request: Request) -> bool:
    """Whether everybody who would be hit can be read by whoever decides."""
    return not needs_list(request) or is_written(request)


def is_written(request: Request) -> bool:
    """Whether the whole list of these targets stands in the thread."""
    return request.listed >= len(_parts(request))


def messages(request: Request) -> tuple[Card, ...]:
    """The list as messages, the same ones for the same targets, so that it can be gone on with."""
    cards: list[Card] = []
    every, first = len(request.targets), 1
    for part in _parts(request):
        last = first + len(part) - 1
        title = f"{facts_of(request.action).plain} {every:,}: {first:,} to {last:,} ({request.id})"
        cards.append(Card(sign=Sign.LIST, headline=title, summary=title, lines=tuple(_lines(part))))
        first = last + 1
    return tuple(cards)


def _parts(request: Request) -> list[list[Target]]:
    parts: list[list[Target]] = []
    letters = 0
    for target in by_host(request.targets):
        session = target.session
        length = len(_name(target)) + len(outside(session.client)) + 2 * len(session.host) + 120
        if not parts or len(parts[-1]) == MOST_IN_A_MESSAGE or letters + length > MOST_LETTERS:
            parts.append([])
            letters = 0
        parts[-1].append(target)
        letters += length
    return parts


def by_host(targets: Iterable[Target]) -> list[Target]:
    """Return the targets host by host, on each as rows stand: people first, idle longest last."""
    hosts: dict[str, list[Target]] = {}
    for target in targets:
        hosts.setdefault(target.session.host, []).append(target)
    return [target for here in hosts.values() for target in sorted(here, key=lambda each: by_presence(each.session))]


def _lines(part: list[Target]) -> Iterator[Line]:
    host = ""
    for target in part:
        session = target.session
        if session.host != host:
            host = session.host
            yield Line(parts=(Bold(host),), tone=Tone.ROW)
        said = f"  session {session.id} · {session_state(session)}"
        more: list[LinePart] = [" · logged on ", Timestamp(session.logged_on_at)] if session.logged_on_at else []
        if session.client:
            more.append(f" · {outside(session.client)}")
        yield Line(parts=(Mark(sign_of(session)), f" {_name(target)}{said}", *more), tone=Tone.ROW)


def _name(target: Target) -> str:
    session = target.session
    return outside(str(session.account) if session.account.user else session.station or "nobody")
