"""The `Chat` port on Slack's side: posted once, edited, told to one person; and every way in which Slack says no."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.slack.chat import SlackChat, patient_client
from bot.cards.attachment import Attachment
from bot.cards.model import Button, Card, Line, Press, Tone
from bot.domain.people import Actor, Place
from bot.domain.posting import MessageRef
from bot.errors import ChatError, PlaceRefused
from rehearsal.slack import SHIPPED_WORKSPACE, Fault, FaultKind, UserClient, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

OPS, PARTNERS, WAR_ROOM, OLD_OPS = "C0OPS00001", "C0PARTNER1", "C0WARROOM1", "C0OLDOPS01"
DANA = Actor(user_id="U0DANA0001", name="dana")


def card(headline: str, *, button: str = "") -> Card:
    buttons = (Button(press=Press.APPROVE, label=button, request_id="TS-AAAAAA", version=2),) if button else ()
    line = Line(parts=("CORP\\alice <!channel> *x*",), tone=Tone.ROW)
    return Card(headline=headline, summary=f"{headline} <!channel>", lines=(line,), buttons=buttons)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as opened:
        yield opened


@pytest.fixture
def chat(workspace: Workspace) -> SlackChat:
    return SlackChat(patient_client(workspace.bot_token, workspace.api_url), {"@ts-leads": "S0LEADS001"})


def seen(workspace: Workspace, person: str = "dana") -> list[tuple[str, str, bool]]:
    return [
        (m.channel_name, m.blocks[0]["text"]["text"] if m.blocks else m.text, m.ephemeral)
        for m in UserClient(workspace.url, person).messages()
    ]


def test_a_card_is_posted_once_and_then_edited(workspace: Workspace, chat: SlackChat) -> None:
    posted = chat.post(Place(channel_id=OPS), card("Log off 1?", button="Log off 1"))
    chat.redraw(posted, card("Logged off"))
    [message] = UserClient(workspace.url, "dana").messages()
    assert (message.ts, message.buttons, len(message.versions)) == (posted.ts, (), 2)
    assert seen(workspace) == [("#ops", "Logged off", False)]


def test_what_comes_from_outside_calls_nobody(workspace: Workspace, chat: SlackChat) -> None:
    chat.post(Place(channel_id=OPS), card("Log off 1?"))
    [message] = UserClient(workspace.url, "dana").messages()
    assert "<!channel>" not in message.text
    assert message.blocks[1]["elements"][0]["elements"][0] == {"type": "text", "text": "CORP\\alice <!channel> *x*\n"}


def test_what_is_told_to_one_person_no_other_person_sees(workspace: Workspace, chat: SlackChat) -> None:
    chat.tell(Place(channel_id=OPS), DANA, card("Only for you"))
    assert seen(workspace) == [("#ops", "Only for you", True)]
    assert seen(workspace, "bo") == []


@pytest.mark.parametrize("channel", [PARTNERS, WAR_ROOM, OLD_OPS, "C0NOWHERE1"])
def test_where_the_bot_may_not_post_it_posts_nothing_and_says_why(
    workspace: Workspace, chat: SlackChat, channel: str
) -> None:
    """A channel shared with another company, a private one, an archived one, one that is not there."""
    with pytest.raises(PlaceRefused):
        chat.post(Place(channel_id=channel), card("Log off 1?"))
    assert seen(workspace) == []


def test_what_is_known_of_a_channel_is_said_without_a_call_and_what_is_not_is_learned(
    workspace: Workspace, chat: SlackChat
) -> None:
    places = [Place(channel_id=each) for each in (OPS, PARTNERS)]
    assert [chat.refusal(place) for place in places] == [None, None]
    for place in places:
        chat.learn(place)
    workspace.plan(Fault(method="*", kind=FaultKind.ERROR, error="fatal_error", times=9))
    assert [chat.refusal(place) for place in places] == ["", "This channel is shared with another organisation."]


def test_a_channel_that_took_no_card_is_unknown_and_direct_messages_are_known_once_a_card_stands_there(
    chat: SlackChat,
) -> None:
    with pytest.raises(PlaceRefused):
        chat.post(Place(channel_id=OLD_OPS), card("Log off 1?"))
    with pytest.raises(PlaceRefused):
        chat.learn(Place(channel_id="C0NOWHERE1"))
    assert [chat.refusal(Place(channel_id=each)) for each in (OLD_OPS, "C0NOWHERE1", "D0OTHERS01")] == [None] * 3
    posted = chat.post_directly(DANA, card("Log off 1?"))
    assert chat.refusal(Place(channel_id=posted.channel_id)) == ""


def test_a_card_may_stand_in_direct_messages(workspace: Workspace, chat: SlackChat) -> None:
    posted = chat.post_directly(DANA, card("Log off 1?"))
    assert seen(workspace) == [("@logoffbot", "Log off 1?", False)]
    assert posted.channel_id.startswith("D")


def test_a_reply_calls_people_and_groups_in_the_cards_thread(workspace: Workspace, chat: SlackChat) -> None:
    posted = chat.post(Place(channel_id=OPS), card("Log off 1?"))
    chat.reply(posted, ("U0DANA0001", "@ts-leads", "@unknown"), "Still waits <!here>")
    reply = UserClient(workspace.url, "dana").messages()[-1]
    assert reply.thread_ts == posted.ts
    assert reply.text == "<@U0DANA0001> <!subteam^S0LEADS001> @unknown Still waits &lt;!here&gt;"
    kinds = [part["type"] for part in reply.blocks[0]["elements"][0]["elements"]]
    assert kinds == ["user", "text", "usergroup", "text", "text", "text"]


def test_no_name_in_a_reply_is_read_as_a_style_or_a_sign(workspace: Workspace, chat: SlackChat) -> None:
    posted = chat.post(Place(channel_id=OPS), card("Log off 1?"))
    chat.reply(posted, (), "Denied by *bo* :white_check_mark: \u202eob\nLogged off")
    reply = UserClient(workspace.url, "dana").messages()[-1]
    (text,) = reply.blocks[0]["elements"][0]["elements"]
    assert text == {"type": "text", "text": "Denied by *bo* :white_check_mark: \ufffdob\ufffdLogged off\n"}
    assert ":white_check_mark:" not in reply.text


def test_a_list_stands_in_the_cards_thread_and_calls_nobody(workspace: Workspace, chat: SlackChat) -> None:
    posted = chat.post(Place(channel_id=OPS), card("Log off 60?"))
    chat.post_in_thread(posted, card("Log off 60: 1 to 40"))
    chat.post_in_thread(posted, card("Log off 60: 41 to 60"))
    _, *listed = UserClient(workspace.url, "dana").messages()
    assert [(m.thread_ts, m.blocks[0]["text"]["text"], m.ephemeral) for m in listed] == [
        (posted.ts, "Log off 60: 1 to 40", False),
        (posted.ts, "Log off 60: 41 to 60", False),
    ]
    assert not any("<!channel>" in message.text for message in listed)


@pytest.mark.parametrize(
    ("fault", "is_retryable"),
    [
        (Fault(method="chat.postMessage", kind=FaultKind.RATE_LIMITED, wait=timedelta(minutes=1)), True),
        (Fault(method="chat.postMessage", kind=FaultKind.ERROR, error="thread_locked"), False),
    ],
)
def test_a_list_that_slack_does_not_take_says_whether_later_helps(
    workspace: Workspace,
    chat: SlackChat,
    fault: Fault,
    is_retryable: bool,  # noqa: FBT001 - a row of the table
) -> None:
    posted = chat.post(Place(channel_id=OPS), card("Log off 60?"))
    workspace.plan(fault)
    with pytest.raises(ChatError) as failed:
        chat.post_in_thread(posted, card("Log off 60: 1 to 40"))
    assert failed.value.retryable is is_retryable


@pytest.mark.parametrize(
    ("fault", "is_retryable"),
    [
        (Fault(method="chat.postMessage", kind=FaultKind.SERVER_ERROR), True),
        (Fault(method="chat.postMessage", kind=FaultKind.ANSWER_LOST), True),
        (Fault(method="chat.postMessage", kind=FaultKind.ERROR, error="internal_error"), True),
        (Fault(method="chat.postMessage", kind=FaultKind.ERROR, error="invalid_auth"), True),
        (Fault(method="chat.postMessage", kind=FaultKind.ERROR, error="invalid_blocks"), False),
    ],
)
def test_a_call_that_fails_says_whether_later_helps(
    workspace: Workspace,
    chat: SlackChat,
    fault: Fault,
    is_retryable: bool,  # noqa: FBT001 - a row of the table
) -> None:
    workspace.plan(fault)
    with pytest.raises(ChatError) as failed:
        chat.post(Place(channel_id=OPS), card("Log off 1?"))
    assert failed.value.retryable is is_retryable


def test_the_client_waits_for_a_slow_slack_longer_than_slack_is_ever_slow() -> None:
    """An answer of twelve seconds was seen; a call that is given up before posts its card twice."""
    client = patient_client("xoxb-1", "http://127.0.0.1:1/api/")
    assert (client.timeout, client.retry_handlers) == (30, [])


def test_a_rate_limit_is_not_waited_out_here_and_the_error_carries_the_time(
    workspace: Workspace, chat: SlackChat
) -> None:
    wait = timedelta(minutes=5)
    workspace.plan(Fault(method="chat.postMessage", kind=FaultKind.RATE_LIMITED, wait=wait))
    with pytest.raises(ChatError) as failed:
        chat.post(Place(channel_id=OPS), card("Log off 1?"))
    assert (failed.value.retryable, failed.value.retry_after) == (True, wait)
    assert seen(workspace) == []


def test_a_card_that_is_gone_cannot_be_redrawn_and_trying_again_does_not_help(chat: SlackChat) -> None:
    with pytest.raises(ChatError) as failed:
        chat.redraw(MessageRef(channel_id=OPS, ts="1.000001"), card("Logged off"))
    assert not failed.value.retryable


def test_a_file_arrives_in_direct_messages_as_it_is(workspace: Workspace, chat: SlackChat) -> None:
    content = bytes(range(256)) * 300
    chat.send_file(DANA, Attachment(name="TS-AAAAAA.csv", title="rows", content=content))
    dana = UserClient(workspace.url, "dana")
    (message,) = dana.messages()
    (file,) = message.files
    assert (message.channel_name, file.name, file.title) == ("@logoffbot", "TS-AAAAAA.csv", "rows")
    assert dana.download(file) == content
    assert UserClient(workspace.url, "bo").messages() == []


def test_a_file_for_which_the_app_lacks_the_right_is_refused_for_good() -> None:
    with Workspace.from_file(SHIPPED_WORKSPACE, scopes=["chat:write", "im:write"]) as workspace:
        chat = SlackChat(patient_client(workspace.bot_token, workspace.api_url), {})
        with pytest.raises(ChatError, match="missing_scope") as raised:
            chat.send_file(DANA, Attachment(name="x.csv", title="rows", content=b"x"))
    assert (raised.value.retryable, raised.value.may_stand) == (False, False)


@pytest.mark.parametrize(
    ("method", "may_stand"), [("files.getUploadURLExternal", False), ("files.completeUploadExternal", True)]
)
def test_a_file_may_stand_only_when_its_last_call_got_no_answer(
    workspace: Workspace, chat: SlackChat, *, method: str, may_stand: bool
) -> None:
    workspace.plan(Fault(method=method, kind=FaultKind.ANSWER_LOST))
    with pytest.raises(ChatError) as raised:
        chat.send_file(DANA, Attachment(name="x.csv", title="rows", content=b"x"))
    assert (raised.value.retryable, raised.value.may_stand) == (True, may_stand)
    assert "upload/" not in f"{raised.value.message} {raised.value.__cause__}"
