"""The form behind the button "Message": one text, which becomes the text of the command that the button holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.cards.model import CommandButton
from bot.commands.tokens import escaped, quoted
from bot.domain.ask import LONGEST_REASON

WRITE = "write"
"""The press on a button whose command still lacks its text. It belongs to no request, so it is no `Press`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextButton(CommandButton):
    """A button that asks for a text first. Only its asker may press it."""

    press: ClassVar[str] = WRITE


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageForm:
    """The form as people read it."""

    title: str = "Message"
    submit: str = "Send"
    close: str = "Back"
    label: str = "What the person reads on the desktop"
    hint: str = "Your name stands below it. The message is recorded."
    longest: int = LONGEST_REASON  # how many characters it may have


def with_text(value: str, text: str) -> str:
    """Return what a button carries whose command has the written text."""
    return f"{value} --text {escaped(quoted(text))}"
