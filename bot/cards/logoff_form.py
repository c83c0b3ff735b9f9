"""The form of `/logoff` as people read it: neutral labels and rows, without Slack."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from bot.cards import wording
from bot.cards.model import CommandButton
from bot.cards.session_words import in_one_row
from bot.cards.text import bounded, outside, plain, unmarked
from bot.cards.wording import count, session_state
from bot.domain.ask import LONGEST_REASON
from bot.domain.draft import PAGE
from bot.domain.request import State

if TYPE_CHECKING:
    from bot.domain.draft import Draft
    from bot.domain.request import Request

TITLE, SUBMIT, CLOSE = "Log somebody off", "Go on", "Close"
SHORTCUT, SHORTCUT_HINT = "Log somebody off...", "Choose a computer and its sessions in a form"
HOST, HOST_HINT, HOST_EMPTY = "Computer", "Type a part of its name.", "Choose a computer"
SESSIONS, ACT, OPTIONS = "Sessions", "What to do", "Options"
WAIT = "Wait until they are gone (--sync)"
WARN, WARN_HINT = "Warn them first, minutes before", "1 to 60; empty: nobody is warned."
REASON = "Reason"
PREVIOUS, NEXT = "Previous page", "Next page"
MESSAGE = "tsmessage"
ACTS = (
    ("logoff", "Log off"),
    ("disconnect", "Disconnect: programs go on running"),
    (MESSAGE, "Message: nobody is logged off"),
)
TEXT, TEXT_HINT = (
    "Text of the message",
    "What they read on their desktops, for Message alone. Your name stands below it.",
)
NOTHING_YET = "Choose a computer; then I read who is on it."

_LONGEST_FAULT = 300

NO_HOST = "Choose a computer first."
NO_TICKS = "Tick at least one session."
TOO_MANY = "Those are too many for one command. Tick fewer."
BAD_MINUTES = "Say whole minutes, from 1 to 60."
NO_TEXT = "Write what they are to read."
TEXT_WITHOUT_MESSAGE = "This is the text of a message. Choose Message above, or empty this field."
TEXT_WITHOUT_LETTERS = "Write the message in letters and digits."
LONG_TEXT = f"The message is longer than {LONGEST_REASON} characters. Say it shorter."
NOT_FOR_A_MESSAGE = "A message is shown at once. Leave this empty."
LONG_REASON = f"The reason is longer than {LONGEST_REASON} characters. Say it shorter."
NO_LETTERS = "Write the reason in letters and digits, or leave it empty."


FORM = "form"
"""The press on a button that opens the form. It belongs to no request, so it is no `Press`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormButton(CommandButton):
    """A button that opens the form of its command, instead of asking it."""

    press: ClassVar[str] = FORM


class FormField(StrEnum):
    """The fields of the form that can be wrong."""

    HOST = "host"
    SESSIONS = "sessions"
    TEXT = "text"
    OPTIONS = "options"
    WARN = "warn"
    REASON = "reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session that can be ticked."""

    place: int  # its place in the look, from 0
    text: str  # who, and since when

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", unmarked(plain(self.text)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoffForm:
    """The form as it stands: what was chosen so far, and what can be ticked."""

    draft: Draft
    note: str  # a sentence on the computer: that it is read, who is there, or why it cannot be read
    rows: tuple[SessionRow, ...] = ()  # the sessions of this page
    pages: int = 1  # how many pages there are

    def __post_init__(self) -> None:
        object.__setattr__(self, "note", plain(self.note))


def reading(draft: Draft) -> LogoffForm:
    """Return the form while the host is asked."""
    return LogoffForm(draft=draft, note=f"Reading {draft.host} ...")


def told(draft: Draft, sentence: str) -> LogoffForm:
    """Return the form with a sentence in the place of the sessions."""
    return LogoffForm(draft=draft, note=sentence)


def build(draft: Draft, look: Request | None) -> LogoffForm:
    """Return the form with what its look has found so far; None: nobody looked yet."""
    if look is None:
        return told(draft, NOTHING_YET)
    if look.state is not State.ENDED:
        return reading(draft)
    if not look.targets:
        return told(draft, _why_nobody(look))
    rows = tuple(
        SessionRow(place=place, text=_row(look, place))
        for place in range(draft.page * PAGE, min(len(look.targets), (draft.page + 1) * PAGE))
    )
    pages = (len(look.targets) - 1) // PAGE + 1
    return LogoffForm(draft=draft, note=_note(draft, look, pages), rows=rows, pages=pages)


def gone(host: str) -> str:
    """Return the sentence for a computer that the form still shows, and the configuration no longer has."""
    return f"I do not know {outside(host)} any more. Choose another computer."


def not_read(host: str) -> str:
    """Return the sentence for a form that is sent before its computer answered."""
    return f"{outside(host)} has not been read yet. Wait a moment, or choose it again."


def nobody_to_tick(look: Request) -> str:
    """Return the sentence for a form that is sent though its computer has no session to tick.

    A computer that did not answer is named with its own fault; else the form says why.
    """
    if failed := [each.message for each in look.surveys if each.code]:
        return f"{bounded(' '.join(failed), _LONGEST_FAULT)} Choose it again, or another computer."
    return f"There is nobody on {wording.join_names(look.ask.hosts)} whom you can tick. Choose another computer."


def _note(draft: Draft, look: Request, pages: int) -> str:
    more = f", page {draft.page + 1} of {pages}" if pages > 1 else ""
    elsewhere = len(draft.ticked - frozenset(range(draft.page * PAGE, (draft.page + 1) * PAGE)))
    ticked = f" {elsewhere} ticked on other pages." if elsewhere else ""
    left_out = sum(bool(one.session.account.user) for one in look.excluded)
    others = f" {left_out} more that you may not touch." if left_out else ""
    return f"{draft.host}: {count(len(look.targets), 'session')}{more}.{ticked}{others} Nothing happens yet."


def _why_nobody(look: Request) -> str:
    said = [each.message for each in look.surveys if each.message]
    return " ".join([*said, look.message] if look.message else said) or "There is nobody whom you may log off."


def _row(look: Request, place: int) -> str:
    session = look.targets[place].session
    return in_one_row(session, f"{session.id} - {session_state(session)}")
