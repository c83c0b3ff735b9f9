"""An ack is sent in time, by the listener or for it, and never by both."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.slack.ack_keeper import BUSY, AckKeeper
from adapters.slack.forms import BLOCK
from adapters.slack.listeners import register
from bot.cards import wording
from bot.commands import COMMANDS
from bot.workflow.intake import NO_LEDGER
from bot.workflow.response import Response
from rehearsal_testing.waiting import wait_until
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE, NEVER = timedelta(0), timedelta(minutes=10)
COMMAND = {
    "command": "/logoff",
    "text": "comp1 id=3",
    "user_id": "U1",
    "channel_id": "C1",
    "trigger_id": "T1",
}
PRESS = {
    "actions": [{"action_id": "press_approve", "value": "TS-AAAAAA:1"}],
    "user": {"id": "U1"},
    "channel": {"id": "C1"},
    "trigger_id": "T1",
}
FORM = {"view": {"callback_id": "choose", "private_metadata": "TS-AAAAAA:1"}, "user": {"id": "U1"}}


class Listeners:
    """Takes the listeners as Bolt's app does."""

    def __init__(self) -> None:
        self.of: dict[str, Callable[..., None]] = {}

    def __getattr__(self, kind: str) -> Any:
        def of(key: Any, **_: object) -> Callable[[Callable[..., None]], None]:
            def keep(listener: Callable[..., None]) -> None:
                self.of[f"{kind} {getattr(key, 'pattern', key)}"] = listener

            return keep

        return of

    def error(self, listener: Callable[..., None]) -> None:
        self.of["error"] = listener


class SlowIntake:
    """Thinks until it is told to answer."""

    names = BotHarness().intake.names

    def __init__(self, answer: Response) -> None:
        self._answer = answer
        self.go_on = threading.Event()

    def ask(self, _call: object) -> Response:
        assert self.go_on.wait(20)
        return self._answer

    press = ask


class Slack:
    """What Slack is told, in the order of telling."""

    def __init__(self, intake: SlowIntake) -> None:
        self.acks: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self._acked, self._intake = threading.Event(), intake

    def ack(self, **said: Any) -> None:
        self.acks.append(said)
        self._acked.set()

    def chat_postEphemeral(self, **said: Any) -> None:  # noqa: N802 - Slack's name
        self.messages.append(said)

    def call(self, listener: Callable[..., None], **arguments: Any) -> None:
        """Call a listener whose intake answers only after the ack."""
        thread = threading.Thread(target=listener, kwargs={"ack": self.ack, **arguments})
        thread.start()
        assert self._acked.wait(20)
        self._intake.go_on.set()
        thread.join(20)


def listeners_with(intake: Any, keeper: AckKeeper, client: Any = None) -> dict[str, Callable[..., None]]:
    app: Any = Listeners()
    register(app, COMMANDS, intake, lambda _item: None, asked=lambda _id, _url: None, client=client, keeper=keeper)
    found: dict[str, Callable[..., None]] = app.of
    return found


def late(response: Response) -> tuple[Slack, dict[str, Callable[..., None]]]:
    intake = SlowIntake(response)
    slack = Slack(intake)
    return slack, listeners_with(intake, AckKeeper(AT_ONCE), slack)


def test_a_command_that_takes_too_long_is_acked_and_answered_later_beside_it() -> None:
    slack, listeners = late(Response(text="TS-AAAAAA: looking at comp1."))
    slack.call(listeners["command /logoff"], body=COMMAND)
    assert [each["text"] for each in slack.acks] == [wording.LATE]
    assert [each["text"] for each in slack.messages] == ["TS-AAAAAA: looking at comp1."]


def test_a_press_that_takes_too_long_is_acked_and_answered_later() -> None:
    slack, listeners = late(Response(text="The card has changed."))
    slack.call(listeners["action ^press_"], body=PRESS)
    assert slack.acks[0] == {}
    assert [each["text"] for each in slack.messages] == ["The card has changed."]


@pytest.mark.parametrize("text", ["", "Nothing was taken out."])
def test_a_form_that_takes_too_long_says_so_in_the_form(text: str) -> None:
    slack, listeners = late(Response(text=text))
    (listener,) = (each for name, each in listeners.items() if name == "view choose")
    slack.call(listener, body=FORM | {"view": {**FORM["view"], "state": {"values": {BLOCK: {BLOCK: {}}}}}})
    ((action, errors),) = [(each["response_action"], each["errors"]) for each in slack.acks]
    assert (action, list(errors.values())) == ("errors", [wording.LATE])


def test_a_command_that_is_answered_in_time_has_one_ack() -> None:
    intake = SlowIntake(Response(text="TS-AAAAAA: looking at comp1."))
    intake.go_on.set()
    slack = Slack(intake)
    slack.call(listeners_with(intake, AckKeeper(NEVER))["command /logoff"], body=COMMAND)
    assert [each["text"] for each in slack.acks] == ["TS-AAAAAA: looking at comp1."]
    assert slack.messages == []


def test_while_many_are_late_the_next_command_is_told_at_once_that_nothing_is_done() -> None:
    keeper, intake = AckKeeper(AT_ONCE, most_late=2), SlowIntake(Response(text="late"))
    slack = Slack(intake)
    listeners = listeners_with(intake, keeper, slack)
    arguments = {"body": COMMAND, "ack": slack.ack}
    hanging = [threading.Thread(target=listeners["command /logoff"], kwargs=arguments) for _ in range(2)]
    for each in hanging:
        each.start()
    wait_until(keeper.is_hopeless)
    listeners["command /logoff"](**arguments)
    assert slack.acks[-1]["text"] == NO_LEDGER
    intake.go_on.set()
    for each in hanging:
        each.join(20)
    assert not keeper.is_hopeless()
    assert [each["text"] for each in slack.messages] == ["late", "late"]


def test_a_listener_that_fails_is_watched_no_more() -> None:
    keeper, said = AckKeeper(NEVER), []
    with pytest.raises(ZeroDivisionError), keeper.watching(lambda: said.append("late")) as watched:
        raise ZeroDivisionError
    assert not watched.say_late()
    assert said == []


def test_many_listeners_at_work_are_a_busy_moment() -> None:
    keeper = AckKeeper(NEVER)
    blocks = [keeper.watching(lambda: None) for _ in range(BUSY)]
    served: list[bool] = []
    keeper.when_served = lambda: served.append(keeper.is_busy())
    for block in blocks[:-1]:
        block.__enter__()
    assert not keeper.is_busy()
    with blocks[-1]:
        assert keeper.is_busy()
    assert not keeper.is_busy()
    assert served == [False]
