"""An ask as a command in the house style. What is printed is read back as the same ask: a test holds that."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.commands.exact_logons import exact_moment
from bot.commands.tokens import is_folded, quoted
from bot.domain.ask import ActAsk, Choice
from bot.domain.conditions import Condition, Field, Operator
from bot.domain.durations import typed
from bot.domain.session import FILETIME_EPOCH, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.ask import Ask

WAIT = timedelta(seconds=90)
"""How long `--sync` waits for each session."""

_NAMES = {
    Field.USER: "user",
    Field.STATE: "state",
    Field.CLIENT: "client",
    Field.ADDRESS: "ip",
    Field.STATION: "session",
    Field.IDLE: "idle",
    Field.LOGON: "logon",
}
_OPERATORS = {Operator.MORE: ">", Operator.AT_LEAST: ">=", Operator.LESS: "<", Operator.AT_MOST: "<="}
_PLAIN = re.compile(r"[\w.*?\\-]+")


def written(ask: Ask) -> str:
    """Return what stands behind the slash command for this ask."""
    return " ".join(_words(ask))


def _words(ask: Ask) -> Iterator[str]:
    if ask.hosts and not ask.everywhere:
        yield ",".join(ask.hosts)
    if ask.ids:
        yield f"id={ask.ids}"
    yield from map(_filter, ask.conditions)
    if ask.choice is Choice.ALL and isinstance(ask, ActAsk):
        yield "--all"
    is_message = bool(ask.warning) and ask.warn is None
    switches = {
        "--force": ask.force,
        "--whatif": ask.whatif,
        "--confirm": ask.confirm,
        "--even-if-active": ask.even_if_active and not is_message,
        "--stop-on-error": ask.stop_on_error,
    }
    yield from (name for name, is_on in switches.items() if is_on)
    if ask.wait is not None:
        yield "--sync" if ask.wait == WAIT else f"--timeout {typed(ask.wait)}"
    if ask.warn is not None:
        yield f"--warn {typed(ask.warn)}"
    if ask.warning:
        yield f"{'--text' if is_message else '--say'} {quoted(ask.warning)}"
    if ask.caption:
        yield f"--caption {quoted(ask.caption)}"
    if ask.reason:
        yield f"--reason {quoted(ask.reason)}"
    yield from (name for name, is_on in {"--here": ask.here, "--verbose": ask.verbose}.items() if is_on)


def _filter(condition: Condition) -> str:
    name = _NAMES[condition.field]
    match condition.field:
        case Field.STATE:
            states = (SessionState(int(value)).label.lower() for value in condition.values)
            return f"{name}={','.join(states)}"
        case Field.IDLE:
            length = timedelta(seconds=int(condition.values[0]))
            return f"{name}{_OPERATORS[condition.operator]}{typed(length) or '0s'}"
        case Field.LOGON:
            if condition.operator is Operator.IN:
                return f"{name}={','.join(map(exact_moment, condition.values))}"
            moment = FILETIME_EPOCH + timedelta(microseconds=int(condition.values[0]) // 10)
            return f"{name}{_OPERATORS[condition.operator]}{moment.isoformat().replace('+00:00', 'Z')}"
        case _:
            values = ",".join(condition.values)
            return f"{name}={values if all(map(_is_plain, condition.values)) else quoted(values)}"


def plain_or_quoted(text: str) -> str:
    """Return the value of an option: as it is where it is read as one word, else in quotes."""
    return text if _is_plain(text) else quoted(text)


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and not is_folded(text)
