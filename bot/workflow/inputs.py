"""Commands and presses as values of the core. The adapter of a chat makes them from its own payloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from bot.cards.model import Press

if TYPE_CHECKING:
    from bot.domain.ask import Shown
    from bot.domain.people import Actor, Place
    from bot.domain.posting import MessageRef

_KEPT = 500
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCall:
    """A slash command as it was typed."""

    command: str  # without its slash
    text: str  # the text behind the command, as the chat delivered it
    actor: Actor  # the requester
    place: Place  # where they typed it
    delivery: str  # the chat's id of the delivery; the same when the chat delivers the command twice
    shown: tuple[Shown, ...] = ()  # the sessions that were ticked in a form; empty: the command was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class PressCall:
    """A press on a button of a card, or a form that was sent."""

    press: str  # which button; a value of `Press` for a button that the bot knows
    value: str  # `TS-7K3QXM:2`: the request's id and the version that the button was drawn from
    actor: Actor  # the presser
    place: Place  # where the card stands
    picked: frozenset[int] | None = None  # rows ticked in the form, counted from 0; None: a button, no form
    text: str | None = None  # what was written into a form; None: no such form
    delivery: str = ""  # the chat's id of the delivery; empty for a form
    message_ref: MessageRef | None = None  # the message whose button it is; None: a form, or one reader's message

    @property
    def aim(self) -> tuple[Press, str, int] | None:
        """The button, the request's id and the button's version; None where they are none of a card of the bot."""
        request_id, _, number = self.value.partition(":")
        is_ours = self.press in set(Press) and number.isdecimal()
        return (Press(self.press), request_id, int(number[:9])) if is_ours else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidCall:
    """Words to the bot: a direct message, or a mention in a channel."""

    text: str  # as the chat delivered it
    actor: Actor  # who said it
    place: Place  # where


def storable(text: str) -> str:
    """Truncate unchecked text to 500 characters and replace those that a database or terminal cannot handle."""
    spaced = (" " if sign.isspace() else sign for sign in text[:_KEPT])
    return "".join(_UNREADABLE if category(sign) in ("Cc", "Cs") else sign for sign in spaced)
