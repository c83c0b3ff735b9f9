"""What is told beside the card: receipts, help, what was not understood, and the lines that call people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import request_card, wording
from bot.cards.model import Bold, Button, Card, Channel, Line, LinePart, Press, Timestamp, Tone, UserMention
from bot.commands import BY_NAME
from bot.domain.durations import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request
    from bot.errors import ChatError, UsageError


def receipt(request: Request) -> str:
    """The first answer: it is in the database, nothing can get lost."""
    return f"{request.id}: looking at {wording.join_names(request.ask.hosts)}"


def usage(error: UsageError, slash: str) -> Card:
    """What cannot be understood: the text with the place marked, and what was probably meant, else an example."""
    lines: list[Line] = []
    if error.text and error.end > error.start:
        start = max(0, error.start - 40)
        shown = error.text[start : error.end + 40]
        mark = " " * (error.start - start) + "^" * min(error.end - error.start, 60)
        lines.append(Line(parts=(f"{shown}\n{mark}",), tone=Tone.CODE))
    if error.corrected:
        lines.append(Line(parts=("Did you mean ", Bold(f"{slash} {error.corrected}"), "?")))
    elif error.nearest:
        lines.append(Line(parts=("Did you mean ", Bold(error.nearest), "?")))
    elif error.candidates:
        lines.append(Line(parts=("The nearest names I know: ", *_joined(error.candidates), ".")))
    else:
        example = error.example or BY_NAME[slash.lstrip("/")].examples[0][0]
        lines.append(Line(parts=("For example: ", Bold(example)), tone=Tone.QUIET))
    return Card(headline=error.message, summary=error.message, lines=tuple(lines))


def _joined(names: Sequence[str]) -> Sequence[LinePart]:
    return [part for name in names for part in (Bold(name), ", ")][:-1]


def manual(slash: str) -> Card:
    """What `/logoff help` answers."""
    command = BY_NAME[slash.lstrip("/")]
    lines = [Line(parts=(Bold(example), f"  {meaning}"), tone=Tone.ROW) for example, meaning in command.examples]
    names = f"The names of {command.cmdlet} work, too: -ComputerName, -Id ..."
    lines.append(Line(parts=(names,), tone=Tone.QUIET))
    return Card(headline=f"{command.slash}: {command.description}", summary=command.description, lines=tuple(lines))


def outcome_line(request: Request) -> str:
    """For the thread of the card: who decided, and what came of it."""
    who = request.decided_by
    decided = f", decided by {who.name or who.user_id}" if who and who.user_id != request.actor.user_id else ""
    return f"{request_card.build(request).headline}{decided}."


def reminder(request: Request) -> str:
    return f"{request_card.build(request).headline} This still waits for a decision."


def break_glass(request: Request) -> Card:
    """Told where approvals go: somebody acts without one."""
    reason = request.ask.reason
    told = f"Reason: {reason}" if reason else "No reason was given."
    line = Line(parts=(UserMention(request.actor.user_id), f" used --force in {request.id}. {told}"))
    rows = tuple(
        Line(
            parts=(Bold(wording.isolate(str(t.session.account))), f"  {t.session.host} session {t.session.id}"),
            tone=Tone.ROW,
        )
        for t in request.targets[: request_card.MOST_ROWS]
    )
    begins, buttons = "It began at once.", tuple[Button, ...]()
    if hold := request.hold:
        begins = f"It begins after {duration(hold)}, unless it is stopped."
        buttons = (Button(press=Press.CANCEL, label="Stop", request_id=request.id, version=request.version),)
    stands = Line(parts=(f"{begins} How it ended stands on the card of {request.id}.",), tone=Tone.QUIET)
    who = request.actor.name or request.actor.user_id
    whom = wording.join_names([wording.isolate(str(target.session.account)) for target in request.targets])
    summary = (
        f"Break-glass: {who} acts without asking anybody ({request_card.verb(request).plain}: {whom}). {request.id}"
    )
    return Card(headline="Break-glass: nobody was asked", summary=summary, lines=(line, *rows, stands), buttons=buttons)


def asked_elsewhere(request: Request) -> Card:
    """For the requester, when the card stands where the others are."""
    text = f"{request.id} waits for somebody else's yes"
    where = Channel(request.requirement.approve_in if request.requirement else "")
    line = Line(parts=("I have asked in ", where, "; it waits until ", Timestamp(request.expires_at)))
    return Card(headline=text, summary=text, lines=(line,))


def nobody_asked(request: Request, channel: str, error: ChatError) -> Card:
    """For the requester, when the card could not be put where the others are."""
    text = f"{request.id} waits for somebody else's yes, but I could not ask in {channel}: {error.message} "
    text += "Tell whoever runs the bot."
    return Card(headline=f"{request.id}: nobody could be asked", summary=text, lines=(Line(parts=(text,)),))


def not_announced(request: Request, channel: str, error: ChatError) -> Card:
    """For the requester, when break-glass could not be announced: the audit log holds it all the same."""
    text = f"{request.id} was forced, and I could not announce it in {channel}: {error.message} "
    text += "It stands in the audit log. Tell whoever runs the bot."
    return Card(headline=f"{request.id}: break-glass was not announced", summary=text, lines=(Line(parts=(text,)),))


def ended_elsewhere(request: Request) -> Card:
    """For the requester, when the card stands where the others are."""
    text = f"{request.id}: {outcome_line(request)}"
    return Card(headline=text, summary=text)


def outcome(request: Request, error: ChatError) -> Card:
    """For the requester, when the card cannot show how it ended."""
    ended = request_card.build(request)
    text = f"You see this here because the card cannot be drawn any more: {error.message}"
    return Card(
        headline=ended.headline, summary=ended.summary, lines=(*ended.lines, Line(parts=(text,), tone=Tone.QUIET))
    )
