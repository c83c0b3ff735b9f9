"""The client of Socket Mode with two lanes: presses do not wait behind commands.

What ends or stops something is a press. In the client of Slack's library, all envelopes wait in one line for the same
threads, so a flood of commands would hold back a Deny or a Stop.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from queue import Empty
from time import time
from typing import TYPE_CHECKING, Any

from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response

from adapters.slack.socket_client import SocketClient

if TYPE_CHECKING:
    from datetime import timedelta

    from slack_bolt import App
    from slack_sdk import WebClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

PRESSING = 16
"""How many threads take presses and forms, and nothing else."""

ACKED_WITHIN = 3.0
"""Seconds after which Slack has told the person that it failed, so that an ack is worth nothing any more."""


class TwoLaneClient(SocketClient):
    """`concurrency` is the number of threads for everything that is no press."""

    def __init__(self, app: App, *, app_token: str, web_client: WebClient, concurrency: int) -> None:
        self._app = app
        self._app_id, self._greeted = "", threading.Event()
        self._presses = ThreadPoolExecutor(PRESSING, thread_name_prefix="press")
        super().__init__(app_token=app_token, web_client=web_client, concurrency=concurrency)
        self.socket_mode_request_listeners.append(self._answer)

    def app_id(self, within: timedelta) -> str:
        """Return the id of the app that Slack takes the token of; empty when it does not say so in time."""
        self._greeted.wait(within.total_seconds())
        return self._app_id

    def _answer(self, _client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        began = time()
        send_response(self, request, run_bolt_app(self._app, request), began)

    def process_message(self) -> None:
        """As in the library, with a second lane. Slack sends JSON objects; what is none is left alone there, too."""
        try:
            raw: str | None = self.message_queue.get(timeout=1)
        except Empty:
            return
        if raw is None:
            return
        with ExitStack() as arrived:
            arrived.callback(self.message_queue.task_done)
            self._pass_on(raw, arrived)

    def _pass_on(self, raw: str, arrived: ExitStack) -> None:
        message: dict[str, Any] = json.loads(raw) if raw.startswith("{") else {}
        if message.get("type") == "disconnect":
            self.connect_to_new_endpoint(force=True)
            return
        if message.get("type") == "hello":
            about = message.get("connection_info")
            self._app_id = str(about.get("app_id", "")) if isinstance(about, dict) else ""
            self._greeted.set()
        lane = self._presses if message.get("type") == "interactive" else self.message_workers
        lane.submit(partial(self._run, message, raw, arrived.pop_all()))

    def _run(self, message: dict[str, Any], raw: str, arrived: ExitStack) -> None:
        with arrived:
            self.run_message_listeners(message, raw)

    def close(self) -> None:
        """Ack what has arrived, then close the socket: an ack goes over the socket that the envelope came by."""
        if not self.closed:
            arrived = self.message_queue
            with arrived.all_tasks_done:
                arrived.all_tasks_done.wait_for(lambda: not arrived.unfinished_tasks, ACKED_WITHIN)
        self.closed = True
        self.message_queue.put(None)  # the thread that waits there for a message would see the end up to a second later
        super().close()
        self._presses.shutdown()
