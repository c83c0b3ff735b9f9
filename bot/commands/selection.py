"""The selection that all commands share: computers, session ids and filters."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.commands.leftovers import IDS, is_number, names_many
from bot.commands.options import Parameter, Takes
from bot.domain.conditions import Condition, Field, Ids, Operator, is_like
from bot.domain.durations import parse_duration
from bot.domain.inventory import is_pattern
from bot.domain.session import FILETIME_EPOCH, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.commands.options import Options, Value
    from bot.commands.tokens import Word
    from bot.domain.inventory import Inventory

_COMPARE = ("=", ">", ">=", "<", "<=")
SELECTION = (
    Parameter(
        names=("computer", "computers", "computername", "cn", "ipaddress", "server", "host"), takes=Takes.COMPUTERS
    ),
    Parameter(names=("id", "sessionid", "ids"), takes=Takes.IDS),
    Parameter(names=("user", "username")),
    Parameter(names=("state", "connectionstate")),
    Parameter(names=("client", "clientname")),
    Parameter(names=("ip", "address")),
    Parameter(names=("session", "station")),
    Parameter(names=("idle",), takes=Takes.DURATION, operators=_COMPARE),
    Parameter(names=("logon", "logontime"), takes=Takes.MOMENT, operators=_COMPARE),
    Parameter(names=("here",), takes=Takes.NOTHING),
    Parameter(names=("verbose", "v"), takes=Takes.NOTHING),
    Parameter(
        names=("filter",),
        hint="I never run code from chat: no `-Filter`. Use `user=`, `state=`, `client=`, `ip=`, `idle>2h`.",
    ),
    Parameter(names=("inputobject",), hint="There are no objects in chat. Name the computer and the id: `comp1 id=3`."),
    *(
        Parameter(names=(name,), hint=f"`-{name}` means nothing in chat. Leave it out.")
        for name in (
            *("Debug", "ErrorVariable", "InformationAction", "InformationVariable", "OutVariable", "OutBuffer"),
            *("PipelineVariable", "WarningAction", "WarningVariable", "ProgressAction"),
        )
    ),
    Parameter(names=("erroraction", "ea"), is_single=True),
)

_OPERATORS = {">": Operator.MORE, ">=": Operator.AT_LEAST, "<": Operator.LESS, "<=": Operator.AT_MOST}
_LIKE = {"user": Field.USER, "client": Field.CLIENT, "ip": Field.ADDRESS, "session": Field.STATION}
_FILTERS = (*_LIKE, "state", "idle", "logon")
_UPWARD = (">", ">=")
_WITH_ID = re.compile(r"[/\\]*([^:;/\\#@=]+)[:;/\\#@=]+(?:id[=:])?([0-9]{1,5})", re.IGNORECASE)
LAST_ID = 65535
_MOST_PATTERNS = 50


def hosts_of(options: Options, inventory: Inventory) -> tuple[str, ...]:
    """Return the named computers, each once, in the order of the command.

    Raises `UsageError` for a name that is not in the inventory, for a command without a computer, and for a second
    computer behind an id or a filter: `rds-01 id=2 rds-02 id=4` means two sessions, but would select four.
    """
    said = [(name, value.word) for value in options.all("computer") for name in _parts(value.text)]
    said += [(name, word) for word in options.rest if not is_number(word) for name in _parts(word.text)]
    named: dict[str, tuple[str, Word]] = {}
    for name, word in said:
        if name:
            named.setdefault(name.lower(), (name, word))
    if sum(map(is_pattern, named)) > _MOST_PATTERNS:
        raise options.wrong(f"Those are more than {_MOST_PATTERNS} patterns. Write fewer, or a group.")
    hosts: dict[str, None] = {}
    for name, word in named.values():
        hosts.update(dict.fromkeys(_found(options, inventory, name, word)))
    if not said and inventory.default:
        return inventory.find(inventory.default)
    if not hosts:
        raise options.wrong("Say on which computer. (`help` after the command shows all that I understand.)")
    _check_order(options, {word.start: word for name, word in said if name}.values())
    return tuple(hosts)


def are_hosts_named(options: Options) -> bool:
    """Return whether the command itself names a computer, without the default of the inventory."""
    return bool(options.all("computer")) or any(not is_number(word) for word in options.rest)


def _found(options: Options, inventory: Inventory, name: str, word: Word) -> tuple[str, ...]:
    found = inventory.find(name)
    if found:
        return found
    if name.isdigit() and "," in word.text:
        computer, *ids = _parts(word.text)
        is_pair = not word.is_quoted and bool(inventory.find(computer)) and all(each.isdigit() for each in ids)
        meant = options.replaced(word, f"{options.text[word.start : word.end][: len(computer)]} id={','.join(ids)}")
        message = f"`{name[:80]}` is no computer. Part the id from the computer: `comp1 id=3`."
        raise options.wrong(message, word, corrected=meant if is_pair and word in options.rest else "")
    candidates = inventory.candidates(name)
    nearest = candidates.clear
    shown = (name if len(name) <= 80 else name[:80] + "...").replace("`", "'")
    message = f"I know no computer `{shown}`. I contact only computers of my inventory."
    raise options.wrong(
        message,
        word,
        nearest=nearest,
        candidates=() if nearest else candidates.names,
        corrected=_with_computer(options, word, name, nearest) if nearest else "",
    )


def _parts(text: str) -> list[str]:
    """Return the items of a list without the spaces around them."""
    return [part.strip() for part in text.split(",")]


def _with_computer(options: Options, word: Word, name: str, nearest: str) -> str:
    """Return the command with the computer that was meant, `comp1:3` -> `comp1 id=3`.

    Quotes around a name with spaces are left out.
    """
    if word.is_quoted and " " in name:
        return options.replaced(word, name)
    if (parts := _WITH_ID.fullmatch(name)) and parts[1].lower() == nearest.lower() and not options.all("id"):
        return options.replaced(word, f"{nearest} id={parts[2]}")
    return options.replaced(word, options.text[word.start : word.end].replace(name, nearest, 1))


def _check_order(options: Options, computers: Iterable[Word]) -> None:
    """Raise `UsageError` for another computer behind an id, a filter or `--all`, which belong to those before it."""
    chosen = [value.word for name in ("id", *_FILTERS) for value in options.all(name)]
    chosen += filter(is_number, options.rest)
    chosen += [word for name, word in options.switched_at.items() if name == "all"]
    first = min((word.start for word in chosen), default=len(options.text))
    said = sorted(computers, key=lambda word: word.start)
    late = [word for word in said if word.start > first]
    if late and (len(said) > 1 or names_many(late[0].text)):
        message = "Write the computers first, then ids and filters; for pairs send one command a computer."
        raise options.wrong(message, late[0])


def ids_of(options: Options) -> Ids:
    """Return `3`, `3,5-7` or `3, 5` as ids from 0 to 65535. Raises `UsageError` for any other text."""
    said = [(",".join(_parts(value.text)), value.word) for value in options.all("id")]
    said += [(word.text, word) for word in options.rest if is_number(word)]
    ranges: list[tuple[int, int]] = []
    for text, word in said:
        if not IDS.fullmatch(text):
            raise options.wrong(f"`{text[:40]}` is no session id. Ids are numbers from 0 to {LAST_ID}: `id=3`.", word)
        for part in text.rstrip(",").split(","):
            low, _, high = part.partition("-")
            pair = (int(low), int(high or low))
            if pair[0] > pair[1] or pair[1] > LAST_ID:
                raise options.wrong(f"`{part[:40]}` is no range of session ids from 0 to {LAST_ID}.", word)
            ranges.append(pair)
    return Ids(tuple(ranges))


def conditions_of(options: Options) -> tuple[Condition, ...]:
    """Return the filters. Several values of one text or state filter widen it, as a list does.

    Raises `UsageError` for an unknown state, a wrong duration or date, and for two bounds on one side.
    """
    found: list[Condition] = []
    for name, field in _LIKE.items():
        patterns = [part for value in options.all(name) for part in _parts(value.text) if part]
        if patterns:
            found.append(Condition(field=field, operator=Operator.LIKE, values=tuple(dict.fromkeys(patterns))))
    if states := [state for value in options.all("state") for state in _states(options, value)]:
        values = tuple(str(int(state)) for state in dict.fromkeys(states))
        found.append(Condition(field=Field.STATE, operator=Operator.IN, values=values))
    for name, field in (("idle", Field.IDLE), ("logon", Field.LOGON)):
        _check_bounds(options, name)
        found += [_number(options, value, field) for value in options.all(name)]
    return tuple(found)


def _check_bounds(options: Options, name: str) -> None:
    """Raise `UsageError` for two bounds on one side; `idle>2h idle<5h` is a range."""
    sides: set[bool] = set()
    for value in options.all(name):
        side = value.operator in _UPWARD
        if side in sides:
            raise options.wrong(f"`{name}` has two bounds on one side. Write one of them.", value.word)
        sides.add(side)


def duration_of(options: Options, value: Value) -> timedelta:
    """Return the length of `90s`, `2m`, `1h30m` or `2d`. Raises `UsageError` for any other text."""
    length = parse_duration(value.text)
    if length is None:
        raise options.wrong(f"`{value.text[:40]}` is no duration. Write `90s`, `30m`, `2h` or `1d`.", value.word)
    return length


def check_error_action(options: Options) -> None:
    """Raise `UsageError` for an `-ErrorAction` that stops at the first failure, which the bot never does."""
    said = options.last("erroraction")
    if said and said.text.lower() not in ("continue", "silentlycontinue"):
        raise options.wrong(
            "Each computer has its own outcome and the rest goes on: leave `-ErrorAction` out.", said.word
        )


def _states(options: Options, value: Value) -> list[SessionState]:
    patterns = [pattern for pattern in _parts(value.text) if pattern]
    unknown = [pattern for pattern in patterns if not any(is_like(pattern, state.label) for state in SessionState)]
    if unknown:
        names = ", ".join(state.label for state in SessionState)
        raise options.wrong(f"`{unknown[0][:40]}` is no state. States are {names}.", value.word)
    return [state for state in SessionState if any(is_like(pattern, state.label) for pattern in patterns)]


def _number(options: Options, value: Value, field: Field) -> Condition:
    if value.operator == "=":
        message = f"Compare `{field.value}` with >, >=, < or <=: `idle>2h`, `logon<2026-01-31`."
        raise options.wrong(message, value.word)
    is_idle = field is Field.IDLE
    number = int(duration_of(options, value).total_seconds()) if is_idle else _ticks(options, value)
    return Condition(field=field, operator=_OPERATORS[value.operator], values=(str(number),))


def _ticks(options: Options, value: Value) -> int:
    """Return a date, or a date with a time, as FILETIME ticks (100 ns since 1601 UTC). Raises `UsageError`.

    A time without a zone is UTC.
    """
    try:
        moment = datetime.fromisoformat(value.text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - FILETIME_EPOCH) // timedelta(microseconds=1) * 10
    except (ValueError, OverflowError) as exc:
        message = f"`{value.text[:40]}` is no date. Write `2026-01-31` or `2026-01-31T08:00` (UTC)."
        raise options.wrong(message, value.word) from exc
