"""The request URL of the app: one HTTP request of Slack's in, one ack out.

Nothing is believed before its signature has been checked: https://docs.slack.dev/authentication/verifying-requests-from-slack/.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import structlog
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_sdk.signature import Clock, SignatureVerifier
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse

from adapters.slack.connection import ACKING
from adapters.slack.deliveries import Deliveries
from adapters.slack.envelopes import PRESSING

if TYPE_CHECKING:
    from slack_bolt import App, BoltRequest, BoltResponse
    from starlette.requests import Request
    from starlette.responses import Response

LARGEST = 2 * 1024 * 1024
"""Bytes of a body. Slack's largest, a form of 250 kB written as percent signs, has less than half."""

MOST_HELD = 64 * 1024 * 1024
"""Bytes of all bodies that arrive at the same time. Nobody has signed anything before the last byte of a body."""

BODY_WITHIN = 3.0
"""Seconds in which a body has to arrive. Slack waits no longer for the whole answer."""

REFUSALS_EVERY = 60.0
"""Seconds between two lines of the log about refused requests. Whoever finds the address can send any number."""

TYPES = ("application/x-www-form-urlencoded", "application/json")

log = structlog.get_logger()

_SECONDS = re.compile(r"[0-9]{1,12}")


class RequestUrl:
    """Checks, reads and answers. Presses do not wait behind commands: each have threads of their own.

    `clock` says the seconds since 1970 with which the time of a signature is compared.
    """

    def __init__(self, app: App, signing_secret: str, clock: Clock | None = None) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret, clock or Clock())
        self._deliveries = Deliveries()
        self._commands = ThreadPoolExecutor(ACKING, thread_name_prefix="command")
        self._presses = ThreadPoolExecutor(PRESSING, thread_name_prefix="press")
        self._refused, self._said_at = 0, float("-inf")
        self.held = 0
        """Bytes of the bodies that arrive now."""

    async def answer(self, request: Request) -> Response:
        if (request.headers.get("content-type") or "").partition(";")[0].strip().lower() not in TYPES:
            return _plain(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Slack sends a form or JSON here.")
        try:
            async with asyncio.timeout(BODY_WITHIN):
                body = await self._read(request)
        except _TooMuch:
            return _plain(HTTPStatus.SERVICE_UNAVAILABLE, "Too much arrives at once. Send it again.")
        except TimeoutError:
            return _plain(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.")
        except ClientDisconnect:
            return _plain(HTTPStatus.BAD_REQUEST, "The body did not arrive.")
        if body is None:
            return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is larger than any of Slack's.")
        if not self._is_signed(request, body):
            return self._refuse(body)
        if bolt_request := _bolt_request(request, body):
            return await self._dispatch(request, bolt_request)
        return _plain(HTTPStatus.BAD_REQUEST, "The body is none of Slack's forms.")

    async def _read(self, request: Request) -> bytes | None:
        """Return the body; None when it is too large, as soon as that is known. Raises `_TooMuch`."""
        said = request.headers.get("content-length") or "0"
        if not said.isdecimal() or int(said) > LARGEST:
            return None
        body = bytearray()
        try:
            async for part in request.stream():
                body += part
                self.held += len(part)
                if len(body) > LARGEST:
                    return None
                if self.held > MOST_HELD:
                    raise _TooMuch
            return bytes(body)
        finally:
            self.held -= len(body)

    def close(self) -> None:
        """Wait for the acks that are under way. What still waits for its turn has waited too long."""
        self._commands.shutdown(cancel_futures=True)
        self._presses.shutdown(cancel_futures=True)

    def _is_signed(self, request: Request, body: bytes) -> bool:
        """Whether the signature is right and at most five minutes old. Slack's own check raises for odd headers."""
        seconds, signature = (
            request.headers.get(f"x-slack-{name}") or "" for name in ("request-timestamp", "signature")
        )
        if not _SECONDS.fullmatch(seconds) or not signature.isascii():
            return False
        try:
            return self._verifier.is_valid(body, seconds, signature)
        except UnicodeDecodeError:
            return False

    def _refuse(self, body: bytes) -> Response:
        if _is_ssl_check(body):
            return PlainTextResponse("")
        self._refused += 1
        if monotonic() - self._said_at >= REFUSALS_EVERY:
            self._said_at = monotonic()
            message = (
                "Requests without a good signature of the last five minutes were refused. When they are Slack's, "
                "compare slack.signing_secret with the app's, and the clock of this machine."
            )
            log.warning("slack.requests_refused", number=self._refused, message=message)
            self._refused = 0
        return _plain(HTTPStatus.UNAUTHORIZED, "The signature is not Slack's, or is older than five minutes.")

    async def _dispatch(self, request: Request, bolt_request: BoltRequest) -> Response:
        if retry := request.headers.get("x-slack-retry-num"):
            reason = request.headers.get("x-slack-retry-reason") or ""
            log.info("slack.delivered_again", retry=retry[:20], reason=reason[:80])
        key = str(bolt_request.body.get("event_id") or request.headers["x-slack-signature"])
        return to_starlette_response(await self._deliveries.once(key, lambda: self._run(bolt_request)))

    async def _run(self, bolt_request: BoltRequest) -> BoltResponse:
        lane = self._presses if bolt_request.raw_body.startswith("payload=") else self._commands
        return await asyncio.get_running_loop().run_in_executor(lane, self._app.dispatch, bolt_request)


class _TooMuch(Exception):
    """All bodies together are too large. It never leaves this module."""


def _bolt_request(request: Request, body: bytes) -> BoltRequest | None:
    """Return the request as Bolt reads it; None for a body that it cannot read."""
    try:
        bolt_request = to_bolt_request(request, body)
        parsed: object = bolt_request.body
    except (ValueError, AttributeError, TypeError, LookupError, RecursionError):  # as Bolt's readers of odd JSON raise
        return None
    return bolt_request if isinstance(parsed, dict) else None


def _is_ssl_check(body: bytes) -> bool:
    """Whether Slack only looks whether its TLS reaches the address. It asks for nothing, and wants a 200."""
    return len(body) < 1000 and parse_qs(body.decode(errors="replace")).get("ssl_check") == ["1"]


def _plain(status: HTTPStatus, sentence: str) -> Response:
    """What is left of a body is passed over by uvicorn, so that its sender can read why."""
    return PlainTextResponse(f"{sentence}\n", status)
