"""The words of cards: verdicts, sessions, numbers, and the sentences of rules and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.session_words import Presence, presence
from bot.cards.text import outside
from bot.domain.actions import Action, facts_of
from bot.domain.ask import LONGEST_REASON
from bot.domain.durations import duration, exactly, short
from bot.domain.moments import said_at
from bot.domain.request import Ending, State
from bot.domain.session import SessionState
from bot.errors import ConflictReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from bot.domain.people import Actor
    from bot.domain.request import Pause, Request, Target
    from bot.domain.requirement import Need
    from bot.domain.session import Session
    from bot.errors import Conflict

LONGEST_TEXT = 300
"""A reason or the text of a warning: as long as a command lets it be."""


def session_state(session: Session) -> str:
    """Return in a few words whether somebody works in the session: `at work`, `idle 47 min`, `left 3 h ago`.

    What the host could not tell is said, and never taken for somebody who left.
    """
    idle = short(session.idle) if session.idle is not None else ""
    left = f"left {idle} ago" if idle else "left"
    is_active = session.state is SessionState.ACTIVE
    words = {
        Presence.AT_WORK: "at work",
        Presence.UNKNOWN: "may be at work, idle time unknown" if is_active else session.state.label,
        Presence.UNREAD: session.unread,
        Presence.IDLE: f"idle {idle}",
        Presence.LEFT: left,
        Presence.NOBODY: session.state.label,
    }
    if session.unread and session.state is SessionState.DISCONNECTED:
        return f"{left}, {session.unread}"
    return words[presence(session)]


def count(number: int, noun: str, many: str = "") -> str:
    """Return the number with its noun: `1 session`, `2 sessions`. `many` is an irregular plural."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {many or noun + 's'}"


def join_names(hosts: Sequence[str]) -> str:
    """Return up to three names, else their number: `comp1`, `comp1 and comp2`, `5 computers`."""
    if len(hosts) > 3:
        return count(len(hosts), "computer")
    return " and ".join([", ".join(hosts[:-1]), hosts[-1]]) if len(hosts) > 1 else "".join(hosts)


def what_if(target: Target, action: Action) -> str:
    """Return the sentence that PowerShell prints for `-WhatIf`, with the account and the state of the session."""
    session, going = target.session, facts_of(action).going
    return (
        f'What if: Performing the operation "{going} session id \'{session.id}\'" on target "{session.host}".'
        f" That is {outside(str(session.account))} ({session_state(session)})."
    )


def clash(conflict: Conflict) -> str:
    """Return why a press changed nothing, with the name of the person who decided first."""
    request = conflict.request
    who = called(request.decided_by) if request.decided_by else ""
    when = f" at {said_at(request.decided_at)}" if request.decided_at else ""
    match conflict.reason:
        case ConflictReason.EMPTY:
            return "Keep at least one, or go back and press Cancel on the card."
        case ConflictReason.EXPIRED:
            return "This card has expired; nobody was logged off by this press. Ask again with the command."
        case ConflictReason.OVER if request.ending is Ending.EXPIRED:
            return "This card had expired already. Ask again with the command."
        case _ if who:
            done = {Ending.CANCELLED: "cancelled", Ending.DENIED: "denied"}.get(
                request.ending or Ending.DONE, "approved"
            )
            return f"{who} {done} this{when}. Your press changed nothing."
        case ConflictReason.STALE:
            return "The card has changed since you looked. Look again, then press."
        case ConflictReason.OUT_OF_ORDER if request.state is State.ACTING:
            return "It has begun already. Your press changed nothing."
        case ConflictReason.OUT_OF_ORDER if request.state in (State.ASKED, State.AWAITING):
            return "Nothing has begun that this could change. Look at the card again, then press."
        case _:
            return "This is over already. Your press changed nothing."


def not_listed(request: Request) -> str:
    """Return why a button that was never shown decides nothing."""
    return f"The list of all {len(request.targets):,} was not complete when you pressed. Look at the card again."


READS_NO_COMPUTER = "The audit log is read without looking at a computer."
NOBODY_CHOSEN = "Nobody is chosen yet. Press whom you mean, or add id=3, user=alice or --all to the command."
NOTHING_IN_SIGHT = "No session that you may see or touch matches."
ALL_LEFT_OUT = "All sessions that match were left out; the reasons stand on this card."
OTHERS_FOR_GENTLER = "Disconnecting takes somebody else's yes here, whom this card does not ask. Nothing was changed."
REASON_IS_THERE = "The reason was given already; nothing more is needed."
NOTHING_TAKEN_OUT = "Nobody was taken out, so nothing changed."
NO_ANSWER = "No computer could be looked at, so nothing was done."


def wrong_reason(text: str, ticket: str) -> str:
    """What is wrong with a reason, at its field; nothing when it will do. `ticket`: what it does not contain."""
    if not text:
        return "Say in a few words why nobody can be asked."
    if len(text) > LONGEST_REASON:
        return f"The reason is longer than {LONGEST_REASON} characters. Say it shorter."
    return f"The reason has to contain a ticket number, like {ticket}" if ticket else ""


LATE = (
    "My database takes too long. If I could record this, the card shows it in a minute; "
    "if nothing shows by then, send it again."
)


FORGOTTEN = "I do not know this card any more. Ask again with the command."

OTHER_RELEASE = (
    "Another release of me made this, and I do not know what it means, so I do nothing. "
    "While I am upgraded, try again in a minute; if it stays so, ask with a new command."
)


def broken(reference: str) -> str:
    """Return the answer to a command or a press when the bot failed; whether it was recorded by then is not known."""
    return (
        "Something went wrong on my side. Look at the card, or for one, before you try again. "
        f"Reference {reference}, for whoever runs the bot."
    )


CLOCK_SET_BACK = "The clock was set back, so nobody can say how long this has waited. Ask again with the command."


def paused(pause: Pause) -> str:
    """Return the sentence for a request or a press that the pause stops."""
    why = outside(pause.reason, LONGEST_TEXT)
    since = said_at(pause.since)
    return f"Paused by {outside(pause.by)} since {since}: {why}. Nothing new is started until somebody resumes."


def still_needed(request: Request) -> str:
    """Return the sentence for a presser who has said yes already."""
    return f"You have said yes already. {progress(request)}"


def progress(request: Request) -> str:
    """Return how many people have said yes, and how many the needs want."""
    needs = request.requirement.needs if request.requirement else ()
    wanted = " and ".join(f"{need.count} of {' or '.join(sorted(need.of))}" for need in needs)
    return f"So far {count(len(request.counted), 'person has', 'people have')} said yes; it needs {wanted}."


def too_long_a_list(number: int, kept: int) -> str:
    """Return the sentence for a list of which only the first sessions are kept."""
    return f"There are {number:,}; these are the first {kept:,}. Narrow it with user=, state= or fewer computers."


def not_allowed(host: str) -> str:
    """Return the sentence for a host that no rule lets the requester look at."""
    return f"No rule lets you look at {host}, so I did not."


def same_machine(host: str, other: str) -> str:
    return f"{host} is the same machine as {other}; its sessions stand once."


def too_often(most: int, within: timedelta, wait: timedelta) -> str:
    """Return the sentence for a requester above the rate limit. `wait` is how long until they may ask again."""
    return f"That was more than {count(most, 'request')} in {duration(within)}. Ask again in {exactly(wait)}."


def sends_too_much(most: int, wait: timedelta) -> str:
    """Return the sentence for a person who sends more than the limit of a minute."""
    return f"You sent more than {most} commands, presses and messages in a minute. Wait {exactly(wait)} and try again."


def held_back(count_of: int, most: int) -> str:
    """Return the text of the entry about what was not taken."""
    return f"{count_of:,} not taken, above the limit of {most} in a minute"


def nobody_to_ask(need: Need, there: int) -> str:
    """Return the sentence for a need that too few people can meet. `there` is how many can, besides the requester."""
    of = ", ".join(sorted(need.of))
    return f"This needs a yes from {need.count} of {of}, and besides you there are {there}. Nobody could approve it."


def called(actor: Actor) -> str:
    """Somebody by name, where no mention can stand."""
    return outside(actor.name or actor.user_id)


WARNED_IN_VAIN = "People were warned that this would happen; nobody has told them that it did not."


def warning_title(action: Action) -> str:
    """Return the title of a warning on a desktop: what is about to happen to its reader."""
    return f"You will be {facts_of(action).done} soon"


def warning_text(text: str, grace: timedelta, actor: Actor, action: Action) -> str:
    """Return the text of a warning on a desktop: who asked, when and what. Its reader may not know Slack.

    The programs of a person who is disconnected go on running, so nothing has to be saved.
    """
    own = f"{outside(text, LONGEST_TEXT)}\n\n" if text else ""
    then = "Please save your work now: your programs are closed then."
    if action is Action.DISCONNECT:
        then = "Your programs go on running; connect again to go on with them."
    return f"{own}You will be {facts_of(action).done} in {exactly(grace)}. {then} (Asked for by {called(actor)}.)"


MESSAGE_TITLE = "A message from your administrators"


def message_text(request: Request) -> str:
    """Return the text of a message on a desktop: the requester's text and name."""
    return f"{outside(request.ask.warning, LONGEST_TEXT)}\n\n(From {called(request.actor)}.)".strip()
