"""Files in Slack's second form of upload: an address first, then the bytes, then the place where people see them.

The client's own helper would take the first proxy variable for the bytes, as docs/decisions/0024-proxies.md says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.slack.errors import translate_errors
from adapters.slack.web import post_bytes
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
            url = str(expected["upload_url"])
            post_bytes(url, file.content, kind="application/octet-stream", within=PATIENCE)
    except ChatError as error:
        error.may_stand = False  # nobody sees it before it is completed
        raise
    with translate_errors():
        client.files_completeUploadExternal(
            files=[{"id": str(expected["file_id"]), "title": file.title}], channel_id=channel_id
        )
