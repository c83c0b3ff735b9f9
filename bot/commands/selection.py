"""The selection that all commands share: computers, session ids and filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.commands import misfits, unknown
from bot.commands.bounds import MOST_PATTERNS
from bot.commands.exact_logons import exact_ticks, is_exact
from bot.commands.leftovers import is_number, names_many
from bot.commands.parameters import Parameter, Takes
from bot.commands.spellings import duration_in, ids_in, names_in, states_like
from bot.domain.conditions import Condition, Field, Ids, Operator
from bot.domain.inventory import MOST_HOSTS, is_pattern
from bot.domain.session import FILETIME_EPOCH, KNOWN_STATES, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.commands.options import Options, Value
    from bot.commands.tokens import Word
    from bot.domain.inventory import Inventory
    from bot.errors import UsageError

_COMPARE = ("=", ":", ">", ">=", "<", "<=")
SELECTION = (
    Parameter(
        names=("computer", "computers", "computername", "cn", "ipaddress", "server", "host"),
        takes=Takes.COMPUTERS,
        topic="computers",
        shape="comp1,rds-* or group:rds-prod or rds-[01-03]",
        about="the computers; first in the command, without a name",
    ),
    Parameter(
        names=("id", "sessionid", "ids"), takes=Takes.IDS, topic="ids", shape="id=3,5-7", about="ids of sessions"
    ),
    Parameter(names=("user", "username"), topic="filters", shape="user=alice", about="also CORP\\al*, or several: a,b"),
    Parameter(
        names=("state", "connectionstate"),
        operators=("=", ":", "!="),
        topic="filters",
        shape="state=disconnected",
        about="or active, a beginning like disc, or state!=active",
    ),
    Parameter(
        names=("client", "clientname"), topic="filters", shape="client=LAPTOP*", about="the computer that people sit at"
    ),
    Parameter(names=("ip", "address"), topic="filters", shape="ip=10.0.*", about="its address"),
    Parameter(names=("session", "station"), topic="filters", shape="session=rdp-tcp#5", about="the window station"),
    Parameter(
        names=("idle",),
        takes=Takes.DURATION,
        operators=_COMPARE,
        topic="filters",
        shape="idle>2h",
        about="since the last input, or since the person left",
    ),
    Parameter(
        names=("logon", "logontime"),
        takes=Takes.MOMENT,
        operators=_COMPARE,
        topic="filters",
        shape="logon<2026-01-31",
        about="when the person logged on, UTC",
    ),
    Parameter(
        names=("here",), takes=Takes.NOTHING, topic="answers", shape="--here", about="show a private answer to all"
    ),
    Parameter(
        names=("verbose", "v"),
        takes=Takes.NOTHING,
        topic="answers",
        shape="--verbose",
        about="protocols, codes and the host's clock",
    ),
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
FILTERS = (*_LIKE, "state", "idle", "logon")
_UPWARD = (">", ">=")
LAST_ID = 65535
_ALL = "*"


def hosts_of(options: Options, inventory: Inventory) -> tuple[str, ...]:
    """Return the named computers, each once, in the order of the command.

    Raises `UsageError` for a name that is not in the inventory, for a command without a computer, and for a second
    computer behind an id or a filter: `rds-01 id=2 rds-02 id=4` means two sessions, but would select four.
    """
    said = [(name, value.word) for value in options.all("computer") for name in names_in(value.text)]
    said += [(name, word) for word in options.rest if not is_number(word) for name in names_in(word.text)]
    if len(said) > MOST_HOSTS:
        raise options.wrong(f"Those are more than {MOST_HOSTS:,} computers. Write fewer, a pattern, or a group.")
    named: dict[str, tuple[str, Word]] = {}
    for name, word in said:
        if name:
            named.setdefault(name.lower(), (name, word))
    if sum(map(is_pattern, named)) > MOST_PATTERNS:
        raise options.wrong(f"Those are more than {MOST_PATTERNS} patterns. Write fewer, or a group.")
    if _ALL in named and len(named) > 1:
        raise _all_of_what(options, named[_ALL][1])
    hosts: dict[str, None] = {}
    for name, word in named.values():
        found = inventory.find(name)
        if not found:
            raise unknown.computer(options, inventory, name, word)
        hosts.update(dict.fromkeys(found))
    if not said and inventory.default:
        return inventory.find(inventory.default)
    if not hosts:
        raise unknown.no_computer(options)
    _check_order(options, {word.start: word for name, word in said if name}.values())
    return tuple(hosts)


def _all_of_what(options: Options, star: Word) -> UsageError:
    """Return the error for `comp1 *`: all sessions there, as `msg *` means them, or all computers."""
    message = "`*` beside a computer may mean all of its sessions, or all computers. For all computers write `*` alone."
    takes_all = options.table is not None and options.table.knows("all") and not options.is_on("all")
    meant = options.replaced(star, "--all") if star.text == _ALL and takes_all else ""
    return options.wrong(message, star, corrected=meant)


def are_hosts_named(options: Options) -> bool:
    """Return whether the command itself names a computer, without the default of the inventory."""
    return bool(options.all("computer")) or any(not is_number(word) for word in options.rest)


def _parts(text: str) -> list[str]:
    """Return the items of a list without the spaces around them."""
    return [part.strip() for part in text.split(",")]


def _check_order(options: Options, computers: Iterable[Word]) -> None:
    """Raise `UsageError` for another computer behind an id, a filter or `--all`, which belong to those before it."""
    chosen = [value.word for name in ("id", *FILTERS) for value in options.all(name)]
    chosen += filter(is_number, options.rest)
    chosen += [word for name, word in options.switched_at.items() if name == "all"]
    first = min((word.start for word in chosen), default=len(options.text))
    said = sorted(computers, key=lambda word: word.start)
    if options.pairs and (len(said) > 1 or len([word for word in chosen if is_of_ids(options, word)]) > 1):
        message = "A computer with its session is one pair. For another one send another command."
        raise options.wrong(message, options.pairs[0], choices=unknown.pairs(options))
    late = [word for word in said if word.start > first]
    if late and (len(said) > 1 or names_many(late[0].text)):
        message = "Write the computers first, then ids and filters; for pairs send one command a computer."
        raise options.wrong(message, late[0])


def is_of_ids(options: Options, word: Word) -> bool:
    """Return whether the word names ids, not a filter."""
    return is_number(word) or any(value.word is word for value in options.all("id"))


def ids_of(options: Options) -> Ids:
    """Return `3`, `3,5-7` or `3, 5` as ids from 0 to 65535. Raises `UsageError` for any other text."""
    said = [(",".join(_parts(value.text)), value.word) for value in options.all("id")]
    said += [(word.text, word) for word in options.rest if is_number(word)]
    ranges: list[tuple[int, int]] = []
    for typed_ids, word in said:
        text = ids_in(typed_ids)
        if not text:
            raise misfits.session_id(options, typed_ids, word, LAST_ID)
        for part in text.rstrip(",").split(","):
            low, _, high = part.partition("-")
            pair = (int(low), int(high or low))
            if pair[0] > pair[1] or pair[1] > LAST_ID:
                kind = "range of session ids" if "-" in part else "session id"
                raise options.wrong(f"`{part[:40]}` is no {kind} from 0 to {LAST_ID}.", word)
            ranges.append(pair)
    return Ids(tuple(ranges))


def conditions_of(options: Options) -> tuple[Condition, ...]:
    """Return the filters. Several values of one text or state filter widen it, as a list does.

    Raises `UsageError` for an unknown state, a wrong duration or date, and for two bounds on one side.
    """
    found: list[Condition] = []
    for name, field in _LIKE.items():
        said = [(part, value) for value in options.all(name) for part in _parts(value.text) if part]
        for part, value in said if field is Field.USER else ():
            if "@" in part:
                raise misfits.account(options, value, part)
        patterns = [part for part, _ in said]
        if patterns:
            found.append(Condition(field=field, operator=Operator.LIKE, values=tuple(dict.fromkeys(patterns))))
    if options.all("state"):
        values = tuple(str(int(state)) for state in _states(options))
        found.append(Condition(field=Field.STATE, operator=Operator.IN, values=values))
    for name, field in (("idle", Field.IDLE), ("logon", Field.LOGON)):
        _check_bounds(options, name)
        found += [_number(options, value, field) for value in options.all(name) if not is_exact(value)]
    exact = [ticks for value in options.all("logon") for ticks in exact_ticks(value)]
    if exact:
        found.append(Condition(field=Field.LOGON, operator=Operator.IN, values=tuple(dict.fromkeys(exact))))
    return tuple(found)


def _check_bounds(options: Options, name: str) -> None:
    """Raise `UsageError` for two bounds on one side; `idle>2h idle<5h` is a range."""
    sides: set[bool] = set()
    for value in options.all(name):
        side = value.operator in _UPWARD
        if side in sides and not is_exact(value):
            raise options.wrong(f"`{name}` has two bounds on one side. Write one of them.", value.word)
        sides.add(side)


def duration_of(options: Options, value: Value, *, bare: str = "") -> timedelta:
    """Return the length of `90s`, `2 min`, `1h30m` or `2d`. Raises `UsageError` for any other text.

    `bare` is the unit of a number that has none; without it such a number is answered with both that may be meant.
    """
    length = duration_in(value.text, bare=bare)
    if length is None:
        raise misfits.duration(options, value)
    return length


def stops_on_error(options: Options) -> bool:
    """Return whether `--stop-on-error` or `-ErrorAction Stop` is said. Raises `UsageError` for another action."""
    said = options.last("erroraction")
    if said is None:
        return options.is_on("stop-on-error")
    match said.text.lower():
        case "stop":
            return True
        case "continue" | "silentlycontinue" | "ignore":
            return options.is_on("stop-on-error")
        case _:
            raise options.wrong(
                "`-ErrorAction` is `Stop` or `Continue` here: stop after an error, or go on.", said.word
            )


def _states(options: Options) -> list[SessionState]:
    """Return the states that are named; what `state!=` names is left out of them, or of all states."""
    named: set[SessionState] = set()
    left_out: set[SessionState] = set()
    for value in options.all("state"):
        for pattern in filter(None, _parts(value.text)):
            found = states_like(pattern)
            if not found or (len(found) > 1 and not is_pattern(pattern)):
                raise misfits.state(options, value, pattern, found)
            if value.operator == "!=":
                left_out.update(found)
            else:
                named.update(found)
    states: list[SessionState] = [
        state for state in KNOWN_STATES if (state in named or not named) and state not in left_out
    ]
    if not states:
        raise options.wrong(
            "No state is left: each one that is named is left out again.", options.all("state")[-1].word
        )
    return states


def _number(options: Options, value: Value, field: Field) -> Condition:
    is_idle = field is Field.IDLE
    if value.operator == "=":
        raise misfits.comparison(options, value, is_idle=is_idle)
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
        raise misfits.date(options, value) from exc
