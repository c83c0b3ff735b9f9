"""What comes in from the chat, in the core's own words. Adapters make these values and take nothing else apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.people import Actor, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCall:
    """A slash command as it was typed."""

    command: str  # without its slash
    text: str  # what stands behind it, as the chat delivered it
    actor: Actor
    place: Place
    delivery: str  # the same when the chat delivers the command twice


@dataclass(frozen=True, slots=True, kw_only=True)
class PressCall:
    """A button on a card, or the form behind one."""

    press: str  # which button: a value of `Press`, when it is one of ours
    value: str  # `TS-7K3QXM:2`: the request's id and the version that the button was drawn from
    actor: Actor
    place: Place
    picked: frozenset[int] | None = None  # rows ticked in a form, by their places; None: no such form
    text: str | None = None  # what was written into a form; None: no such form
