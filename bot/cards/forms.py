"""Forms as people read them: neutral labels and rows, no Slack in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.wording import isolate, session_state
from bot.domain.ask import LONGEST_REASON

if TYPE_CHECKING:
    from bot.domain.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseForm:
    """The form behind "Choose...": whoever stays in the list stays on the card."""

    title: str
    submit: str
    close: str
    label: str  # above the list
    hint: str  # below it
    rows: tuple[str, ...]  # one for each target, by its place on the card


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonForm:
    """The form behind "Give the reason": one text."""

    title: str
    submit: str
    close: str
    label: str  # above the text
    hint: str  # below it
    longest: int  # how many characters it may have


def reason_form(request: Request) -> ReasonForm:
    """Return the form for the reason that `--force` lacks."""
    tickets = " and ".join(request.reason_asked or ())
    wanted = f" It has to contain a ticket number, like {tickets}." if tickets else ""
    return ReasonForm(
        title="Reason for --force",
        submit="Go on",
        close="Back",
        label="Why can nobody be asked?",
        hint=f"{request.id} then goes on as if the reason had been typed. It is announced and kept.{wanted}",
        longest=LONGEST_REASON,
    )


def choose_form(request: Request, most_rows: int) -> ChooseForm:
    """Return the form for the targets of the request; a chat may show `most_rows` of them."""
    more = len(request.targets) - most_rows
    cut_off = f" Only the first {most_rows} fit here; the other {more} are taken out." if more > 0 else ""
    return ChooseForm(
        title="Choose sessions",
        submit="Keep these",
        close="Back",
        label="Who stays on the card",
        hint=f"Nothing happens yet: the card is drawn again for everybody.{cut_off}",
        rows=tuple(
            f"{isolate(str(t.session.account))} - {t.session.host} {t.session.id} - {session_state(t.session)}"
            for t in request.targets[:most_rows]
        ),
    )
