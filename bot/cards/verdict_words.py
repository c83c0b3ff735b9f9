"""The words and the sign of a target's verdict, or of its progress while the verdict is pending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import unsure
from bot.cards.signs import Sign
from bot.cards.text import bounded, outside
from bot.domain.actions import Action, facts_of
from bot.domain.durations import short
from bot.domain.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from bot.domain.request import Target

SIGNS = {
    Verdict.GONE: Sign.DONE,
    Verdict.DISCONNECTED: Sign.DONE,
    Verdict.SENT: Sign.DONE,
    Verdict.ALREADY_GONE: Sign.DONE,
    Verdict.CHANGED: Sign.LEFT_ALONE,
    Verdict.SKIPPED: Sign.LEFT_ALONE,
    Verdict.STILL_CLOSING: Sign.WAITS,
    Verdict.NO_RIGHT: Sign.FAULT,
    Verdict.FAILED: Sign.FAULT,
    Verdict.UNREACHABLE: Sign.FAULT,
    Verdict.UNKNOWN: Sign.UNKNOWN,
}
"""What was wanted and is so, what was left alone on purpose, what a fault kept from happening, what nobody knows."""

_CHANGED = {
    Reason.PERSON: ("another person, or a new logon, holds this session now", "replaced by another person"),
    Reason.CAME_BACK: ("came back to work", "came back"),
    Reason.LEFT: ("disconnected since the card was drawn", "left since"),
    Reason.UNREAD: (
        "its time could not be read, so nobody knows whether the person came back",
        "could not be read",
    ),
    Reason.NO_LONGER_MATCHES: ("no longer matches what was asked for", "no longer matches"),
}
_SKIPPED = {
    Reason.STOPPED: ("stopped before its turn", "stopped"),
    Reason.CONSOLE: ("the session is at the console now, which is protected", "at the console"),
    Reason.WAITED: ("waited too long for its turn", "had no turn"),
    Reason.EXPIRED: ("the time was over before its turn", "had no turn"),
    Reason.REQUEST_FAILED: ("the request failed before its turn", "had no turn"),
    Reason.NOT_WARNED: ("could not be warned", "could not be warned"),
    Reason.NOT_ALLOWED: ("", "no longer allowed"),
    Reason.SESSION_ZERO: ("the services' session", "left alone: the services' session"),
    Reason.BAD_ID: ("Windows has no such session id", "left alone: no such session"),
    Reason.LISTENER: ("a listener", "left alone: a listener"),
    Reason.NO_USER: ("nobody is logged on there now", "not logged on now"),
    Reason.NO_LOGON_TIME: (
        "Windows tells no logon time, so the person cannot be told apart",
        "left alone: no logon time",
    ),
}
"""Why somebody was left alone: in a row of the card, and in the line of a locked phone."""

_ALREADY = "was disconnected already"
BUSY = 7024


def sign(target: Target, *, is_in_hand: bool = False) -> Sign:
    """Return the sign of a target whose act has begun or is over. `is_in_hand`: the host has its order."""
    if target.verdict:
        return SIGNS[target.verdict]
    return Sign.RUNS if is_in_hand or target.requested_at else Sign.WAITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a request says of one of its targets beside the verdict."""

    looks_again: bool = True  # a later look may still correct the verdict
    is_in_hand: bool = False  # the host has the order for the target
    action: Action = Action.LOG_OFF
    times: unsure.Times = unsure.NOT_SAID
    is_waited_for: bool = False  # the request waits until each session is gone, so its own time is said


AS_IT_IS = Progress()


def verdict(target: Target, now: Progress = AS_IT_IS) -> str:
    """Return the verdict on the target in plain words, or its progress while the verdict is pending."""
    match target.verdict:
        case None:
            is_on = target.requested_at or now.is_in_hand
            return unsure.in_progress(target, facts_of(now.action).done, now.times) if is_on else "next"
        case Verdict.GONE:
            return f"logged off{_after(target, now)}"
        case Verdict.DISCONNECTED:
            return (
                _ALREADY
                if target.reason is Reason.ALREADY
                else f"disconnected{_after(target, now)}; programs go on running"
            )
        case Verdict.SENT:
            return "message sent"
        case Verdict.ALREADY_GONE:
            return "was gone already; nothing was done"
        case Verdict.CHANGED:
            return f"left alone: {_change(target)}"
        case Verdict.STILL_CLOSING:
            if target.code == BUSY:
                return _stuck(target)
            return unsure.still_closing(target, looks_again=now.looks_again, times=now.times)
        case Verdict.NO_RIGHT | Verdict.FAILED:
            return _refusal(target, facts_of(now.action).done)
        case Verdict.SKIPPED:
            why = _SKIPPED.get(target.reason or Reason.STOPPED, ("", ""))[0]
            return ": ".join(filter(None, ("left alone", why, bounded(target.note))))
        case Verdict.UNREACHABLE:
            return unsure.unreachable(target)
        case Verdict.UNKNOWN:
            return unsure.unknown(target, now.action, looks_again=now.looks_again, times=now.times)


def _after(target: Target, now: Progress) -> str:
    return f" after {short(target.waited)}" if now.is_waited_for and target.waited >= unsure.SECOND else ""


def _change(target: Target) -> str:
    why = _CHANGED.get(target.reason or Reason.NO_LONGER_MATCHES, ("it has changed", ""))[0]
    if not target.note:
        return why
    note = outside(target.note)
    return f"{why} at {note}" if target.reason is Reason.CAME_BACK else f"{why} ({note})"


def briefly(target: Target) -> str:
    """Return why a target was not done, in a few words behind a name or a number; empty when it was, or is pending."""
    match target.verdict:
        case None | Verdict.GONE | Verdict.DISCONNECTED | Verdict.SENT:
            return ""
        case Verdict.ALREADY_GONE:
            return "gone already"
        case Verdict.CHANGED:
            return _CHANGED.get(target.reason or Reason.NO_LONGER_MATCHES, ("", "changed"))[1]
        case Verdict.SKIPPED:
            return _SKIPPED.get(target.reason or Reason.STOPPED, ("", "left alone"))[1]
        case Verdict.STILL_CLOSING:
            return "stuck" if target.code == BUSY else "still closing"
        case Verdict.NO_RIGHT | Verdict.FAILED:
            return _refused_briefly(target)
        case Verdict.UNREACHABLE:
            return f"{target.session.host} did not answer"
        case Verdict.UNKNOWN:
            return "not known"


def is_of_host(target: Target) -> bool:
    """Return whether the reason is one of the whole computer, and of nobody there."""
    is_fault = target.verdict in (Verdict.NO_RIGHT, Verdict.FAILED) and not target.code
    return target.verdict is Verdict.UNREACHABLE or is_fault


def _refused_briefly(target: Target) -> str:
    if not target.code:
        return (
            f"{target.session.host} refused the bot" if target.verdict is Verdict.NO_RIGHT else bounded(target.note, 80)
        )
    is_right = target.verdict is Verdict.NO_RIGHT
    why = f": the right {outside(target.note, 40)} is missing" if is_right else f" (error {target.code})"
    return f"refused by Windows{why}"


def _stuck(target: Target) -> str:
    """Return the words for ERROR_CTX_WINSTATIONBUSY, against which another order does not help."""
    end_it = f'taskkill /f /fi "SESSION eq {target.session.id}" /im winlogon.exe'
    return f"stuck: Windows says that it is busy (error {BUSY}). An administrator there can end it: {end_it}"


def _refusal(target: Target, done: str) -> str:
    """Return the words for a refusal: by Windows, with a code, or by the host as a whole, with a sentence only."""
    if not target.code:
        return f"nothing was done: {bounded(target.note)}"
    if target.verdict is Verdict.NO_RIGHT:
        missing = f"the bot's account lacks the right {outside(target.note)} on RDP-Tcp there"
        return f"Windows refused (error {target.code}): {missing}"
    return f"Windows answered error {target.code}; not {done}"
