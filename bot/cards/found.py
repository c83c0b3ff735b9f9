"""What a survey found of what was named, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.cards.target_list import MOST_ASKED
from bot.cards.wording import count, join_names
from bot.domain.conditions import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.ask import Ask
    from bot.domain.conditions import Condition
    from bot.domain.request import Target
    from bot.domain.session import Session

MOST_IDS = 10
"""More ids in one sentence are counted."""

MOST_COMMANDS, MOST_NAMED = 3, 20
"""What is suggested to somebody who asked for too many: commands, and computers in each."""
_REST = {False: " ...", True: ",... ..."}


def nothing_matched(ask: Ask) -> str:
    where = join_names(ask.hosts)
    has = "has" if len(ask.hosts) == 1 else "have"
    wanted = f" with id {ask.ids}" if ask.ids else ""
    matching = " that matches" if ask.conditions or not ask.ids else ""
    return f"{where} {has} no session{wanted}{matching}."


def nearly_matched(user: str) -> str:
    return f"it has another name than {user}"


def nobody_there(host: str) -> str:
    return f"{host}: nobody is logged on."


def nobody_matches(host: str) -> str:
    return f"{host}: nobody matches."


_UNKNOWN = {
    Field.USER: "user",
    Field.STATE: "state",
    Field.CLIENT: "client",
    Field.ADDRESS: "address",
    Field.STATION: "station",
    Field.IDLE: "idle time",
    Field.LOGON: "logon time",
}


def cannot_be_compared(session: Session, condition: Condition) -> str:
    """Return why a filter says neither yes nor no of the session: what it is about is unknown."""
    what = _UNKNOWN[condition.field]
    part = {Field.USER: "user", Field.IDLE: "times", Field.LOGON: "times"}.get(condition.field, condition.field.value)
    why = session.unread_part(part) or "is unknown there"
    return f"its {what} {why}, so the filter cannot be compared"


def is_nobody(session: Session) -> bool:
    """Return whether it is a service or a listener, or another session in which nobody is logged on."""
    return not session.account.user and not session.unread


def services(number: int) -> str:
    """`3 services and listeners`: nobody acts on them, so nobody needs to know which."""
    return count(number, "service or listener", "services and listeners")


def only_services(number: int) -> str:
    """Return the sentence for hosts on which nobody is logged on."""
    return f"Nobody is logged on there: only {services(number)}."


def more_left_out(number: int) -> str:
    """Return the sentence for excluded sessions that the request does not even name."""
    return f"{count(number, 'more session')} left out beyond those are only counted."


def not_in_sight(host: str, ids: Sequence[tuple[int, int]]) -> str:
    """Return the sentence for a host that the requester may not list. What is hidden is told as what is not there."""
    which = f"session {_listed(ids)} that you may touch" if ids else "session that you may touch matches"
    return f"{host}: no {which}."


def not_there(host: str, missing: Sequence[tuple[int, int]], unlike: Sequence[tuple[int, int]]) -> str:
    """`comp2 has no session 3.`: ids that were named, single ones and ranges, and are no targets there."""
    said = [f"{host} has no session {_listed(missing)}."] if missing else []
    match list(unlike):
        case []:
            pass
        case [(low, high)] if low == high:
            said.append(f"{host}: session {low} does not match.")
        case _:
            said.append(f"{host}: no session {_listed(unlike)} matches.")
    return " ".join(said)


def _listed(ids: Sequence[tuple[int, int]]) -> str:
    said = [str(low) if low == high else f"from {low} to {high}" for low, high in ids[:MOST_IDS]]
    said += [f"{len(ids) - MOST_IDS:,} more"] if len(ids) > MOST_IDS else []
    return " or ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def split_up(targets: Sequence[Target]) -> str:
    """Return how to ask for so many in parts that a card has room for, by computer where that helps."""
    parts: list[list[str]] = []
    room = 0
    for host, number in Counter(target.session.host for target in targets).items():
        if number > MOST_ASKED:
            return _too_many(len(targets), MOST_ASKED, ())
        if number > room:
            parts.append([])
            room = MOST_ASKED
        parts[-1].append(host)
        room -= number
    commands = [f"{','.join(part[:MOST_NAMED])}{_REST[len(part) > MOST_NAMED]}" for part in parts]
    return _too_many(len(targets), MOST_ASKED, commands[:MOST_COMMANDS])


def _too_many(number: int, most: int, commands: Sequence[str]) -> str:
    """Nobody reads so many names: how to ask for them in parts."""
    why = f"These are {number:,} sessions, and I ask nobody about more than {most:,} at once: nobody reads that many."
    if not commands:
        return f"{why} Send several commands, each for some of them: user=, state= or id= takes fewer."
    return f"{why} Send several commands, for example with {' and with '.join(commands)}."
