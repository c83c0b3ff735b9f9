"""What a card says first: its sign, its headline, and the one line that a locked phone shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import audit_card, session_table, wording
from bot.cards.signs import Sign
from bot.cards.text import bounded, outside
from bot.cards.verdict_words import briefly, is_of_host
from bot.domain.actions import Action, ActionFacts, facts_of
from bot.domain.durations import duration
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from bot.domain.request import Request, Target

LONGEST_NAME = 60
"""Letters of a name in a headline, which has to stay one or two lines of a phone."""

MOST_NAMED = 3
"""More people are counted: a locked phone shows two lines."""

LONGEST_REASON = 200

_SIGNS = {
    Ending.ANSWERED: Sign.LIST,
    Ending.WHATIF: Sign.PREVIEW,
    Ending.REFUSED: Sign.REFUSED,
    Ending.DENIED: Sign.DENIED,
    Ending.CANCELLED: Sign.CANCELLED,
    Ending.EXPIRED: Sign.EXPIRED,
    Ending.FAILED: Sign.FAULT,
}
_NOT_SEEN = "Not yet seen gone"
_UNSURE = {Action.DISCONNECT: "Not yet seen disconnected", Action.MESSAGE: "Not known whether messaged"}
_FAULTS = (Verdict.NO_RIGHT, Verdict.FAILED, Verdict.UNREACHABLE)


def sign_of(request: Request) -> Sign:
    """Return the sign of the card, which says its state before a word is read."""
    match request.state:
        case State.ASKED | State.AWAITING:
            return Sign.WAITS
        case State.READY if request.act_at:
            return Sign.WARNED if request.ask.warn else Sign.WAITS
        case State.READY | State.ACTING:
            return Sign.RUNS
        case State.ENDED:
            return _sign_of_end(request)


def _sign_of_end(request: Request) -> Sign:
    if request.ending in _SIGNS:
        return _SIGNS[request.ending]
    if request.action is Action.AUDIT:
        return Sign.LIST
    if request.ending is Ending.NOTHING_TO_DO:
        return Sign.FAULT if _is_all_silent(request) else Sign.LEFT_ALONE
    verdicts = {target.verdict for target in request.targets}
    wanted = {*verb(request).done_verdicts, Verdict.ALREADY_GONE}
    if verdicts and verdicts <= wanted:
        return Sign.DONE
    if verdicts & verb(request).done_verdicts or request.unsure_targets:
        return Sign.PARTLY
    return Sign.FAULT if verdicts & {*_FAULTS} else Sign.LEFT_ALONE


def _is_all_silent(request: Request) -> bool:
    return bool(request.surveys) and all(look.code for look in request.surveys)


def headline(request: Request) -> str:
    """Return the first line of the card, without its sign."""
    if request.action is Action.AUDIT:
        return audit_card.headline_at(request.ending)
    match request.state:
        case State.ASKED if request.reason_asked is not None:
            return "--force needs a reason here"
        case State.ASKED:
            return f"Looking at {where(request)}"
        case State.AWAITING:
            return f"{verb(request).plain} {_whom(request)} on {where(request)}?"
        case State.READY if request.act_at:
            return _waiting(request)
        case State.READY | State.ACTING:
            return _running(request)
        case State.ENDED:
            return _ending(request)


def _waiting(request: Request) -> str:
    left = request.open_targets
    who, is_one = f"{_those(left, len(request.targets))} on {_hosts_of(left) or where(request)}", len(left) == 1
    if request.ask.warn:
        return f"{who} {'is' if is_one else 'are'} warned and will be {verb(request).done}"
    return f"{who} will be {verb(request).done} after {duration(request.hold)}: nobody was asked"


def _running(request: Request) -> str:
    if len(request.targets) == 1:
        return f"{verb(request).going} {_whom(request)} on {where(request)}"
    done = len(request.targets) - len(request.open_targets)
    return f"{verb(request).going} on {where(request)}: {done:,} of {len(request.targets):,} done"


def _ending(request: Request) -> str:
    nobody = f"Nobody was {verb(request).done}"
    by = f" by {wording.called(request.decided_by)}" if request.decided_by else ""
    match request.ending:
        case Ending.DONE:
            return _outcome(request)
        case Ending.ANSWERED:
            return _listed(request)
        case Ending.WHATIF:
            return f"What if: {_whom(request)} on {where(request)} would be {verb(request).done}. Nothing was changed"
        case Ending.NOTHING_TO_DO:
            return f"Could not look at {where(request)}" if _is_all_silent(request) else f"{nobody} on {where(request)}"
        case Ending.REFUSED:
            return f"Not allowed. {nobody}"
        case Ending.DENIED:
            return f"Denied{by}. {nobody}"
        case Ending.CANCELLED:
            return f"Cancelled{by}. {nobody}"
        case Ending.EXPIRED:
            return f"Expired{_undecided(request)}. {_outcome(request)}"
        case Ending.FAILED:
            return f"Failed. {_outcome(request)}"
        case None:
            return "Over"


def _listed(request: Request) -> str:
    if session_table.is_for(request):
        return session_table.headline(request)
    return f"{wording.count(len(request.targets), 'session')} on {where(request)}"


def _undecided(request: Request) -> str:
    """Return that too few people decided in time; empty where no decision was waited for."""
    if request.decided_by or not (request.requirement and request.requirement.is_open):
        return ""
    return ": too few said yes" if request.counted else ": nobody decided"


def _outcome(request: Request) -> str:
    """Return what became of the targets. Only what was seen is said to be done."""
    done, total, at = len(_done(request)), len(request.targets), f"on {where(request)}"
    unsure = request.unsure_targets
    if done:
        return f"{verb(request).past} {_whom(request) if done == total else f'{done:,} of {total:,}'} {at}"
    if unsure:
        return f"{_UNSURE.get(request.action, _NOT_SEEN)}: {_those(unsure, total)} {at}"
    verdicts = {target.verdict for target in request.targets}
    if verdicts == {Verdict.ALREADY_GONE}:
        return f"{_whom(request)} {at} {'was' if total == 1 else 'were'} gone already"
    if verdicts & {*_FAULTS}:
        return f"Could not {verb(request).plain.lower()} {_whom(request)} {at}"
    return f"Nobody was {verb(request).done} {at}"


def _done(request: Request) -> list[Target]:
    return [target for target in request.targets if target.verdict in verb(request).done_verdicts]


def on_a_phone(request: Request) -> str:
    """Return the one line that a locked phone shows: the headline, the reason of what did not happen, the reference."""
    said = headline(request)
    names, between = _names(request), " " if said.endswith("?") else ": "
    if request.state is State.ENDED:
        who = f"{between}{names}" if names and request.ending is Ending.WHATIF else ""
        no = f": {outside(request.deny_reason, LONGEST_REASON)}" if request.ending is Ending.DENIED else ""
        return f"{said}{who}{why(request)}{no if request.deny_reason else ''} ({request.id})"
    if request.state is State.ACTING or (not request.act_at and request.state is State.READY):
        names = ""
    asked = f"({request.id}, asked by {wording.called(request.actor)})"
    return f"{said}{between}{names} {asked}" if names else f"{said} {asked}"


def why(request: Request) -> str:
    """Return the reasons of what was not done, behind a headline; empty when all was done."""
    match request.ending:
        case Ending.REFUSED | Ending.NOTHING_TO_DO:
            return f": {bounded(request.message, LONGEST_REASON).rstrip('.')}" if request.message else ""
        case Ending.FAILED if request.failure_reference:
            return f"; reference {request.failure_reference}"
        case Ending.DONE | Ending.EXPIRED | Ending.FAILED:
            said = _reasons(request)
            return f"; {', '.join(said)}" if said else ""
        case _:
            return ""


def _reasons(request: Request) -> list[str]:
    """Return each reason with the people whom it is about: by name while they are few, else by their number.

    A reason of the whole computer, such as that it did not answer, names the computer instead.
    """
    by_reason: dict[str, list[Target]] = {}
    verdicts = {target.verdict for target in request.targets}
    never_begun = request.ending is Ending.EXPIRED and not request.begun
    for target in () if verdicts == {Verdict.ALREADY_GONE} or never_begun else request.targets:
        if said := briefly(target):
            by_reason.setdefault(said.removeprefix(f"{target.session.host} "), []).append(target)
    first, rest = list(by_reason.items())[:MOST_NAMED], list(by_reason.values())[MOST_NAMED:]
    few = sum(len(targets) for targets in by_reason.values() if not is_of_host(targets[0])) <= MOST_NAMED
    more = [f"{sum(map(len, rest)):,} for other reasons"] if rest else []
    return [*(_reason(request, said, targets, few=few) for said, targets in first), *more]


def _reason(request: Request, said: str, targets: list[Target], *, few: bool) -> str:
    one = targets[0]
    if is_of_host(one):
        return said if briefly(one) == said else f"{_hosts_of(tuple(targets))} {said}"
    is_named = len(request.targets) == 1 and name_of(one) in headline(request)
    return said if is_named else f"{_short_names(request, targets, few=few)} {said}"


def _short_names(request: Request, targets: list[Target], *, few: bool) -> str:
    """Return the names of a few, without the domain where all targets are of one; else how many they are."""
    if not few:
        return f"{len(targets):,}"
    is_one_domain = len({target.session.account.domain for target in request.targets}) == 1
    accounts = [target.session.account for target in targets]
    return wording.join_names(
        [outside((each.user if is_one_domain else str(each)) or "somebody", LONGEST_NAME) for each in accounts]
    )


def _names(request: Request) -> str:
    """Return who is asked about, where the headline only counts them and they are few."""
    about = request.open_targets if request.state is State.READY else request.targets
    names = list(dict.fromkeys(name_of(target) for target in about if target.session.account.user))
    return wording.join_names(names) if len(names) <= MOST_NAMED and len(request.targets) > 1 else ""


def verb(request: Request) -> ActionFacts:
    """Return the words for the action of the request."""
    return facts_of(request.action)


def name_of(target: Target) -> str:
    """Return the person of a target, or that there is none, cut for a headline."""
    session = target.session
    if session.account.user:
        return outside(str(session.account), LONGEST_NAME)
    return f"session {session.id}"


def _whom(request: Request) -> str:
    return _those(request.targets, len(request.targets))


def _those(targets: tuple[Target, ...], of: int) -> str:
    """Return one target by name, several by their number: people where each is another one, else sessions.

    `of` is how many targets the request has: a part of them is never named.
    """
    if len(targets) == 1 and of == 1:
        return name_of(targets[0])
    people = {str(target.session.account) for target in targets if target.session.account.user}
    is_people = len(people) == len(targets)
    return wording.count(len(targets), "person" if is_people else "session", "people" if is_people else "")


def where(request: Request) -> str:
    """Return the computers of the targets, or of the command before there are any."""
    return _hosts_of(request.targets) or wording.join_names(list(request.ask.hosts))


def _hosts_of(targets: tuple[Target, ...]) -> str:
    return wording.join_names(list(dict.fromkeys(target.session.host for target in targets)))
