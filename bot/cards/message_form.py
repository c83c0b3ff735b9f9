"""The form behind the button "Message": one text, which becomes the text of the command that the button holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.cards.forms import TextForm
from bot.cards.model import CommandButton
from bot.commands.tokens import escaped, quoted
from bot.domain.ask import LONGEST_REASON

WRITE = "write"
"""The press on a button whose command still lacks its text. It belongs to no request, so it is no `Press`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextButton(CommandButton):
    """A button that asks for a text first. Only its asker may press it."""

    press: ClassVar[str] = WRITE


def message_form() -> TextForm:
    """Return the form behind the button."""
    return TextForm(
        title="Message",
        submit="Send",
        close="Back",
        label="What the person reads on the desktop",
        hint="Your name stands below it. The message is recorded.",
        longest=LONGEST_REASON,
    )


def with_text(value: str, text: str) -> str:
    """Return what a button carries whose command has the written text."""
    return f"{value} --text {escaped(quoted(text))}"
