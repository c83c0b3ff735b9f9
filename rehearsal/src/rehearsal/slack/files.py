"""Files: an upload URL first, then the bytes, then the place where people see them."""

import re
import secrets
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from rehearsal.slack.clock import Clock
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import File

BIGGEST: Final = 20 * 1024 * 1024
"""Of one file; Slack takes 1 GB, a rehearsal has to keep it in memory."""


class Files:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[str, File] = {}
        self._tickets: dict[str, str] = {}

    def expect(self, name: str, size: int) -> tuple[File, str]:
        """A file that is to come, and the secret part of its upload URL."""
        file = File(id=f"F{secrets.token_hex(5).upper()}", name=name, title=name, size=size, made_at=self._clock.now())
        ticket = secrets.token_urlsafe(24)
        self._files[file.id] = file
        self._tickets[ticket] = file.id
        return file, ticket

    def fill(self, ticket: str, data: bytes) -> None:
        """Takes the bytes, once. SlackError("not_found") or, when it is not the size that was named, ("bad_size")."""
        file = self.find(self._tickets.pop(ticket, ""))
        if len(data) != file.size:
            raise SlackError("bad_size")
        self._files[file.id] = replace(file, data=data)

    def name(self, file_id: str, title: str) -> File:
        """The file under the title that it was completed with; SlackError("file_not_found") before its bytes came."""
        file = self.find(file_id)
        if file.data is None:
            raise SlackError("file_not_found")
        self._files[file_id] = replace(file, title=title or file.title)
        return self._files[file_id]

    def find(self, file_id: str) -> File:
        if file_id not in self._files:
            raise SlackError("file_not_found")
        return self._files[file_id]

    async def take_upload(self, request: Request) -> Response:
        """The bytes: as the whole body, or as the file of a form (`multipart/form-data`)."""
        size = request.headers.get("content-length", "")
        if not size.isdecimal() or int(size) > BIGGEST:
            return PlainTextResponse("too_large", 413)
        try:
            data = read_upload(request.headers.get("content-type", ""), await request.body())
            self.fill(request.path_params["ticket"], data)
        except SlackError as exc:
            return PlainTextResponse(exc.error, 404 if exc.error == "file_not_found" else 400)
        return PlainTextResponse("OK")

    async def send(self, request: Request) -> Response:
        """For saving only: a browser never shows it as a page of this address."""
        try:
            file = self.find(request.path_params["file"])
        except SlackError as exc:
            return PlainTextResponse(exc.error, 404)
        name = re.sub(r"[^A-Za-z0-9._-]", "_", file.name)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return Response(file.data or b"", media_type="application/octet-stream", headers=headers)


def read_upload(content_type: str, body: bytes) -> bytes:
    """The file in the body: the part of a form that has a file name, else all of it.

    `SlackError("invalid_form")` for a form without a file.
    """
    boundary = re.search(r'boundary="?([^";,]+)"?', content_type)
    if not content_type.lower().startswith("multipart/form-data") or boundary is None:
        return body
    for part in body.split(b"--" + boundary[1].encode("latin-1"))[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        if b"filename=" in head.lower():
            return data.removesuffix(b"\r\n")
    raise SlackError("invalid_form")
