"""The rows of a report that name requests one by one: forced, told no, ended otherwise than asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.audit.entry import BOT
from bot.audit.history import NO, YES
from bot.cards.html import Html, join, list_row, outer, text, typed
from bot.domain.moments import in_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from bot.audit.checked import CheckedEntry
    from bot.audit.history import RequestHistory, SessionOutcome

MARK = Html('<strong class="bad">✗ does not verify</strong>')
BREAK = Html("<br>")
FORCED_HEADS = ("Request", "Asked by", "Person and computer", "Reason given", "Command and rule", "Outcome")
OTHERWISE_HEADS = ("Request", "Asked by", "Person and computer", "Outcome", "Command and rule", "Decided by")
REFUSED_HEADS = ("Entry", "What happened", "Who did it", "Request of", "Command", "What was said")

_REFUSALS = {
    "refused": "the request was refused",
    "denied": "an approver said no",
    "noted refused": "a command or a press was refused",
    "noted outsider_press": "a press of a person who may not decide",
    "noted own_press": "the requester's own press, which does not count",
}


def forced_row(request: RequestHistory, zone: tzinfo) -> Html:
    """Return the row of a request that asked nobody."""
    given = outer(request.reason) or text("none")
    cells = (_head(request, zone), _asker(request), _sessions(request), given, _command(request), _outcome(request))
    return list_row(FORCED_HEADS, cells)


def otherwise_row(request: RequestHistory, zone: tzinfo) -> Html:
    """Return the row of a request that ended otherwise than asked."""
    said = [
        Html(f"{person(each.name, each.actor)} {text({YES: '(yes)', NO: '(no)'}.get(each.says, ''))}")
        for each in request.answers
    ]
    who = join(said, BREAK) or text("nobody (forced)" if request.forced else "nobody")
    cells = (_head(request, zone), _asker(request), _sessions(request), _outcome(request), _command(request), who)
    return list_row(OTHERWISE_HEADS, cells)


def refused_row(each: CheckedEntry, names: Mapping[str, str], zone: tzinfo) -> Html:
    """Return the row of an entry that says no to somebody."""
    entry = each.entry
    kind = f"noted {entry.reason_code}" if entry.event == "noted" else entry.event
    happened = [text(_REFUSALS.get(kind, kind)), Html(f"{text('rule')} {outer(entry.rule)}") if entry.rule else ""]
    said = entry.note or (entry.text if entry.text != each.command else "")
    fault = Html(f"{MARK}{text(':')} {outer(each.fault)}") if each.fault else Html("")
    head = [text(f"no. {entry.seq}"), moment(entry.at, zone), outer(entry.request_id), fault]
    cells = (
        _lines(*head),
        _lines(*map(Html, happened)),
        text("the bot") if entry.actor in ("", BOT) else person(entry.actor_name, entry.actor),
        person(names.get(entry.requester, ""), entry.requester),
        typed(each.command),
        outer(said),
    )
    return list_row(REFUSED_HEADS, cells)


def person(name: str, user_id: str) -> Html:
    """Return a person's name and id."""
    return Html(f"{outer(name)} ({outer(user_id)})") if name and name != user_id else outer(user_id)


def moment(at: datetime | None, zone: tzinfo) -> Html:
    """Return a time on two lines where it has to be."""
    if at is None:
        return Html("")
    here = in_zone(at, zone)
    return Html(f'<time datetime="{here.isoformat(timespec="seconds")}">{here:%Y-%m-%d %H:%M:%S}</time>')


def took(ms: int | None) -> str:
    """Return how long it took, in words: no more than two of them."""
    if ms is None:
        return "-"
    seconds = ms / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def spoken(word: str) -> str:
    """Return a word of the glossary as one reads it."""
    return word.replace("_", " ")


def _head(request: RequestHistory, zone: tzinfo) -> Html:
    faults = [Html(f"{MARK}{text(':')} {outer('; '.join(request.faults))}")] if request.faults else []
    return _lines(outer(request.request_id), moment(request.asked_at, zone), *faults)


def _asker(request: RequestHistory) -> Html:
    return person(request.requester_name, request.requester)


def _sessions(request: RequestHistory) -> Html:
    if request.sessions:
        unsaid = "no verdict" if request.ending else "no verdict yet"
        return join((_session(each, unsaid) for each in request.sessions), BREAK)
    hosts = join(map(outer, request.hosts), text(", "))
    return Html(f"{text('no session;')} {hosts}") if hosts else text("no session")


def _session(each: SessionOutcome, unsaid: str) -> Html:
    number = "" if each.session_id is None else f" ({each.session_id})"
    verdict = spoken(each.verdict) or unsaid
    return Html(f"{outer(each.user) or text('no user')} {text('on')} {outer(each.host)}{text(f'{number}: {verdict}')}")


def _command(request: RequestHistory) -> Html:
    rules = join(map(outer, request.rules), text(", "))
    return _lines(typed(request.command), Html(f"{text('rule')} {rules}") if rules else Html(""))


def _outcome(request: RequestHistory) -> Html:
    times = text(f"after {took(request.done_ms)}") if request.done_ms is not None else Html("")
    return _lines(text(spoken(request.ending) or "not over yet"), outer(request.note), times)


def _lines(*parts: Html) -> Html:
    return join(filter(None, parts), BREAK)
