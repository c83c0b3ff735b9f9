"""Try again: a new request with just the sessions that failed, as a command that its requester presses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from bot.cards import again, request_card
from bot.cards.model import LONGEST_VALUE, CommandButton
from bot.commands.language import understand
from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.conditions import Condition, Field, Operator
from bot.domain.inventory import Inventory
from bot.domain.request import Ending, State
from bot.domain.session import Account
from bot.domain.verdicts import Reason, Verdict
from tests.support import builders as b
from tests.support import samples
from tests.support.cases import for_each

if TYPE_CHECKING:
    from bot.domain.request import Request, Target
    from bot.domain.session import Session

HOSTS = tuple(f"rds-{number:02}" for number in range(1, 100))
INVENTORY = Inventory(names=("comp1", "comp2", *HOSTS))
DMITRI = Account(domain="CORP", user="dmitri")
TICK = 134_088_480_000_000_001


def over(*targets: Target, ending: Ending = Ending.DONE, **ask: object) -> Request:
    request = samples.asked(hosts=tuple(dict.fromkeys(target.session.host for target in targets)), **ask)
    return replace(request, targets=targets, state=State.ENDED, ending=ending, decided_by=b.ASKER)


def failed(
    id: int = 3,  # noqa: A002 - it is the field's name
    host: str = "comp1",
    verdict: Verdict = Verdict.UNREACHABLE,
    logon: int = TICK,
    account: Account = DMITRI,
    **changes: Any,
) -> Target:
    return b.target(session=b.session(id, host=host, logon=logon, account=account), verdict=verdict, **changes)


def button_of(request: Request) -> CommandButton:
    (button,) = request_card.build(request).buttons
    assert isinstance(button, CommandButton)
    return button


def meant_by(button: CommandButton) -> LogoffAsk:
    ask = understand(button.command, button.text, INVENTORY).ask
    assert isinstance(ask, LogoffAsk)
    return ask


def covers(ask: LogoffAsk, session: Session) -> bool:
    return session.host in ask.hosts and session.id in ask.ids and all(c.holds_for(session) for c in ask.conditions)


@for_each(
    ("verdict", "reason", "code", "helps"),
    [
        (Verdict.UNREACHABLE, Reason.HOST_ERROR, 0, True),
        (Verdict.UNKNOWN, Reason.HOST_ERROR, 0, True),
        (Verdict.STILL_CLOSING, None, 0, True),
        (Verdict.STILL_CLOSING, None, 7024, False),
        (Verdict.FAILED, Reason.WINDOWS_CALL, 1115, True),
        (Verdict.SKIPPED, Reason.WAITED, 0, True),
        (Verdict.SKIPPED, Reason.EXPIRED, 0, True),
        (Verdict.SKIPPED, Reason.REQUEST_FAILED, 0, False),
        (Verdict.SKIPPED, Reason.NOT_WARNED, 0, True),
        (Verdict.SKIPPED, Reason.NOT_ALLOWED, 0, False),
        (Verdict.SKIPPED, Reason.STOPPED, 0, False),
        (Verdict.SKIPPED, Reason.CONSOLE, 0, False),
        (Verdict.CHANGED, Reason.UNREAD, 0, True),
        (Verdict.CHANGED, Reason.CAME_BACK, 0, False),
        (Verdict.CHANGED, Reason.PERSON, 0, False),
        (Verdict.CHANGED, Reason.NO_LONGER_MATCHES, 0, False),
        (Verdict.NO_RIGHT, Reason.MISSING_RIGHT, 5, False),
        (Verdict.GONE, None, 0, False),
        (Verdict.ALREADY_GONE, None, 0, False),
    ],
)
def test_only_what_another_request_may_change_is_tried_again(
    verdict: Verdict, reason: Reason | None, code: int, *, helps: bool
) -> None:
    request = over(failed(verdict=verdict, reason=reason, code=code))
    assert [button.label for button in again.buttons(request)] == ["Try again 1"] * helps


@for_each(
    ("ending", "labels"),
    [
        (Ending.DONE, ["Try again 1"]),
        (Ending.EXPIRED, ["Try again 1"]),
        (Ending.FAILED, []),
        (Ending.DENIED, []),
        (Ending.CANCELLED, []),
        (Ending.REFUSED, []),
    ],
)
def test_what_people_ended_is_not_offered_again(ending: Ending, labels: list[str]) -> None:
    assert [button.label for button in request_card.build(over(failed(), ending=ending)).buttons] == labels


def test_a_card_that_nobody_decided_in_time_did_not_fail() -> None:
    undecided = replace(over(failed(), ending=Ending.EXPIRED), decided_by=None)
    assert request_card.build(undecided).buttons == ()


def test_the_new_command_means_the_same_session_and_keeps_the_options_but_force() -> None:
    request = over(
        failed(),
        reason="floor 5 & <6>",
        warn=timedelta(minutes=5),
        warning='save "now"',
        force=True,
        wait=timedelta(seconds=30),
    )
    button = button_of(request)
    assert button.asker == request.actor.user_id
    assert button.text.startswith(r"comp1 id=3 user=CORP\dmitri logon=")
    ask = meant_by(button)
    kept = ("reason", "warn", "warning", "wait")
    assert [getattr(ask, name) for name in kept] == [getattr(request.ask, name) for name in kept]
    assert (ask.hosts, ask.force, ask.choice) == (("comp1",), False, Choice.MATCHING)


def test_the_wait_of_sync_stays_sync() -> None:
    assert "--sync" in button_of(over(failed(), wait=timedelta(seconds=90))).text


def test_of_several_computers_exactly_those_that_failed_are_meant() -> None:
    bob = Account(domain="CORP", user="bob")
    there = [
        failed(3, "comp1", logon=TICK),
        failed(4, "comp1", logon=TICK + 1, account=bob, verdict=Verdict.GONE),
        failed(4, "comp2", logon=TICK + 2, account=bob),
        failed(3, "comp2", logon=TICK + 3, verdict=Verdict.CHANGED, reason=Reason.CAME_BACK),
    ]
    button = button_of(over(*there))
    ask = meant_by(button)
    assert button.label == "Try again 2"
    assert [covers(ask, target.session) for target in there] == [True, False, True, False]


def test_neither_another_person_nor_another_logon_of_the_same_one_is_meant() -> None:
    ask = meant_by(button_of(over(failed())))
    same = b.session(3, logon=TICK, account=DMITRI)
    others = [
        replace(same, logon=TICK + 1),
        replace(same, logon=TICK - 1),
        replace(same, id=4),
        replace(same, account=Account(domain="CORP", user="dmitri2")),
        replace(same, account=Account(domain="LAB", user="dmitri")),
    ]
    assert covers(ask, same)
    assert not any(covers(ask, other) for other in others)


def test_where_the_command_would_mean_somebody_who_did_not_fail_there_is_a_sentence_and_no_button() -> None:
    bob = Account(domain="CORP", user="bob")
    there = [
        failed(3, "comp1"),
        failed(4, "comp2", account=bob),
        failed(4, "comp1", account=bob, verdict=Verdict.GONE),  # the same moment: only the computer tells them apart
    ]
    card = request_card.build(over(*there))
    assert card.buttons == ()
    assert any("2 sessions failed, too many for one button" in str(line.parts) for line in card.lines)


@for_each("user", ["dm*", "d?", "a,b", 'say"', "two words", "a@b", "<@U0BOB>", "a\u202eb", "a\u200bb", "José"])
def test_a_name_that_would_be_read_as_more_than_itself_still_means_that_session_alone(user: str) -> None:
    account = Account(domain="CORP", user=user)
    mine, theirs = failed(account=account), failed(4, logon=TICK + 1, account=replace(account, user="dmitri"))
    ask = meant_by(button_of(over(mine, replace(theirs, verdict=Verdict.GONE))))
    assert [covers(ask, target.session) for target in (mine, theirs)] == [True, False]
    assert not covers(ask, replace(mine.session, account=replace(account, user=f"{user}{user}")))


def test_a_session_whose_logon_time_is_unknown_is_not_put_into_a_command() -> None:
    request = over(failed(logon=0))
    assert (list(again.buttons(request)), len(list(again.lines(request)))) == ([], 1)


def test_so_many_that_the_button_cannot_carry_them_are_a_sentence() -> None:
    few, many = (
        over(*(failed(3 + number, host, logon=TICK + number) for number, host in enumerate(HOSTS[:size])))
        for size in (20, 60)
    )
    assert len(button_of(few).value) <= LONGEST_VALUE
    assert list(again.lines(few)) == []
    assert request_card.build(many).buttons == ()
    assert len(list(again.lines(many))) == 1


def test_the_filters_of_the_first_command_still_narrow_the_second() -> None:
    idle = Condition(field=Field.IDLE, operator=Operator.MORE, values=("7200",))
    like = Condition(field=Field.USER, operator=Operator.LIKE, values=("d*",))
    ask = meant_by(button_of(over(failed(), conditions=(like, idle))))
    assert idle in ask.conditions
    assert like not in ask.conditions


def test_what_became_a_disconnect_is_tried_again_as_a_disconnect() -> None:
    request = replace(over(failed()), action=Action.DISCONNECT)
    assert button_of(request).command == "disconnect"


def test_a_running_card_and_a_list_offer_nothing_again() -> None:
    listed = samples.of_endings()["ended-answered"]
    running = samples.after(b.acting(), e.HostStarted(host="comp1"))
    assert [again.can_be_tried(request) for request in (listed, running)] == [(), ()]


@pytest.mark.parametrize(("first", "second"), list(product([0, 9_999_999], repeat=2)))
def test_the_exact_times_are_written_and_read_to_the_tick(first: int, second: int) -> None:
    ticks = [TICK // 10_000_000 * 10_000_000 + each for each in (first, second)]
    request = over(failed(3, logon=ticks[0]), failed(4, logon=ticks[1]))
    logon = meant_by(button_of(request)).conditions[-1]
    assert logon.operator is Operator.IN
    assert set(logon.values) == set(map(str, ticks))
