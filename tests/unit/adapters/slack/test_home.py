"""The home as Slack takes it: links to cards, text that stays text, and what Slack refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from adapters.slack.home import SlackHome, draw_home, permalink
from bot.cards.home import Home, HomeRow, Section
from bot.cards.home_content import HomeContent, Some, build
from bot.cards.model import Line
from bot.cards.text import plain
from bot.domain.posting import MessageRef
from bot.domain.session import Account
from bot.errors import ChatError
from tests.support import builders as b
from tests.support import samples
from tests.support.cases import for_each
from tests.support.effort import sample
from tests.unit.adapters.slack.test_limits import ADDRESS, assert_slack_takes_view
from tests.unit.adapters.slack.test_render import HOSTILE, places

if TYPE_CHECKING:
    from bot.domain.request import Request

CARD = MessageRef(channel_id="C0OPS00001", ts="1770000000.000100")


def home_of(*requests: Request) -> Home:
    some = Some(shown=requests, count=len(requests))
    return build(HomeContent(reader=b.ASKER, at=b.NOW, waiting=some, running=some, latest=requests))


def drawn(home: Home, address: str = ADDRESS) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = assert_slack_takes_view(draw_home(home, {}, address))["blocks"]
    return blocks


def test_a_home_of_long_rows_that_take_many_letters_as_json_is_cut_and_the_rest_is_counted() -> None:
    rows = tuple(HomeRow(line=Line(parts=("\N{GRINNING FACE}" * 2900,))) for _ in range(60))
    blocks = drawn(Home(sections=(Section(title="Waits for you", rows=rows), Section(title="Runs", rows=rows[:1]))))
    shown = sum("\N{GRINNING FACE}" in json.dumps(block, ensure_ascii=False) for block in blocks)
    assert 3 <= shown < 60
    assert f"and {60 - shown} more" in json.dumps(blocks)


class Client:
    """Slack's client as far as a home needs it. `refuses`: the methods that Slack refuses."""

    def __init__(self, *refuses: str) -> None:
        self.refuses, self.called, self.views = set(refuses), list[str](), list[Any]()

    def auth_test(self) -> dict[str, str]:
        self._call("auth.test")
        return {"url": ADDRESS}

    def views_publish(self, *, user_id: str, view: Any) -> None:
        self._call("views.publish")
        self.views.append((user_id, view.to_dict()))

    def _call(self, method: str) -> None:
        self.called.append(method)
        if method in self.refuses:
            answer = {"ok": False, "error": "not_enabled"}
            response = SlackResponse(
                client=None, http_verb="POST", api_url="", req_args={}, data=answer, headers={}, status_code=200
            )
            raise SlackApiError("refused", response)  # type: ignore[no-untyped-call] # of the library


def test_slack_takes_a_home_with_every_request(subtests: pytest.Subtests) -> None:
    for name, request in sample(samples.of_all_kinds().items(), 2):
        with subtests.test(name):
            drawn(home_of(request))


def test_a_row_leads_to_its_card_and_to_the_command_where_there_is_no_link() -> None:
    request = replace(b.awaiting(b.target()), message_ref=CARD)
    assert f'"url": "{ADDRESS}archives/C0OPS00001/p1770000000000100"' in json.dumps(drawn(home_of(request)))
    for blocks in (drawn(home_of(request), ""), drawn(home_of(replace(request, message_ref=None)))):
        assert "url" not in json.dumps(blocks)
        assert f"U0ASKER logoff {request.id}" in json.dumps(blocks)
    assert permalink("https://a.slack.com", CARD) == "https://a.slack.com/archives/C0OPS00001/p1770000000000100"


@for_each("text", HOSTILE)
def test_names_on_a_home_stay_text(text: str) -> None:
    account = Account(domain=text, user=text)
    session = b.session(account=account, host=text, client=text)
    request = samples.surveyed(samples.asked(hosts=(text,), reason=text), session, message=text)
    found = list(places(drawn(home_of(request))))
    steers = any(sign in text for sign in "*_~`<>&:")
    assert [shown for kind, shown in found if kind == "mrkdwn" and text in shown and steers] == []
    assert any(plain(text) in shown for _, shown in found)


def test_the_address_is_asked_once_and_a_home_without_links_is_drawn_while_slack_does_not_say_it() -> None:
    client = Client("auth.test")
    tab = SlackHome(client, {})  # type: ignore[arg-type] # as far as it is needed
    tab.publish(b.ASKER, home_of())
    client.refuses.clear()
    tab.publish(b.ASKER, home_of())
    tab.publish(b.OTHER, home_of())
    assert client.called == ["auth.test", "views.publish", "auth.test", "views.publish", "views.publish"]
    assert [user for user, _ in client.views] == ["U0ASKER", "U0ASKER", "U0OTHER"]


def test_a_home_that_slack_refuses_is_an_error_of_the_chat() -> None:
    tab = SlackHome(Client("views.publish"), {})  # type: ignore[arg-type] # as above
    with pytest.raises(ChatError) as refused:
        tab.publish(b.ASKER, home_of())
    assert not refused.value.retryable
