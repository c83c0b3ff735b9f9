"""Whatever the Slack client raises is one of the bot's own errors behind the seam."""

from __future__ import annotations

from datetime import timedelta
from http.client import BadStatusLine, HTTPException, IncompleteRead
from json import JSONDecodeError
from socket import gaierror
from ssl import SSLCertVerificationError, SSLError
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError, SlackClientError, SlackClientNotConnectedError, SlackRequestError
from slack_sdk.web import SlackResponse

from adapters.slack.errors import CURES, ELSEWHERE, LATER, TOKEN, translate_errors
from bot.errors import ChatError, MessageGone, PlaceRefused, TokenRefused
from tests.support.cases import for_each


class UnknownSlackError(SlackClientError):
    """A subclass that a later release may bring."""


class UnknownApiError(SlackApiError):
    """The same."""


class UnknownHttpError(HTTPException):
    """The same."""


def seen(error: Exception) -> ChatError:
    with pytest.raises(ChatError) as caught, translate_errors():
        raise error
    assert caught.value.__cause__ is error
    return caught.value


def api_error(response: object, kind: type[SlackApiError] = SlackApiError) -> SlackApiError:
    return kind("The request to the Slack API failed: xoxb-secret", response)


@for_each("name", sorted(ELSEWHERE))
def test_a_place_that_is_closed_to_the_bot_is_told_apart(name: str) -> None:
    error = seen(api_error({"ok": False, "error": name}))
    assert isinstance(error, PlaceRefused)
    assert (error.retryable, name in error.message) == (False, True)


@for_each("name", sorted(TOKEN))
def test_a_dead_token_is_later_and_says_who_heals_it(name: str) -> None:
    error = seen(api_error({"ok": False, "error": name}))
    assert isinstance(error, TokenRefused)
    assert (error.retryable, CURES[name] in error.message) == (True, True)


def test_what_no_waiting_heals_is_told_with_its_cure() -> None:
    assert set(CURES) >= ELSEWHERE | TOKEN
    assert not set(CURES) & LATER
    for name, cure in CURES.items():
        assert seen(api_error({"ok": False, "error": name})).message.endswith(cure)
        assert "again later" not in cure


@for_each(
    ("error", "may_stand"),
    [
        (URLError(ConnectionRefusedError("refused")), False),
        (SlackRequestError("?"), False),
        (api_error({"ok": False, "error": "internal_error"}), False),
        (api_error({"ok": False, "error": "invalid_blocks"}), False),
        (TimeoutError("slow"), True),
        (ConnectionResetError("reset"), True),
        (IncompleteRead(b"half"), True),
        (api_error({"ok": False, "error": "Received a response in a non-JSON format"}), True),
    ],
)
def test_what_was_not_answered_may_stand_and_nothing_else(error: Exception, may_stand: bool) -> None:  # noqa: FBT001
    assert seen(error).may_stand is may_stand


@for_each("name", sorted(LATER))
def test_what_may_be_over_soon_is_tried_again(name: str) -> None:
    assert seen(api_error({"ok": False, "error": name})).retryable


@for_each(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "30"}, timedelta(seconds=30)),
        (429, {"retry-after": "30"}, timedelta(seconds=30)),
        (429, {"Retry-After": "soon"}, None),
        (429, {"Retry-After": "9" * 400}, None),
        (429, {}, None),
        (200, {"Retry-After": "30"}, None),
    ],
)
def test_a_rate_limit_says_when_to_come_back(status: int, headers: dict[str, str], wait: timedelta | None) -> None:
    data = {"ok": False, "error": "ratelimited"}
    answer = SlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers=headers, status_code=status
    )
    error = seen(api_error(answer))
    assert (error.retryable, error.retry_after) == (True, wait)


@for_each("name", ["invalid_blocks", "message_not_found", "msg_too_long", "brand_new", "refused_by_v2"])
def test_what_slack_refuses_is_not_tried_again(name: str) -> None:
    error = seen(api_error({"ok": False, "error": name}))
    assert not error.retryable
    assert not isinstance(error, PlaceRefused)
    assert name in error.message


@for_each(("status", "is_retryable"), [(200, False), (403, False), (500, True), (502, True), (503, True)])
def test_a_server_that_is_ill_is_asked_again_whatever_name_it_gives(status: int, *, is_retryable: bool) -> None:
    data = {"ok": False, "error": "brand_new"}
    answer = SlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers={}, status_code=status
    )
    assert (seen(api_error(answer)).retryable, seen(api_error(answer)).may_stand) == (is_retryable, False)


def test_a_message_that_was_deleted_is_told_apart() -> None:
    assert isinstance(seen(api_error({"ok": False, "error": "message_not_found"})), MessageGone)
    assert not isinstance(seen(api_error({"ok": False, "error": "channel_not_found"})), MessageGone)


@for_each("response", [{}, {"ok": False}, {"error": ""}, "<html>502 Bad Gateway</html>", b"", None])
def test_an_answer_without_a_reason_may_be_over_soon(response: object) -> None:
    assert seen(api_error(response, UnknownApiError)).retryable


@for_each(
    "error",
    [
        UnknownSlackError("?"),
        SlackClientNotConnectedError("?"),
        SlackRequestError("?"),
        URLError("refused"),
        TimeoutError("slow"),
        ConnectionResetError("reset"),
        SSLError("handshake"),
        JSONDecodeError("not json", "<html>", 0),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "?"),
        IncompleteRead(b"half"),
        BadStatusLine("?"),
        UnknownHttpError("?"),
    ],
)
def test_a_lost_connection_or_an_unreadable_answer_may_be_over_soon(error: Exception) -> None:
    assert seen(error).retryable


def test_no_token_and_no_payload_is_said() -> None:
    said = seen(api_error({"error": "invalid_auth", "token": "xoxb-secret"})).message
    assert "xoxb" not in said


def test_a_mistake_of_the_bot_is_no_chat_error() -> None:
    with pytest.raises(KeyError), translate_errors():
        raise KeyError("a bug")


def test_what_went_well_is_left_alone() -> None:
    with translate_errors():
        pass


@for_each(
    ("error", "cause"),
    [
        (
            URLError(SSLCertVerificationError("xoxb-secret")),
            "no authority that this machine knows: name that",
        ),
        (URLError(gaierror(-2, "xoxb-secret")), "no address is known for its name"),
        (URLError(ConnectionRefusedError(111, "xoxb-secret")), "nothing listens at its address"),
        (URLError(TimeoutError("xoxb-secret")), "no answer in time"),
        (TimeoutError("xoxb-secret"), "no answer in time"),
        (URLError(SSLError("xoxb-secret")), "(SSLError)"),
        (URLError("xoxb-secret"), "(URLError)"),
        (IncompleteRead(b"xoxb-secret"), "(IncompleteRead)"),
    ],
)
def test_slack_that_is_not_reached_is_told_with_its_cause_and_no_word_of_the_exception(
    error: Exception, cause: str
) -> None:
    message = seen(error).message
    assert message.startswith("Slack cannot be reached (")
    assert cause in message
    assert "secret" not in message
