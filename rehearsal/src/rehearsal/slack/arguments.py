"""The arguments of a call, whichever of Slack's three spellings they came in: JSON, a form, a query."""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from rehearsal.slack.errors import SlackError

HIDDEN = {"token"}


class Arguments:
    """Raises SlackError("invalid_arguments") when a value has the wrong type or a needed one is missing."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def with_token(self, token: str) -> "Arguments":
        """The same call with the token that came with it, wherever that stood. No log has it."""
        return Arguments(self._values | {"token": token})

    def has_any(self, name: str) -> bool:
        """Whether a list was given and is not empty."""
        return self._values.get(name, []) not in ([], "[]", "")

    def text(self, name: str, default: str = "") -> str:
        value = self._values.get(name, default)
        if not isinstance(value, str):
            raise _refuse(f"must provide a string: {name}")
        return value

    def needed(self, name: str) -> str:
        if not self._values.get(name):
            raise _refuse(f"missing required field: {name}")
        return self.text(name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A form says `true`, `True` or `1`."""
        return str(self._values.get(name, default)).lower() in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        try:
            return int(self._values.get(name, default))
        except (TypeError, ValueError) as exc:
            raise _refuse(f"must provide a number: {name}") from exc

    def words(self, name: str, default: str) -> list[str]:
        """A list spelled with commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def blocks(self) -> list[Any] | None:
        """None when the call has none; a form has them as a JSON string. Raises SlackError("invalid_blocks_format")."""
        blocks = self._values.get("blocks")
        if isinstance(blocks, str):
            try:
                blocks = json.loads(blocks or "[]")
            except ValueError as exc:
                raise SlackError("invalid_blocks_format") from exc
        if blocks is not None and not isinstance(blocks, list):
            raise SlackError("invalid_blocks_format")
        return blocks

    def mapping(self, name: str) -> Any:
        """An object; a form has it as a JSON string. None when the call has none or it is no JSON."""
        value = self._values.get(name)
        if isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                return None
        return value

    def listed(self, name: str) -> list[Any]:
        """A list of objects; a form has it as a JSON string."""
        value = self.mapping(name)
        if not isinstance(value, list) or not value:
            raise _refuse(f"must provide an array: {name}")
        return value

    def to_log(self) -> dict[str, Any]:
        return {name: value for name, value in self._values.items() if name not in HIDDEN}


def _refuse(words: str) -> SlackError:
    return SlackError("invalid_arguments", (words,))


async def read_arguments(request: Request) -> Arguments:
    """An empty body is no argument at all. Raises SlackError("invalid_json") or ("json_not_object")."""
    values: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    if "json" in request.headers.get("content-type", "") and body:
        values |= _read_json(body)
    elif body:
        values |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Arguments(values)


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except ValueError as exc:
        raise SlackError("invalid_json") from exc
    if not isinstance(values, dict):
        raise SlackError("json_not_object")
    return values


def read_token(request: Request, arguments: Arguments) -> str:
    """From the header, else from the `token` field. Raises SlackError("not_authed") without one."""
    header = request.headers.get("authorization", "")
    token = header[7:].strip() if header.lower().startswith("bearer ") else arguments.text("token")
    if not token:
        raise SlackError("not_authed")
    return token
