"""Files in Slack's second form of upload: an address first, then the bytes, then the place where people see them.

The client's own helper would take the first proxy variable for the bytes, as docs/decisions/0024-proxies.md says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import Request

from adapters.slack.errors import translate_errors
from adapters.slack.web import opener_for
from bot.errors import ChatError

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.cards.attachment import Attachment

PATIENCE = 30
"""Seconds until the bytes count as not taken."""


def upload(client: WebClient, channel_id: str, file: Attachment) -> None:
    """Send the file to the channel. Raises `ChatError`. The address of the bytes is a secret: no error has it."""
    try:
        with translate_errors():
            expected = client.files_getUploadURLExternal(filename=file.name, length=len(file.content))
            _send(str(expected["upload_url"]), file.content)
    except ChatError as error:
        error.may_stand = False  # nobody sees it before it is completed
        raise
    with translate_errors():
        client.files_completeUploadExternal(
            files=[{"id": str(expected["file_id"]), "title": file.title}], channel_id=channel_id
        )


def _send(url: str, content: bytes) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    request = Request(url, data=content, headers=headers, method="POST")  # noqa: S310 - the opener takes web addresses only
    opener_for(url).open(request, timeout=PATIENCE).close()
