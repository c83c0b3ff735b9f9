"""Which computers and which of their sessions: the part that all commands share."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.commands.options import Parameter
from bot.conditions import Condition, Field, Ids, Operator, is_like
from bot.session import FILETIME_EPOCH, SessionState

if TYPE_CHECKING:
    from bot.commands.options import Options, Value
    from bot.inventory import Inventory

_COMPARE = ("=", ">", ">=", "<", "<=")
SELECTION = (
    Parameter(names=("computer", "computers", "computername", "cn", "ipaddress", "server", "host")),
    Parameter(names=("id", "sessionid", "ids")),
    Parameter(names=("user", "username")),
    Parameter(names=("state", "connectionstate")),
    Parameter(names=("client", "clientname")),
    Parameter(names=("ip", "address")),
    Parameter(names=("session", "station")),
    Parameter(names=("idle",), operators=_COMPARE),
    Parameter(names=("logon", "logontime"), operators=_COMPARE),
    Parameter(names=("here",), is_switch=True),
    Parameter(names=("verbose", "v"), is_switch=True),
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
    Parameter(names=("erroraction", "ea")),
)

_OPERATORS = {">": Operator.MORE, ">=": Operator.AT_LEAST, "<": Operator.LESS, "<=": Operator.AT_MOST}
_LIKE = {"user": Field.USER, "client": Field.CLIENT, "ip": Field.ADDRESS, "session": Field.STATION}
_IDS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*,?")
_DURATION = re.compile(r"^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$", re.IGNORECASE)
LAST_ID = 65535


def hosts_of(options: Options, inventory: Inventory) -> tuple[str, ...]:
    """The named computers, each once, in the order they were said. Raises `UsageError` for one that is not known."""
    said = [(name, value.word) for value in options.all("computer") for name in value.text.split(",")]
    said += [(name, word) for word in options.rest if not _IDS.fullmatch(word.text) for name in word.text.split(",")]
    hosts: dict[str, None] = {}
    for name, word in said:
        if not name:
            continue
        found = inventory.find(name)
        if not found:
            shown = name if len(name) <= 80 else name[:80] + "..."
            say = f"I know no computer `{shown}`. I contact only computers of my inventory."
            raise options.wrong(say, word, nearest=inventory.nearest(name))
        hosts.update(dict.fromkeys(found))
    if not said and inventory.default:
        return inventory.find(inventory.default)
    if not hosts:
        raise options.wrong("Say on which computer. (`help` after the command shows all that I understand.)")
    return tuple(hosts)


def ids_of(options: Options) -> Ids:
    """`3`, `3,5-7`, `3, 5`: numbers from 0 to 65535."""
    said = [(value.text, value.word) for value in options.all("id")]
    said += [(word.text, word) for word in options.rest if _IDS.fullmatch(word.text)]
    ranges: list[tuple[int, int]] = []
    for text, word in said:
        if not _IDS.fullmatch(text):
            raise options.wrong(f"`{text[:40]}` is no session id. Ids are numbers from 0 to {LAST_ID}: `id=3`.", word)
        for part in text.rstrip(",").split(","):
            low, _, high = part.partition("-")
            pair = (int(low), int(high or low))
            if pair[0] > pair[1] or pair[1] > LAST_ID:
                raise options.wrong(f"`{part[:40]}` is no range of session ids from 0 to {LAST_ID}.", word)
            ranges.append(pair)
    return Ids(tuple(ranges))


def conditions_of(options: Options) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for name, field in _LIKE.items():
        for value in options.all(name):
            patterns = tuple(part for part in value.text.split(",") if part)
            found.append(Condition(field=field, operator=Operator.LIKE, values=patterns))
    found += [_state(options, value) for value in options.all("state")]
    found += [_number(options, value, Field.IDLE) for value in options.all("idle")]
    found += [_number(options, value, Field.LOGON) for value in options.all("logon")]
    return tuple(found)


def duration_of(options: Options, value: Value) -> timedelta:
    """`90s`, `2m`, `1h30m`, `2d`."""
    parts = _DURATION.match(value.text)
    if not parts or not any(parts.groups()) or max(len(part or "") for part in parts.groups()) > 5:
        raise options.wrong(f"`{value.text[:40]}` is no duration. Write `90s`, `30m`, `2h` or `1d`.", value.word)
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def check_error_action(options: Options) -> None:
    """PowerShell's switch for "stop at the first failure", which is not how this works. Raises `UsageError`."""
    said = options.last("erroraction")
    if said and said.text.lower() not in ("continue", "silentlycontinue"):
        raise options.wrong(
            "Each computer has its own outcome and the rest goes on: leave `-ErrorAction` out.", said.word
        )


def _state(options: Options, value: Value) -> Condition:
    patterns = value.text.split(",")
    states = [state for state in SessionState if any(is_like(pattern, state.label) for pattern in patterns)]
    unknown = [pattern for pattern in patterns if not any(is_like(pattern, state.label) for state in SessionState)]
    if unknown:
        names = ", ".join(state.label for state in SessionState)
        raise options.wrong(f"`{unknown[0][:40]}` is no state. States are {names}.", value.word)
    return Condition(field=Field.STATE, operator=Operator.IN, values=tuple(str(int(state)) for state in states))


def _number(options: Options, value: Value, field: Field) -> Condition:
    if value.operator == "=":
        say = f"Compare `{field.value}` with >, >=, < or <=: `idle>2h`, `logon<2026-01-31`."
        raise options.wrong(say, value.word)
    is_idle = field is Field.IDLE
    number = int(duration_of(options, value).total_seconds()) if is_idle else _ticks(options, value)
    return Condition(field=field, operator=_OPERATORS[value.operator], values=(str(number),))


def _ticks(options: Options, value: Value) -> int:
    """A date or a date with a time, UTC unless it names its zone, as FILETIME."""
    try:
        moment = datetime.fromisoformat(value.text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - FILETIME_EPOCH) // timedelta(microseconds=1) * 10
    except (ValueError, OverflowError) as exc:
        say = f"`{value.text[:40]}` is no date. Write `2026-01-31` or `2026-01-31T08:00` (UTC)."
        raise options.wrong(say, value.word) from exc
