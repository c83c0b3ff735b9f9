"""The notices beside the card: receipts, help, usage errors, mentions and private answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.cards import headlines, needs, request_card, target_list, wording
from bot.cards.model import (
    Bold,
    Break,
    Button,
    Card,
    Channel,
    CommandButton,
    Line,
    LinePart,
    Press,
    Timestamp,
    Tone,
    UserMention,
    calling_nobody_else,
)
from bot.cards.terms import terms_of
from bot.cards.text import outside
from bot.commands import BY_NAME
from bot.commands.naming import OWN_NAMES, CommandNames
from bot.commands.tokens import escaped
from bot.domain.actions import Action
from bot.domain.ask import LONGEST_REASON
from bot.domain.durations import duration
from bot.errors import Suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request
    from bot.errors import UsageError


MOST_BUTTONS = 5
"""The most commands that one answer holds."""

_AROUND, _LONGEST_MARK, _LABEL = 40, 60, 75
"""How much of a command is shown around its wrong part, how long a mark is, and how long the text of a button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which command was typed, and by whom: for the buttons of an answer."""

    command: str  # its name, without a slash
    asker: str  # the Slack user id
    names: CommandNames = OWN_NAMES

    @property
    def slash(self) -> str:
        """The command as it is typed here, `/logoff`."""
        return self.names.slash(self.command)

    def of(self, command: str) -> Asked:
        """Return the same for another command."""
        return replace(self, command=command)

    def button(self, suggestion: Suggestion, label: str = "") -> CommandButton:
        """Return the button that asks this command; without a label it shows the command."""
        return CommandButton(
            label=label or f"{self.names.slash(suggestion.command)} {suggestion.text}",
            asker=self.asker,
            command=suggestion.command,
            text=escaped(suggestion.text),
        )


def receipt(request: Request, refusal: str = "") -> str:
    """Return the first answer to a command. The request is in the database by then.

    `refusal` says why a card cannot stand where the command was typed, as a sentence; empty: it can, or nobody knows.
    """
    if request.action is Action.AUDIT:
        return f"{request.id}: reading the audit log"
    looking = f"{request.id}: looking at {wording.join_names(request.ask.hosts)}"
    return f"{looking}. A card of it comes to our direct messages: {_clause(refusal)}" if refusal else looking


def usage(error: UsageError, asked: Asked) -> Card:
    """Return the answer to a command that cannot be understood.

    It says what is wrong, shows the command with the place marked, and holds the commands that were probably meant as
    buttons, else the names that were meant. Who typed nothing reads examples.
    """
    lines: list[Line] = []
    if error.text:
        lines.append(_marked(error, asked))
    buttons = [asked.button(suggestion) for suggestion in suggested_by(error, asked.command)]
    meant = [button for button in buttons if button.fits]
    lines += [Line(parts=(Bold(button.label),)) for button in meant if len(button.label) > _LABEL]
    if not meant and error.nearest:
        lines.append(Line(parts=("Did you mean ", Bold(error.nearest), "?")))
    elif not meant and error.candidates:
        lines.append(Line(parts=("The nearest names I know: ", *_joined(error.candidates), ".")))
    elif not error.text:
        lines += examples(asked)
    lines.append(Line(parts=("Nothing was done.",), tone=Tone.QUIET))
    message = without_code(error.message)
    help_button = asked.button(Suggestion(command=asked.command, text="help"), label="Help")
    return Card(headline=message, summary=message, lines=tuple(lines), buttons=(*meant, help_button))


def spoken_to(asked: Asked, suggestions: Sequence[Suggestion], contact: str = "") -> Card:
    """Return the answer to a direct message or a mention: one sentence, and the commands that may be meant."""
    meant = [button for button in map(asked.button, suggestions[: MOST_BUTTONS - 1]) if button.fits]
    sentence = f"I take commands, such as {asked.slash} {BY_NAME[asked.command].examples[0][0]}."
    sentence += " Is it this?" if meant else " Help shows them all."
    lines = (Line(parts=(f"Questions: {contact}",), tone=Tone.QUIET),) if contact else ()
    help_button = asked.button(Suggestion(command=asked.command, text="help"), label="Help")
    return Card(headline=sentence, summary=sentence, lines=lines, buttons=(*meant, help_button))


def suggested_by(error: UsageError, command: str) -> list[Suggestion]:
    """Return the commands that the error suggests, each once, with the name of their command."""
    first = [Suggestion(command=error.command or command, text=error.corrected)] if error.corrected else []
    named = [replace(each, command=each.command or error.command or command) for each in error.choices]
    return list(dict.fromkeys([*first, *named]))[:MOST_BUTTONS]


def _marked(error: UsageError, asked: Asked) -> Line:
    """Return the command with a mark under the wrong part. Of a long command only what stands around it is shown."""
    start = max(0, error.start - _AROUND)
    before = "I read:   " + (f"{asked.slash} " if not start else "... ")
    shown = before + error.text[start : max(error.end, start) + _AROUND]
    if error.end <= error.start:
        return Line(parts=(shown,), tone=Tone.CODE)
    mark = " " * (len(before) + error.start - start) + "~" * min(error.end - error.start, _LONGEST_MARK)
    return Line(parts=(shown, Break(), mark), tone=Tone.CODE)


def examples(asked: Asked) -> list[Line]:
    """Return the examples of the command, one a line."""
    return [
        Line(parts=(Bold(f"{asked.slash} {example}"), f"  {meaning}"), tone=Tone.ROW)
        for example, meaning in BY_NAME[asked.command].examples
    ]


def without_code(sentence: str) -> str:
    """Return the sentence without the signs of code, which plain text would show."""
    return sentence.replace("`", "")


def _joined(names: Sequence[str]) -> Sequence[LinePart]:
    return [part for name in names for part in (Bold(name), ", ")][:-1]


def outcome_line(request: Request) -> str:
    """Return the line for the card's thread: how the request ended, and who decided."""
    who = request.decided_by
    decided = f", decided by {wording.called(who)}" if who and who.user_id != request.actor.user_id else ""
    why = f" Why not: {outside(request.deny_reason, LONGEST_REASON)}" if request.deny_reason else ""
    return f"{headlines.headline(request)}{headlines.why(request)}{decided}.{why}"


def reminder(request: Request) -> str:
    """Return the line that reminds the approvers in the card's thread."""
    return f"{headlines.headline(request)} This still waits for a decision."


def break_glass(request: Request) -> Card:
    """Return the announcement of break-glass, for the channel where approvers are asked."""
    reason = request.ask.reason
    told = f"Reason: {outside(reason, wording.LONGEST_TEXT)}" if reason else "No reason was given."
    line = Line(parts=(UserMention(request.actor.user_id), f" used --force in {request.id}. {told}"))
    rows = tuple(
        Line(
            parts=(Bold(outside(str(t.session.account))), f"  {t.session.host} session {t.session.id}"),
            tone=Tone.ROW,
        )
        for t in request.targets[: target_list.MOST_ROWS]
    )
    more = len(request.targets) - len(rows)
    if more > 0:
        rows = (*rows, Line(parts=(f"and {more:,} more",), tone=Tone.ROW))
    if terms := " ".join(terms_of(request)):
        rows = (*rows, Line(parts=(terms,), tone=Tone.QUIET))
    begins, buttons = "It began at once.", tuple[Button, ...]()
    if request.ask.warn:
        begins = f"It begins after {duration(max(request.hold, request.ask.warn))}, unless it is stopped."
    elif request.hold:
        begins = f"It begins after {duration(request.hold)}, unless it is stopped."
    if request.hold:
        buttons = (Button(press=Press.CANCEL, label="Stop", request_id=request.id, version=request.version),)
    stands = Line(parts=(f"{begins} How it ended stands on the card of {request.id}.",), tone=Tone.QUIET)
    who = wording.called(request.actor)
    whom = wording.join_names([outside(str(target.session.account)) for target in request.targets])
    summary = f"Break-glass: {who} acts without asking anybody ({headlines.verb(request).plain}: {whom}). {request.id}"
    return Card(headline="Break-glass: nobody was asked", summary=summary, lines=(line, *rows, stands), buttons=buttons)


def asked_elsewhere(request: Request) -> Card:
    """Return the notice for a requester whose card stands in the approvers' channel."""
    text = f"{request.id} waits for somebody else's yes"
    where = Channel(request.requirement.approve_in if request.requirement else "")
    asked = (
        "I have asked in ",
        where,
        needs.called_in_words(request),
        "; it waits until ",
        Timestamp(request.expires_at),
    )
    return Card(headline=text, summary=text, lines=(Line(parts=asked),))


def stands_elsewhere(request: Request) -> Card:
    """Return what the channel of a second rule is told: its people are needed, and the card stands elsewhere."""
    card = request_card.build(request)
    required = request.requirement
    where = Channel(required.approve_in if required else "")
    asked = ("The card of ", UserMention(request.actor.user_id), " stands in ", where, "; it waits until ")
    lines = (*needs.of(request), Line(parts=(*asked, Timestamp(request.expires_at)), tone=Tone.QUIET))
    return calling_nobody_else(Card(sign=card.sign, headline=card.headline, summary=card.summary, lines=lines))


def sent_directly(request: Request, refused: str) -> Card:
    """Return the notice for a requester whose card stands in their direct messages. `refused`: why, as a sentence."""
    text = f"{request.id}: I sent the card to our direct messages: {_clause(refused)}"
    return Card(headline=text, summary=text)


def _clause(sentence: str) -> str:
    """Return the sentence as it stands behind a colon."""
    return sentence[:1].lower() + sentence[1:] if sentence.startswith(("This ", "The ")) else sentence


def ended_elsewhere(request: Request) -> Card:
    """Return the outcome for a requester whose card stands in the approvers' channel."""
    text = f"{request.id}: {outcome_line(request)}"
    return Card(headline=text, summary=text)


def unreadable(request_id: str) -> Card:
    """Return what takes the place of the card of a request whose rows cannot be read, and tells its requester."""
    text = "What I stored of this request cannot be read any more, so I ended it and touch nothing for it. What "
    text += "a computer was told before may have happened: list its sessions to see. "
    text += "Ask again, and tell whoever runs the bot."
    return Card(headline=f"{request_id} has failed", summary=f"{request_id}: {text}", lines=(Line(parts=(text,)),))
