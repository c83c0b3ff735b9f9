"""Requests of a connection that are prepared once: their address and their headers are the same for each message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from requests import PreparedRequest, Request, Session


class PreparedOnce:
    """Takes the place of a session's `prepare_request`. The session is used by one call at a time."""

    def __init__(self, session: Session) -> None:
        self._session, self._prepare = session, session.prepare_request
        self._first: PreparedRequest | None = None

    def __call__(self, request: Request) -> PreparedRequest:
        """Return the request with its own body. One without a body, with cookies or with a logon stands for itself."""
        if not request.data or self._session.cookies:
            return self._prepare(request)
        if self._first is None:
            prepared = self._prepare(request)
            if "Authorization" in prepared.headers:
                return prepared
            self._first = prepared
        prepared = self._first.copy()
        prepared.prepare_body(request.data, None)
        return prepared
