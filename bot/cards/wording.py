"""The small words of a report: how a verdict, a duration, a session or a number of sessions is said."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import bidirectional, category

from bot.domain.actions import Action, facts_of
from bot.domain.ask import LONGEST_REASON
from bot.domain.durations import duration
from bot.domain.request import Ending, State
from bot.domain.session import SessionState, filetime_to_datetime
from bot.domain.verdicts import Reason, Verdict
from bot.errors import ConflictReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from bot.domain.ask import Ask
    from bot.domain.people import Actor
    from bot.domain.request import Pause, Request, Target
    from bot.domain.requirement import Need
    from bot.domain.session import Session
    from bot.errors import Conflict

MARKS = {
    Verdict.GONE: "✓",
    Verdict.DISCONNECTED: "✓",
    Verdict.SENT: "✓",
    Verdict.ALREADY_GONE: "-",
    Verdict.CHANGED: "-",
    Verdict.SKIPPED: "-",
    Verdict.STILL_CLOSING: "…",
    Verdict.NO_RIGHT: "✗",
    Verdict.FAILED: "✗",
    Verdict.UNREACHABLE: "✗",
    Verdict.UNKNOWN: "?",
}


_CHANGED = {
    Reason.PERSON: "not touched: another person, or a new logon, holds this session now",
    Reason.CAME_BACK: "not touched: came back to work since the card was drawn",
    Reason.NO_LONGER_MATCHES: "not touched: no longer matches what was asked for",
}
_BUSY = 7024
_FROM_THE_RIGHT = ("R", "AL", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_MARKS_OF_DIRECTION = "\N{LEFT-TO-RIGHT MARK}"
_ISOLATES = "\u2066\u2067\u2068\u2069"
"""One of these inside a name would end the isolation around it, or swallow its end."""
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_BREAKS = ("Cc", "Zl", "Zp")
"""Categories of what ends a line or steers a terminal: with one of these a name could write a row of its own."""
_SKIPPED = {
    Reason.STOPPED: "left alone: stopped before its turn",
    Reason.CONSOLE: "left alone: the session is at the console now, which is protected",
    Reason.EXPIRED: "left alone: the time was over before its turn",
    Reason.REQUEST_FAILED: "left alone: the request failed before its turn",
    Reason.NOT_WARNED: "left alone: could not be warned",
    Reason.NOT_ALLOWED: "left alone",
    Reason.SESSION_ZERO: "left alone: the services' session",
    Reason.BAD_ID: "left alone: Windows has no such session id",
    Reason.LISTENER: "left alone: a listener",
    Reason.NO_USER: "left alone: nobody is logged on there now",
    Reason.NO_LOGON_TIME: "left alone: Windows tells no logon time, so the person cannot be told apart",
}


def verdict(target: Target, *, looks_again: bool = True, is_in_hand: bool = False) -> str:
    """What was seen of this target, in plain words.

    `looks_again`: a later look may still correct it. `is_in_hand`: its turn has come on the host.
    """
    match target.verdict:
        case None:
            if target.requested_at:
                return "asked to go, not yet seen gone"
            return "the computer is at it now" if is_in_hand else "waiting for its turn"
        case Verdict.GONE:
            return "logged off"
        case Verdict.DISCONNECTED:
            return (
                "was disconnected already"
                if target.reason is Reason.ALREADY
                else "disconnected; programs go on running"
            )
        case Verdict.SENT:
            return "message sent"
        case Verdict.ALREADY_GONE:
            return "was gone already; nothing was done"
        case Verdict.CHANGED:
            said = _CHANGED.get(target.reason or Reason.NO_LONGER_MATCHES, "not touched: it has changed")
            return f"{said} ({isolate(target.note)})" if target.note else said
        case Verdict.STILL_CLOSING:
            return _stuck(target) if target.code == _BUSY else _still_closing(target, looks_again=looks_again)
        case Verdict.NO_RIGHT | Verdict.FAILED:
            return _refusal(target)
        case Verdict.SKIPPED:
            said = _SKIPPED.get(target.reason or Reason.STOPPED, "left alone")
            return f"{said}: {target.note}" if target.note else said
        case Verdict.UNREACHABLE:
            return "the computer could not be reached; nothing was done"
        case Verdict.UNKNOWN:
            return f"the answer was lost: may or may not be logged off; {_next(target, looks_again=looks_again)}"


def _still_closing(target: Target, *, looks_again: bool) -> str:
    when = "when the time was up" if looks_again else "when I last saw it"
    return f"asked to go, still closing {when}; {_next(target, looks_again=looks_again)}"


def _next(target: Target, *, looks_again: bool) -> str:
    return "I look again" if looks_again else f"I have stopped looking, see `/sessions {target.session.host}`"


def _stuck(target: Target) -> str:
    """ERROR_CTX_WINSTATION_BUSY: asking again does not help."""
    end_it = f'taskkill /f /fi "SESSION eq {target.session.id}" /im winlogon.exe'
    return f"stuck: Windows says that it is busy (error {_BUSY}). An administrator there can end it: {end_it}"


def _refusal(target: Target) -> str:
    """Windows said no to this session, or the host to the whole order: then there is a sentence and no code."""
    if not target.code:
        return f"nothing was done: {target.note}"
    if target.verdict is Verdict.NO_RIGHT:
        missing = f"the bot's account lacks the right {target.note} on RDP-Tcp there"
        return f"Windows refused (error {target.code}): {missing}"
    return f"Windows answered error {target.code}; not logged off"


def isolate(name: str) -> str:
    """A name from Windows that keeps to itself: on its line, and one from the right turns nothing around it."""
    name = "".join(_UNREADABLE if category(sign) in _BREAKS else sign for sign in name)
    if not any(bidirectional(sign) in _FROM_THE_RIGHT or sign in _MARKS_OF_DIRECTION for sign in name):
        return name
    kept = "".join(_UNREADABLE if sign in _ISOLATES else sign for sign in name)
    return f"\N{FIRST STRONG ISOLATE}{kept}\N{POP DIRECTIONAL ISOLATE}"


def details(target: Target) -> str:
    """What `--verbose` adds: codes and the host's own clock, for whoever has to compare with Windows' tools."""
    session, clock = target.session, filetime_to_datetime(target.session.now)
    found = [
        f"state {int(session.state)}",
        f"window station {isolate(session.station)}" if session.station else "",
        f"address {isolate(session.address)}" if session.address else "",
        f"protocol {session.protocol}",
        f"host's clock {clock:%H:%M:%S} UTC" if clock else "",
        f"error {target.code}" if target.code else "",
    ]
    return ", ".join(part for part in found if part)


def session_state(session: Session) -> str:
    """`Disconnected for 3 hours`, `Active, idle for 5 minutes`."""
    idle = session.idle
    if session.state is SessionState.DISCONNECTED and idle is not None:
        return f"{session.state.label} for {duration(idle)}"
    if idle is not None and idle.total_seconds() >= 60:
        return f"{session.state.label}, idle for {duration(idle)}"
    return session.state.label


def count(number: int, noun: str, many: str = "") -> str:
    """`1 session`, `2 sessions`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {many or noun + 's'}"


def join_names(hosts: Sequence[str]) -> str:
    """`comp1`, `comp1 and comp2`, `5 computers`."""
    if len(hosts) > 3:
        return count(len(hosts), "computer")
    return " and ".join([", ".join(hosts[:-1]), hosts[-1]]) if len(hosts) > 1 else "".join(hosts)


def what_if(target: Target, action: Action) -> str:
    """The sentence that PowerShell prints."""
    session, going = target.session, facts_of(action).going
    return (
        f'What if: Performing the operation "{going} session id \'{session.id}\'" on target "{session.host}".'
        f" That is {isolate(str(session.account))} ({session_state(session)})."
    )


def clash(conflict: Conflict) -> str:
    """Why a press came to nothing, and who was first."""
    request = conflict.request
    who = request.decided_by.name or request.decided_by.user_id if request.decided_by else ""
    when = f" at {request.decided_at:%H:%M} UTC" if request.decided_at else ""
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
        case _:
            return "This is over already. Your press changed nothing."


def nothing_matched(ask: Ask) -> str:
    where = join_names(ask.hosts)
    wanted = f" with id {ask.ids}" if ask.ids else ""
    matching = " that matches" if ask.conditions or not ask.ids else ""
    return f"{where} has no session{wanted}{matching}. See who is there: `/sessions {','.join(ask.hosts[:3])}`"


READS_NO_COMPUTER = "The audit log is read without looking at a computer."
NOBODY_CHOSEN = "Nobody is chosen yet. Say whom: add `id=3`, `user=alice` or `--all` to the command."
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


def paused(pause: Pause) -> str:
    since = f"{pause.since:%Y-%m-%d %H:%M} UTC"
    return f"Paused by {pause.by} since {since}: {pause.reason}. Nothing new is started until somebody resumes."


def still_needed(request: Request) -> str:
    return f"You have said yes already. {progress(request)}"


def progress(request: Request) -> str:
    """How many have said yes, of how many."""
    needs = request.requirement.needs if request.requirement else ()
    wanted = " and ".join(f"{need.count} of {' or '.join(sorted(need.of))}" for need in needs)
    return f"So far {count(len(request.counted), 'person has', 'people have')} said yes; it needs {wanted}."


def too_long_a_list(number: int, kept: int) -> str:
    return f"There are {number:,}; these are the first {kept:,}. Narrow it with `user=`, `state=` or fewer computers."


def not_allowed(host: str) -> str:
    return f"No rule lets you look at {host}, so I did not."


def too_often(most: int, within: timedelta) -> str:
    return f"That was more than {count(most, 'request')} in {duration(within)}. Wait a while, then ask again."


def nobody_to_ask(need: Need, there: int) -> str:
    of = ", ".join(sorted(need.of))
    return f"This needs a yes from {need.count} of {of}, and besides you there are {there}. Nobody could approve it."


WARNED_IN_VAIN = "People were warned that this would happen; nobody has told them that it did not."
WARNING_TITLE = "Please save your work"


def warning_text(text: str, grace: timedelta, actor: Actor, action: Action) -> str:
    """What stands on a desktop. The reader knows nothing of Slack."""
    own = f"{text}\n\n" if text else ""
    who, done = actor.name or actor.user_id, facts_of(action).done
    return f"{own}You will be {done} in {duration(grace)}. Please save your work now. (Asked for by {who}.)"


MESSAGE_TITLE = "A message from your administrators"


def message_text(request: Request) -> str:
    """What a message by itself says on a desktop: the requester's text, and who they are."""
    who = request.actor.name or request.actor.user_id
    return f"{request.ask.warning}\n\n(From {who}.)".strip()
