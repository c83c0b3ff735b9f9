"""Several people and one decision, through the real parts and with the policy that ships."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from app.config.settings import REHEARSAL_KEY
from bot.audit.keys import SigningKeys
from bot.domain.request import Ending, State
from rehearsal.slack import NoSuchButtonError
from rehearsal_testing.waiting import wait_until
from tests.support.chains import first_fault

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request
    from rehearsal.slack.client import SeenMessage

APPROVALS, OPS, PARTNERS = "C0APPROVE1", "C0OPS00001", "C0PARTNER1"
AT_WORK = "/logoff rds-05 id=2 --sync"
"""One person at work on the fleet: four eyes."""
QUORUM = "/logoff rds-31 id=4 --sync"
"""One session of the part of the fleet that takes two."""


def type_and_wait(stage: Rehearsal, text: str, person: str = "dana", channel: str = OPS) -> Request:
    result = stage.visitor(person).command(text, channel)
    assert result.ok, result
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def press_and_wait(stage: Rehearsal, label: str, person: str) -> Request:
    assert stage.visitor(person).press(label).ok
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def is_on(stage: Rehearsal, host: str, session_id: int) -> bool:
    return session_id in {session["id"] for session in stage.farm.sessions(host)}


def events(stage: Rehearsal) -> list[str]:
    return [entry.event for entry in stage.bot.ledger.entries() if entry.event != "policy_loaded"]


def cards(stage: Rehearsal, person: str) -> list[SeenMessage]:
    return [m for m in stage.visitor(person).messages() if not m.ephemeral and m.thread_ts in (None, m.ts)]


def private_to(stage: Rehearsal, person: str) -> list[str]:
    return [message.text for message in stage.visitor(person).messages() if message.ephemeral]


def drawn(message: SeenMessage) -> str:
    return json.dumps(message.blocks, ensure_ascii=False)


def test_somebody_at_work_goes_by_four_eyes_and_the_card_stands_where_the_others_are(stage: Rehearsal) -> None:
    request = type_and_wait(stage, AT_WORK)
    (card,) = cards(stage, "bo")
    assert (request.state, card.channel) == (State.AWAITING, APPROVALS)
    assert "S0LEADS001" in drawn(card), "the leads are mentioned"
    assert "CORP\\dmitri" in card.text, "the phone's one line says whom"
    assert any("waits for somebody else's yes" in text for text in private_to(stage, "dana"))
    request = press_and_wait(stage, "Log off 1", "bo")
    assert request.ending is Ending.DONE
    assert request.decided_by
    assert request.decided_by.name == "bo"
    assert not is_on(stage, "rds-05", 2)
    assert first_fault(stage.bot.ledger.entries(), SigningKeys(REHEARSAL_KEY).public) is None


def test_the_requester_is_told_once_who_decided_and_what_came_of_it(stage: Rehearsal) -> None:
    type_and_wait(stage, AT_WORK)
    press_and_wait(stage, "Log off 1", "chen")
    told = "Logged off CORP\\dmitri on rds-05, decided by chen."
    wait_until(lambda: sum(told in text for text in private_to(stage, "dana")) == 1)
    (card,) = cards(stage, "dana")
    assert [m for m in stage.visitor("dana").messages() if m.thread_ts == card.ts and m.ts != card.ts] == []


def test_the_requesters_own_yes_does_not_count(stage: Rehearsal) -> None:
    type_and_wait(stage, AT_WORK)
    request = press_and_wait(stage, "Log off 1", "dana")
    wait_until(lambda: any("Your own yes does not count here" in text for text in private_to(stage, "dana")))
    assert request.state is State.AWAITING
    assert is_on(stage, "rds-05", 2)
    assert events(stage)[-1] == "noted"


def test_an_outsider_who_sees_the_card_changes_nothing_and_is_told_alone(stage: Rehearsal) -> None:
    type_and_wait(stage, AT_WORK)
    for label in ("Log off 1", "Deny", "Disconnect instead", "Cancel"):
        assert press_and_wait(stage, label, "oli").state is State.AWAITING
    wait_until(lambda: len(private_to(stage, "oli")) == 4)
    assert private_to(stage, "chen") == []
    assert events(stage).count("noted") == 4
    assert is_on(stage, "rds-05", 2)


def test_one_no_of_a_lead_ends_it(stage: Rehearsal) -> None:
    type_and_wait(stage, AT_WORK)
    request = press_and_wait(stage, "Deny", "bo")
    assert request.ending is Ending.DENIED
    (card,) = cards(stage, "dana")
    assert "Denied by bo. Nobody was logged off" in drawn(card)
    assert card.buttons == ()
    assert is_on(stage, "rds-05", 2)


def test_who_has_left_on_the_same_host_is_a_matter_for_one(stage: Rehearsal) -> None:
    """The rule for those at work does not cover them; the card stands where it was asked."""
    type_and_wait(stage, "/logoff rds-05 id=3 --sync")
    (card,) = cards(stage, "dana")
    assert card.channel == OPS
    press_and_wait(stage, "Log off 1", "dana")
    assert not is_on(stage, "rds-05", 3)


def test_both_on_one_card_take_what_the_stricter_takes(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff rds-05 id=2-3 --sync")
    assert press_and_wait(stage, "Log off 2", "dana").state is State.AWAITING
    press_and_wait(stage, "Log off 2", "bo")
    assert not is_on(stage, "rds-05", 2)
    assert not is_on(stage, "rds-05", 3)


@pytest.mark.slow
def test_a_quorum_takes_two_people_and_not_one_of_them_twice(stage: Rehearsal) -> None:
    type_and_wait(stage, QUORUM)
    press_and_wait(stage, "Log off 1", "bo")
    request = press_and_wait(stage, "Log off 1", "bo")
    assert (request.state, len(request.counted)) == (State.AWAITING, 1)
    wait_until(lambda: any("You have said yes already" in text for text in private_to(stage, "bo")))
    (card,) = cards(stage, "chen")
    assert "Needs a yes: 1 of 2 from " in drawn(card)
    assert is_on(stage, "rds-31", 4)
    request = press_and_wait(stage, "Log off 1", "chen")
    assert (request.ending, len(request.counted)) == (Ending.DONE, 2)
    assert not is_on(stage, "rds-31", 4)
    assert [name for name in events(stage) if name in ("counted", "approved")] == ["counted", "approved"]


def test_the_gentler_act_is_offered_for_people_at_work_and_asks_anew(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff rds-32 id=2 --sync")
    press_and_wait(stage, "Log off 1", "bo")
    request = press_and_wait(stage, "Disconnect instead", "chen")
    assert (request.action.value, request.counted, request.state) == ("disconnect", (), State.AWAITING)
    (card,) = cards(stage, "bo")
    assert "Disconnect 1" in card.buttons


def test_force_on_the_fleet_needs_a_reason_runs_at_once_and_is_announced_to_those_who_approve(stage: Rehearsal) -> None:
    assert type_and_wait(stage, f"{AT_WORK} --force").reason_asked == ()
    assert is_on(stage, "rds-05", 2)
    request = type_and_wait(stage, f'{AT_WORK} --force --reason "INC-7 license full"')
    assert request.ending is Ending.DONE
    assert not is_on(stage, "rds-05", 2)
    announced = [m for m in cards(stage, "bo") if m.channel == APPROVALS]
    assert len(announced) == 1
    assert "Break-glass" in announced[0].text
    assert "INC-7 license full" in drawn(announced[0])
    assert "U0DANA0001" in drawn(announced[0])
    assert "approved" not in events(stage)


def test_force_on_the_quorums_part_of_the_fleet_asks_all_the_same(stage: Rehearsal) -> None:
    request = type_and_wait(stage, f"{QUORUM} --force --reason urgent")
    assert request.state is State.AWAITING
    assert "No rule lets you skip the confirmation here" in drawn(cards(stage, "bo")[0])
    assert is_on(stage, "rds-31", 4)


def test_a_channel_shared_with_another_company_is_no_place_for_a_card(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=3 --sync", channel=PARTNERS)
    (card,) = cards(stage, "dana")
    assert card.channel_name == "@logoffbot"
    assert stage.visitor("fay").messages() == []
    press_and_wait(stage, "Log off 1", "dana")
    assert not is_on(stage, "comp1", 3)
    assert stage.visitor("fay").messages() == []


@pytest.mark.parametrize("person", ["fay", "gus", "oli"])
def test_who_does_not_count_gets_nothing_done_by_typing(stage: Rehearsal, person: str) -> None:
    channel = PARTNERS if person == "fay" else OPS
    stage.visitor(person).command("/logoff comp1 id=3 --sync --force", channel)
    stage.wait_until_still()
    assert "started" not in events(stage)
    assert stage.farm.messages("comp1") == []


def test_in_a_pause_nothing_new_begins_and_after_it_the_same_card_works(stage: Rehearsal) -> None:
    type_and_wait(stage, AT_WORK)
    stage.bot.ledger.pause("operator root", "patch night")
    assert press_and_wait(stage, "Log off 1", "bo").state is State.AWAITING
    wait_until(lambda: any("patch night" in text for text in private_to(stage, "bo")))
    refused = type_and_wait(stage, "/logoff comp1 id=3 --sync")
    assert refused.ending is Ending.REFUSED
    assert "Paused by operator root" in refused.message
    assert stage.farm.messages("comp1") == []
    stage.bot.ledger.resume("operator root")
    assert stage.visitor("bo").press("Log off 1").ok
    stage.wait_until_still()
    assert not is_on(stage, "rds-05", 2)
    assert [name for name in events(stage) if name in ("paused", "resumed")] == ["paused", "resumed"]


def test_the_deciders_buttons_are_gone_once_it_is_decided(stage: Rehearsal) -> None:
    type_and_wait(stage, AT_WORK)
    press_and_wait(stage, "Log off 1", "bo")
    with pytest.raises(NoSuchButtonError):
        stage.visitor("chen").press("Log off 1")


def call(*words: str) -> tuple[int, str]:
    line = [sys.executable, "-m", "app", "policy", *words]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own program
    return done.returncode, done.stdout + done.stderr


def test_the_policy_that_ships_can_work() -> None:
    assert call("check", "--live") == (0, "6 rules, and all of them can work.\n")
    code, said = call("check")
    assert (code, said.splitlines()[0]) == (0, "6 rules, and all of them can work.")


def test_the_command_line_explains_what_the_rules_decide_and_why() -> None:
    code, told = call("explain", "--as", "U0DANA0001", "--in", OPS, "/logoff rds-05,comp1 id=2 --force --reason x")
    assert code == 0
    lines = told.splitlines()
    assert lines[0] == "U0DANA0001 is a member, in @oncall."
    assert 'rds-05: rule "fleet at work by four eyes" covers only Active; needs a yes from 1 of @ts-leads' in lines[1]
    assert 'rds-05: rule "on-call" covers all sessions; the requester confirms' in lines[2]
    assert lines[3].startswith('comp1: rule "on-call"')
    assert lines[4].startswith('--force: allowed by "fleet at work by four eyes", "on-call", with a reason;')
    _, no = call("explain", "--as", "U0OLI00001", "/logoff comp1 id=3")
    assert "No (no rule): No rule lets you log sessions off." in no


def test_an_unknown_command_is_a_sentence_and_no_traceback() -> None:
    code, told = call("explain", "--as", "U0DANA0001", "/reboot comp1")
    assert code == 1
    assert "I know no command /reboot" in told
