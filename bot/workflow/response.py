"""The immediate answer to a command or a press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.request import WorkItem

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.request import Request
    from bot.errors import UnreadableRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The immediate, private answer to a command or a press."""

    text: str  # a sentence for the actor; empty: the card, the form or a receipt that follows is the answer
    card: Card | None = None  # shown instead of the text where the chat can show it
    wake: WorkItem | None = None  # the item that the scheduler has to be woken for; None: none
    form: Request | None = None  # the request whose form has to be opened; None: no form
    wants_text: bool = False  # the form for the text of a message has to be opened
    copy: str = ""  # what takes the place of the pressed message, which is a copy of a card; empty: it is none
    replaces: bool = False  # the answer takes the place of the private message whose button was pressed
    tells_where: bool = False  # the text says that the card comes to the direct messages
    is_taken: bool = False  # the command is in the database, by this delivery of it or by an earlier one
    is_repeated: bool = False  # the person was told so a moment ago: no call of the chat is worth it


def unreadable(error: UnreadableRequest, *, is_shared: bool) -> Response:
    """Return the answer, and wake the step that ends the request and tells the requester.

    `is_shared`: other replicas may know it. Nothing is woken then: each press would keep their steps waiting.
    """
    return Response(text=error.message, wake=None if is_shared else WorkItem(request_id=error.request_id))
