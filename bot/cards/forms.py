"""Forms as people read them: neutral labels and rows, without Slack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.session_words import in_one_row
from bot.cards.text import plain, unmarked
from bot.cards.wording import called, session_state
from bot.domain.ask import LONGEST_REASON
from bot.domain.requirement import DenyReason

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.errors import ChatError

NOT_OPENED_IN_TIME = "The form could not be opened in time, and nothing has changed. Press the button again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseForm:
    """The form behind "Choose...": targets that stay in its list stay on the card."""

    title: str  # the form's heading
    submit: str  # the button that sends the form
    close: str  # the button that closes it
    label: str  # above the list
    hint: str  # below the list
    rows: tuple[str, ...]  # one for each target, in the order of the card

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(unmarked(plain(row)) for row in self.rows))

    def label_of(self, first: int, last: int) -> str:
        """Return the label above a part of the list, from one row to another, counted from 1."""
        return self.label if last - first + 1 == len(self.rows) else f"{self.label}, {first:,} to {last:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForm:
    """A form with one text: a reason, or a message."""

    title: str
    submit: str
    close: str
    label: str  # above the text
    hint: str  # below it
    longest: int  # how many characters it may have
    is_needed: bool = True  # it may not be left empty


def reason_form(request: Request) -> TextForm:
    """Return the form for the reason that `--force` lacks."""
    tickets = " and ".join(request.reason_asked or ())
    wanted = f" It has to contain a ticket number, like {tickets}." if tickets else ""
    return TextForm(
        title="Reason for --force",
        submit="Go on",
        close="Back",
        label="Why can nobody be asked?",
        hint=f"{request.id} then goes on as if the reason had been typed. It is announced and kept.{wanted}",
        longest=LONGEST_REASON,
    )


def denial_form(request: Request) -> TextForm:
    """Return the form behind Deny, for the reason."""
    is_needed = request.requirement is not None and request.requirement.deny_reason is DenyReason.NEEDED
    who = called(request.actor)
    return TextForm(
        title="Deny",
        submit="Deny",
        close="Back",
        label="Why not?",
        hint=f"{who} is told, and it is kept with {request.id}. Nothing is decided before you press Deny.",
        longest=LONGEST_REASON,
        is_needed=is_needed,
    )


def choose_form(request: Request, most_rows: int) -> ChooseForm:
    """Return the form for the targets of the request, with `most_rows` rows at most."""
    more = len(request.targets) - most_rows
    cut_off = f" Only the first {most_rows:,} fit here; the other {more:,} are taken out." if more > 0 else ""
    return ChooseForm(
        title="Choose sessions",
        submit="Keep these",
        close="Back",
        label="Who stays on the card",
        hint=f"Nothing happens yet: the card is drawn again for everybody.{cut_off}",
        rows=tuple(
            in_one_row(t.session, f"{t.session.host} {t.session.id} - {session_state(t.session)}")
            for t in request.targets[:most_rows]
        ),
    )


ANSWER_TITLE, ANSWER_CLOSE = "Logging sessions off", "Close"
"""Of a form that only shows an answer."""


def not_opened(error: ChatError) -> str:
    """Return the sentence for a presser whose form was not opened, or of which nobody knows whether it was."""
    then = "Press the button again, if you see none." if error.retryable else "Tell whoever runs the bot."
    return f"The form could not be opened, and nothing has changed. {error.message} {then}"
