"""The other way to reach an app: signed HTTP POSTs to its request URLs."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

import requests

from rehearsal.slack.clock import to_seconds
from rehearsal.slack.delivery import ACK_LIMIT, DISPATCH_FAILED, OPERATION_TIMEOUT, DeliveryResult, OnAck, make_result
from rehearsal.slack.journal import Envelope
from rehearsal.slack.store import Store

EVENT: Final = "events_api"
FORM: Final = "application/x-www-form-urlencoded"


def encode(kind: str, payload: Mapping[str, Any]) -> tuple[str, str]:
    """Content type and body: a command's fields are a form, an interaction is JSON in a form, an event is JSON."""
    match kind:
        case "slash_commands":
            return FORM, urlencode(payload)
        case "interactive":
            return FORM, urlencode({"payload": json.dumps(payload)})
        case _:
            return "application/json", json.dumps(payload)


def sign(secret: str, seconds: int, body: str) -> str:
    """Slack's v0 signature: docs.slack.dev/authentication/verifying-requests-from-slack."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{seconds}:{body}".encode(), hashlib.sha256).hexdigest()


def retry_headers(number: int, reason: str) -> dict[str, str]:
    """What a repeated event has beside the rest: docs.slack.dev/apis/events-api, Retries."""
    return {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}


class HttpDelivery:
    def __init__(self, store: Store) -> None:
        self._store = store
        # As many at once as a burst of commands needs; a thread waits for its answer and does nothing else.
        self._threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="workspace-post")

    async def deliver(self, url: str, secret: str, kind: str, payload: dict[str, Any], on_ack: OnAck) -> DeliveryResult:
        """Posts and waits for the answer, 3 s at most. A redirect is a failure.

        An event that failed is posted once more at once, as Slack does. Its later retries, after a minute and after
        five, are left out.
        """
        result = await self._deliver(url, secret, kind, payload, on_ack)
        if result.error is None or kind != EVENT:
            return result
        reason = "http_timeout" if result.error == OPERATION_TIMEOUT else "http_error"
        return await self._deliver(url, secret, kind, payload, on_ack, retry_headers(1, reason))

    async def _deliver(  # noqa: PLR0913, PLR0917 -- a delivery has these parts
        self,
        url: str,
        secret: str,
        kind: str,
        payload: dict[str, Any],
        on_ack: OnAck,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> DeliveryResult:
        loop = asyncio.get_running_loop()
        envelope_id, started = str(uuid4()), loop.time()
        self._note(envelope_id, url, kind, payload)
        work = loop.run_in_executor(self._threads, self._post, url, secret, kind, payload, more)
        try:
            answer = await asyncio.wait_for(work, ACK_LIMIT.total_seconds())
        except (TimeoutError, requests.Timeout):
            return DeliveryResult(error=OPERATION_TIMEOUT)
        except requests.RequestException:
            return DeliveryResult(error=DISPATCH_FAILED)
        if answer.status_code // 100 != 2:
            return DeliveryResult(error=DISPATCH_FAILED)
        after = timedelta(seconds=loop.time() - started)
        self._store.note_ack(envelope_id, after, late=False)
        return make_result(after, _read_body(answer), on_ack)

    def _post(
        self, url: str, secret: str, kind: str, payload: Mapping[str, Any], more: Mapping[str, str]
    ) -> requests.Response:
        content_type, body = encode(kind, payload)
        seconds = to_seconds(self._store.clock.now())
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": str(seconds),
            "X-Slack-Signature": sign(secret, seconds, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **more,
        }
        with requests.Session() as session:
            session.trust_env = False
            limit = ACK_LIMIT.total_seconds()
            return session.post(url, body.encode(), headers=headers, timeout=limit, allow_redirects=False)

    def _note(self, envelope_id: str, url: str, kind: str, payload: Mapping[str, Any]) -> None:
        self._store.note_sent(
            Envelope(
                id=envelope_id,
                kind=kind,
                via=url,
                trigger_id=payload.get("trigger_id"),
                sent_at=self._store.clock.now(),
            )
        )


def _read_body(answer: requests.Response) -> Any:
    if "json" in answer.headers.get("Content-Type", "") and answer.content:
        try:
            return answer.json()
        except requests.JSONDecodeError:
            return answer.text
    return answer.text or None
