"""The payload for a host: the request as data, then the script, which is the same for every call of a release."""

from __future__ import annotations

import base64
import re
import zlib
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from adapters.windows.request import Verb, machine_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adapters.windows.request import Request
    from bot.domain.conditions import Condition
    from bot.ports.terminal import Order

SHARED_SOURCES = ("Acting.cs", "Machine.cs", "Target.cs", "Request.cs", "Wts.cs", "Processes.cs")
"""What the module of `windows/LogoffBot` is built from, too: both compare and act by the same code."""
_SOURCES = ("Agent.cs", "Input.cs", "Lines.cs", *SHARED_SOURCES)
_PLACE = "#CSHARP#\n"
_HALVES = re.compile("[\ud800-\udfff]")


@cache
def constant_script() -> str:
    """Return `agent.ps1` with its C# in place. Nothing else ever runs on a host."""
    folder = Path(__file__).parent
    csharp = "\n".join((folder / name).read_text("ascii") for name in _SOURCES)
    return (folder / "agent.ps1").read_text("ascii").replace(_PLACE, csharp)


def digest() -> str:
    """Return the SHA-256 of the constant script in hexadecimal, for a security team that compares it with its logs."""
    return sha256(constant_script().encode("ascii")).hexdigest()


def payload(nonce: str, request: Iterable[str]) -> bytes:
    """Return the whole standard input of one call, in ASCII. The agent acts only when all of it fits the tally."""
    lines = "\n".join(request)
    head = f"$nonce = '{nonce}'\n$request = @'\n{lines}\n'@\n"
    script, script_lines = _constant()
    count, sum_ = len(head.splitlines()) + script_lines, zlib.adler32(script, zlib.adler32(head.encode("ascii")))
    return b"".join((head.encode("ascii"), f"$tally = '{count} {sum_}'\n".encode("ascii"), script))


@cache
def _constant() -> tuple[bytes, int]:
    """Return the constant script in ASCII and the number of its lines: no call copies or counts it again.

    Number of lines and Adler-32 are a guard against accidents, not against people.
    """
    text = constant_script()
    return text.encode("ascii"), len(text.splitlines())


def lines_of(request: Request) -> tuple[str, ...]:
    """Return the request as the agent reads it."""
    match request.verb:
        case Verb.LIST:
            return list_request()
        case Verb.PROCESSES:
            return processes_request(*request.orders)
        case Verb.LOG_OFF:
            return logoff_request(request.orders, wait_seconds=request.wait_seconds)
        case Verb.DISCONNECT:
            return disconnect_request(request.orders, wait_seconds=request.wait_seconds)
        case Verb.MESSAGE:
            return message_request(request.orders, title=request.title, text=request.text)
    assert_never(request.verb)


def list_request() -> tuple[str, ...]:
    return ("list",)


def processes_request(order: Order) -> tuple[str, ...]:
    return ("processes", *_targets([order]))


def logoff_request(orders: Sequence[Order], *, wait_seconds: int) -> tuple[str, ...]:
    return ("logoff", _line("wait", str(wait_seconds)), *_targets(orders))


def disconnect_request(orders: Sequence[Order], *, wait_seconds: int) -> tuple[str, ...]:
    return ("disconnect", _line("wait", str(wait_seconds)), *_targets(orders))


def message_request(orders: Sequence[Order], *, title: str, text: str) -> tuple[str, ...]:
    return ("message", _line("say", title, text), *_targets(orders))


def _targets(orders: Sequence[Order]) -> list[str]:
    """Raises `ValueError` for orders that were drawn from several machines."""
    machine = machine_in(orders)
    said = [_line("machine", machine.dns, machine.netbios)] if machine else []
    return said + [line for order in orders for line in (_target(order), *map(_condition, order.conditions))]


def _target(order: Order) -> str:
    account = order.account
    numbers = (order.logon, order.said_state, order.even_if_active, order.not_at_console, order.said_since)
    situation = (str(int(number)) for number in numbers)
    return _line("target", str(order.session_id), account.domain, account.user, *situation)


def _condition(condition: Condition) -> str:
    return _line("if", condition.field, condition.operator, *condition.values)


def _line(keyword: str, *fields: str) -> str:
    return " ".join((keyword, *(_encoded(field) for field in fields)))


def _encoded(field: str) -> str:
    return base64.b64encode(whole_letters(field).encode()).decode("ascii") or "-"


def whole_letters(text: str) -> str:
    """Return the text with U+FFFD in place of half surrogate pairs, which Windows allows and UTF-8 does not.

    The result is no longer the name that the host has. It can be shown, and an order for it never matches.
    """
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)
