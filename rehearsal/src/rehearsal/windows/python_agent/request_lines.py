"""The request in the bot's payload, line by line: docs/agent-protocol.md, "Request lines"."""

import base64
import binascii
import re
from dataclasses import dataclass, field

_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_LONGEST_WAIT = 86400

_TEXT, _NUMBER = ("like",), ("gt", "ge", "lt", "le")
_OPERATORS: dict[str, tuple[str, ...]] = dict.fromkeys(("user", "client", "address", "station"), _TEXT)
_OPERATORS |= {"state": ("in",), "idle": _NUMBER, "logon": (*_NUMBER, "in")}


class RequestError(ValueError):
    """A request line cannot be understood; the agent says so in its reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target as the card described it."""

    id: int
    domain: str
    user: str
    logon: int
    state: int
    even_if_active: bool
    not_at_console: bool
    since: int
    conditions: list[Condition] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Request:
    operation: str
    wait: int = 0
    waited: float = 0.0  # seconds so far, for all targets together
    title: str = ""
    text: str = ""
    dns: str = ""
    netbios: str = ""
    targets: list[Target] = field(default_factory=list)


def read_request(text: str) -> Request:
    """RequestError naming the first line that cannot be understood."""
    first, *lines = [line.rstrip("\r") for line in text.split("\n")]
    if first not in {"list", "processes", "logoff", "disconnect", "message"} or (first == "list" and lines):
        raise RequestError(f"no operation: {first[:40]!r}")
    request = Request(operation=first)
    for line in lines:
        keyword, *fields = line.split(" ")
        _read_line(request, keyword, [_decode(each) for each in fields])
    if first == "message" and not request.title:
        raise RequestError("a message without a title")
    return request


def _read_line(request: Request, keyword: str, fields: list[str]) -> None:
    match keyword, fields:
        case "wait", [seconds]:
            request.wait = min(max(0, _integer(seconds)), _LONGEST_WAIT)
        case "machine", [dns, netbios]:
            request.dns, request.netbios = dns, netbios
        case "say", [title, text] if request.operation == "message":
            request.title, request.text = title, text
        case "target", [number, domain, user, logon, state, even_if_active, not_at_console, since]:
            request.targets.append(
                Target(
                    id=_integer(number),
                    domain=domain,
                    user=user,
                    logon=_integer(logon),
                    state=_integer(state),
                    even_if_active=_integer(even_if_active) == 1,
                    not_at_console=_integer(not_at_console) != 0,
                    since=_integer(since),
                )
            )
        case "if", [name, operator, *values] if request.targets and values:
            request.targets[-1].conditions.append(read_condition(name, operator, tuple(values)))
        case _:
            raise RequestError(f"cannot be understood: {keyword[:40]!r} with {len(fields)} fields")


def read_condition(name: str, operator: str, values: tuple[str, ...]) -> Condition:
    operators = _OPERATORS.get(name, ())
    if operator not in operators:
        raise RequestError(f"no condition: {name[:40]!r} {operator[:40]!r}")
    if operators != _TEXT:
        for value in values:
            _integer(value)
    return Condition(field=name, operator=operator, values=values)


def _decode(text: str) -> str:
    try:
        return "" if text == "-" else base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise RequestError("a field is not base64 of UTF-8") from error


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise RequestError(f"no number: {text[:40]!r}")
    return int(text)
