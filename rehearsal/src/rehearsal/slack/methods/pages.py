"""Long lists, page by page, with Slack's cursors."""

from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Sequence

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.errors import SlackError
from rehearsal.slack.serializers import Json

MOST = 1000


def cut_page(name: str, items: Sequence[object], arguments: Arguments, default: int = 100) -> Json:
    """One page of the items under this name. Raises SlackError: invalid_cursor, invalid_limit."""
    size = arguments.number("limit", default) or default
    if not 0 < size <= MOST:
        raise SlackError("invalid_limit")
    start = _read_cursor(arguments.text("cursor"))
    end = start + size
    following = b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return {name: items[start:end], "response_metadata": {"next_cursor": following}}


def _read_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (NoBase64, ValueError) as exc:
        raise SlackError("invalid_cursor") from exc
