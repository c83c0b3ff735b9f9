"""The ways in which a message may reach people, in the order in which they are tried.

This is the one place that says the order. What Slack refuses for good goes the next way at once; what it refuses for
now is tried again in the same way, and after five tries each further try goes all the ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.cards.shapes import Shape

if TYPE_CHECKING:
    from datetime import datetime

    from bot.cards.attachment import Attachment
    from bot.cards.model import Card
    from bot.domain.people import Place
    from bot.domain.posting import MessageRef


class Means(StrEnum):
    """Where a message goes."""

    PLACE = "place"  # the channel
    TELL = "tell"  # the channel, for the requester alone
    DIRECTLY = "directly"  # the requester's direct messages
    ANSWER = "answer"  # the answer to the command itself, which needs no right and no token
    THREAD = "thread"  # the thread of the card
    REPLY = "reply"  # the same, as a line that calls people
    FILE = "file"  # the requester's direct messages, as a file


@dataclass(frozen=True, slots=True)
class Way:
    """One way to send a message."""

    means: Means
    shape: Shape


def _ways(*pairs: tuple[Means, Shape]) -> tuple[Way, ...]:
    return tuple(Way(means, shape) for means, shape in pairs)


OWN_CARD = _ways(
    (Means.PLACE, Shape.WHOLE), (Means.PLACE, Shape.SHORT), (Means.DIRECTLY, Shape.WHOLE), (Means.DIRECTLY, Shape.SHORT)
)
"""A card that the requester decides on, or that shows them what happens. It keeps its buttons, so it is never words."""

FOR_OTHERS = _ways((Means.PLACE, Shape.WHOLE), (Means.PLACE, Shape.SHORT))
"""A card, or an announcement, for the people of one channel. Nobody else may decide, so it goes nowhere else."""

PRIVATE = _ways(
    (Means.TELL, Shape.WHOLE),
    (Means.TELL, Shape.SHORT),
    (Means.TELL, Shape.WORDS),
    (Means.DIRECTLY, Shape.WHOLE),
    (Means.DIRECTLY, Shape.WORDS),
    (Means.ANSWER, Shape.WORDS),
)
"""What the requester alone sees: lists, previews, refusals, notices."""

WAITING = _ways((Means.ANSWER, Shape.WORDS), (Means.TELL, Shape.WORDS), (Means.DIRECTLY, Shape.WORDS))
"""That the requester has to wait. The answer to the command comes first: it works while Slack refuses the rest."""

ANSWERED = (Way(Means.ANSWER, Shape.WORDS), *PRIVATE[:-1])
"""What takes the place of the receipt: it stands where the command was typed, whatever the bot may do there."""

LISTED = _ways((Means.THREAD, Shape.WHOLE), (Means.THREAD, Shape.SHORT), (Means.THREAD, Shape.WORDS))
"""A message of the list in the card's thread."""

CALLED = _ways((Means.REPLY, Shape.WHOLE))
"""A line in the card's thread that calls people."""

FILES = _ways((Means.FILE, Shape.WHOLE))
"""A file for the requester alone."""

ONE_COPY = 2
"""How often a card may leave without an answer: two of them may stand then."""

COPIES = 5
"""The same for a private line, of which a copy harms nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message that is to be sent once."""

    key: str  # which message of the request it is
    card: Card  # what it shows; of a line that calls people the headline
    ways: tuple[Way, ...]  # in which ways it may go, in this order
    place: Place  # the channel
    names: tuple[str, ...] = ()  # whom a line in the thread calls: user ids, group ids and handles
    thread: MessageRef | None = None  # the card in whose thread it goes
    most_lost: int = COPIES  # how often it may leave without an answer
    file: Attachment | None = None  # what goes as a file; its card says what it is
    until: datetime | None = None  # a wait that ends later than this helps nobody; None: any wait may help
