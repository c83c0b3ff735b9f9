"""The notices beside the card: receipts, help, usage errors, mentions and private answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import request_card, target_list, wording
from bot.cards.model import Bold, Break, Button, Card, Channel, Line, LinePart, Press, Timestamp, Tone, UserMention
from bot.cards.terms import terms_of
from bot.cards.text import outside
from bot.commands import BY_NAME
from bot.domain.durations import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request
    from bot.errors import ChatError, UsageError


def receipt(request: Request) -> str:
    """Return the first answer to a command. The request is in the database by then."""
    return f"{request.id}: looking at {wording.join_names(request.ask.hosts)}"


def usage(error: UsageError, slash: str) -> Card:
    """Return the answer to a command that cannot be understood.

    It shows the command with the place marked, and the command or the names that were probably meant, else an example.
    """
    lines: list[Line] = []
    if error.text and error.end > error.start:
        start = max(0, error.start - 40)
        shown = error.text[start : error.end + 40]
        mark = " " * (error.start - start) + "^" * min(error.end - error.start, 60)
        lines.append(Line(parts=(shown, Break(), mark), tone=Tone.CODE))
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
    """Return the answer to `/logoff help`."""
    command = BY_NAME[slash.lstrip("/")]
    lines = [Line(parts=(Bold(example), f"  {meaning}"), tone=Tone.ROW) for example, meaning in command.examples]
    names = f"The names of {command.cmdlet} work, too: -ComputerName, -Id ..."
    lines.append(Line(parts=(names,), tone=Tone.QUIET))
    return Card(headline=f"{command.slash}: {command.description}", summary=command.description, lines=tuple(lines))


def outcome_line(request: Request) -> str:
    """Return the line for the card's thread: how the request ended, and who decided."""
    who = request.decided_by
    decided = f", decided by {wording.called(who)}" if who and who.user_id != request.actor.user_id else ""
    return f"{request_card.build(request).headline}{decided}."


def reminder(request: Request) -> str:
    """Return the line that reminds the approvers in the card's thread."""
    return f"{request_card.build(request).headline} This still waits for a decision."


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
    summary = (
        f"Break-glass: {who} acts without asking anybody ({request_card.verb(request).plain}: {whom}). {request.id}"
    )
    return Card(headline="Break-glass: nobody was asked", summary=summary, lines=(line, *rows, stands), buttons=buttons)


def asked_elsewhere(request: Request) -> Card:
    """Return the notice for a requester whose card stands in the approvers' channel."""
    text = f"{request.id} waits for somebody else's yes"
    where = Channel(request.requirement.approve_in if request.requirement else "")
    line = Line(parts=("I have asked in ", where, "; it waits until ", Timestamp(request.expires_at)))
    return Card(headline=text, summary=text, lines=(line,))


def nobody_asked(request: Request, channel: str, error: ChatError) -> Card:
    """Return the notice for a requester whose card could not be posted in the approvers' channel."""
    text = f"{request.id} waits for somebody else's yes, but I could not ask in {channel}: {error.message} "
    text += "Tell whoever runs the bot."
    return Card(headline=f"{request.id}: nobody could be asked", summary=text, lines=(Line(parts=(text,)),))


def not_announced(request: Request, channel: str, error: ChatError) -> Card:
    """Return the notice for a requester whose break-glass could not be announced. The audit log has it all the same."""
    text = f"{request.id} was forced, and I could not announce it in {channel}: {error.message} "
    text += "It stands in the audit log. Tell whoever runs the bot."
    return Card(headline=f"{request.id}: break-glass was not announced", summary=text, lines=(Line(parts=(text,)),))


def ended_elsewhere(request: Request) -> Card:
    """Return the outcome for a requester whose card stands in the approvers' channel."""
    text = f"{request.id}: {outcome_line(request)}"
    return Card(headline=text, summary=text)


def outcome(request: Request, error: ChatError) -> Card:
    """Return the outcome for a requester whose card can no longer be drawn."""
    ended = request_card.build(request)
    text = f"You see this here because the card cannot be drawn any more: {error.message}"
    return Card(
        headline=ended.headline, summary=ended.summary, lines=(*ended.lines, Line(parts=(text,), tone=Tone.QUIET))
    )


def not_listed(request: Request, error: ChatError) -> Card:
    """For the requester, when nobody can say yes because the names could not be written down."""
    text = f"I could not write the list of all {len(request.targets):,} into the thread: {error.message} "
    text += "So the card has no button to say yes. Cancel it and ask for fewer, or tell whoever runs the bot."
    return Card(headline=f"{request.id}: nobody can say yes", summary=text, lines=(Line(parts=(text,)),))
