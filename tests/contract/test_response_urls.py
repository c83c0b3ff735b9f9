"""The answer to the command itself: used a few times, for a while, and never said anywhere."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from adapters.slack.response_urls import KEPT_FOR, MOST_USES, ResponseUrls
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "T0HOME/5678/AbCdEf"


class Hooks(HTTPServer):
    """Takes answers, and answers with this status."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[dict[str, object]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Hooks

    def do_POST(self) -> None:
        self.server.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Write nothing."""


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with Hooks() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Ticks:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def url_of(hooks: Hooks) -> str:
    return f"http://127.0.0.1:{hooks.server_port}/commands/{SECRET}"


def test_an_answer_is_for_the_requester_alone_and_takes_no_ones_place(hooks: Hooks) -> None:
    urls = ResponseUrls()
    urls.keep("TS-AAAAAA", url_of(hooks))
    urls.answer("TS-AAAAAA", "Done.")
    assert hooks.taken == [{"text": "Done.", "response_type": "ephemeral", "replace_original": False}]


def test_it_is_used_five_times_and_no_more_whatever_becomes_of_a_use(hooks: Hooks) -> None:
    urls = ResponseUrls()
    urls.keep("TS-AAAAAA", url_of(hooks))
    hooks.status = 500
    for _ in range(MOST_USES):
        with pytest.raises(ChatError) as failed:
            urls.answer("TS-AAAAAA", "Done.")
        assert failed.value.retryable
    with pytest.raises(ChatError) as failed:
        urls.answer("TS-AAAAAA", "Done.")
    assert (failed.value.retryable, len(hooks.taken)) == (False, MOST_USES)


@pytest.mark.parametrize(("later", "is_kept"), [(0.0, True), (1.0, False)])
def test_it_is_kept_for_twenty_five_minutes(hooks: Hooks, later: float, is_kept: bool) -> None:  # noqa: FBT001 - a row
    urls = ResponseUrls(ticks := Ticks())
    urls.keep("TS-AAAAAA", url_of(hooks))
    ticks.now = KEPT_FOR.total_seconds() + later
    if is_kept:
        urls.answer("TS-AAAAAA", "Done.")
    else:
        with pytest.raises(ChatError, match="no way left"):
            urls.answer("TS-AAAAAA", "Done.")
    assert len(hooks.taken) == int(is_kept)


def test_a_url_that_slack_no_longer_takes_is_not_tried_again(hooks: Hooks) -> None:
    urls = ResponseUrls()
    urls.keep("TS-AAAAAA", url_of(hooks))
    hooks.status = 404
    with pytest.raises(ChatError) as failed:
        urls.answer("TS-AAAAAA", "Done.")
    assert not failed.value.retryable


@pytest.mark.parametrize("status", [200, 404, 500])
def test_the_url_is_in_no_log_no_error_and_no_representation(
    hooks: Hooks, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    urls = ResponseUrls()
    urls.keep("TS-AAAAAA", url_of(hooks))
    hooks.status = status
    said = [repr(urls), repr(vars(urls))]
    with caplog.at_level(logging.DEBUG):
        try:
            urls.answer("TS-AAAAAA", "Done.")
        except ChatError as error:
            said += [error.message, repr(error), repr(error.__cause__)]
    assert not any(SECRET in text for text in [*said, caplog.text])


def test_without_a_url_there_is_no_way_left() -> None:
    urls = ResponseUrls()
    urls.keep("TS-AAAAAA", "")
    with pytest.raises(ChatError, match="no way left"):
        urls.answer("TS-AAAAAA", "Done.")
