"""The conversations that the product exists for, through the real parts."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from adapters.windows.agent import script
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from bot.policy.digest import digest_of
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal

COMP1 = {0: "", 1: "CORP\\operator", 3: "CORP\\alice", 5: "CORP\\bob", 7: "CORP\\josé", 65536: ""}


def people_on(stage: Rehearsal, host: str) -> dict[int, str]:
    return {session["id"]: session["user"] for session in stage.farm.sessions(host)}


def events(stage: Rehearsal) -> list[str]:
    return [entry.event for entry in stage.bot.ledger.entries() if entry.event != "policy_loaded"]


def notes(stage: Rehearsal) -> list[str]:
    return [entry.reason_code for entry in stage.bot.ledger.entries() if entry.event == "noted"]


def type_and_wait(stage: Rehearsal, text: str, person: str = "dana") -> str:
    result = stage.visitor(person).command(text)
    assert result.ok, result
    stage.wait_until_still()
    return result.reply


def press_and_wait(stage: Rehearsal, label: str, person: str = "dana", version: int | None = None) -> None:
    assert stage.visitor(person).press(label, version=version).ok
    stage.wait_until_still()


def private_to(stage: Rehearsal, person: str) -> list[str]:
    return [message.text for message in stage.visitor(person).messages() if message.ephemeral]


def test_the_command_line_carries_the_main_job_through_and_shows_all_of_it() -> None:
    call = [sys.executable, "-m", "app", "try", "/logoff comp1 id=3 --sync", "--press", "Log off 1", "--json"]
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=100)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    [request] = told["requests"]
    assert request["state"] == "ended"
    assert request["targets"] == [
        {"host": "comp1", "session_id": 3, "user": "CORP\\alice", "verdict": "gone", "reason": "", "note": ""}
    ]
    assert [entry["event"] for entry in told["audit"]] == [
        "policy_loaded",
        "asked",
        "surveyed",
        "approved",
        "started",
        "host_started",
        "target_ended",
        "ended",
    ]
    assert [entry["seq"] for entry in told["audit"]] == list(range(1, 9))
    assert [entry["verdict"] for entry in told["audit"] if entry["verdict"]] == ["gone"]
    expected = {number: name for number, name in COMP1.items() if number != 3}
    assert {session["id"]: session["user"] for session in told["farm"]["comp1"]} == expected
    assert any("Logged off CORP\\alice on comp1" in message["text"] for message in told["messages"])


@pytest.mark.parametrize("text", ["/logoff comp1 id=3 --whatif", "/logoff comp1 id=3 --force --whatif"])
def test_whatif_always_wins_and_names_the_person(stage: Rehearsal, text: str) -> None:
    type_and_wait(stage, text)
    assert people_on(stage, "comp1") == COMP1
    shown = json.dumps([m.blocks for m in stage.visitor("dana").messages()])
    sentence = 'What if: Performing the operation "Logging off session id \'3\'" on target "comp1".'
    assert json.dumps(sentence)[1:-1] in shown
    assert json.dumps("CORP\\alice")[1:-1] in shown
    assert events(stage) == ["asked", "surveyed"]
    assert stage.farm.calls("comp1") == []


@pytest.mark.slow
def test_force_asks_nobody_and_logs_off_at_once(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=5 --force --reason urgent")
    assert 5 not in people_on(stage, "comp1")
    assert "approved" not in events(stage)
    assert stage.bot.ledger.newest(1)[0].ending is Ending.DONE


def test_force_without_the_right_becomes_an_ordinary_request(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=5 --force", person="bo")
    assert people_on(stage, "comp1") == COMP1
    assert stage.bot.ledger.newest(1)[0].state is State.AWAITING


def test_every_entry_names_the_policy_that_is_recorded_the_agent_and_the_release(stage: Rehearsal) -> None:
    first, *others = stage.bot.ledger.entries()
    assert (first.event, digest_of(first.text)) == ("policy_loaded", first.policy)
    assert "@oncall" in first.text
    assert first.agent_version == script.digest()
    assert first.bot_version.startswith(version("logoff-bot"))
    assert {(entry.policy, entry.agent_version, entry.bot_version) for entry in others} <= {
        (first.policy, first.agent_version, first.bot_version)
    }


def test_an_outsiders_press_changes_nothing_is_noted_and_told_to_him_alone(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=3 --sync")
    press_and_wait(stage, "Log off 1", "oli")
    wait_until(lambda: bool(private_to(stage, "oli")))
    assert people_on(stage, "comp1") == COMP1
    assert notes(stage) == ["outsider_press"]
    assert "Only the person who asked can press this." in private_to(stage, "oli")[-1]
    assert all(said.endswith(": looking at comp1") for said in private_to(stage, "dana")), "a receipt at most"
    assert stage.bot.ledger.newest(1)[0].state is State.AWAITING


def test_a_press_after_the_end_changes_nothing_and_names_the_winner(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=3 --sync")
    press_and_wait(stage, "Log off 1")
    recorded = len(events(stage))
    press_and_wait(stage, "Log off 1", version=1)
    wait_until(lambda: any("approved" in said for said in private_to(stage, "dana")))
    assert notes(stage) == ["late_press"]
    assert len(events(stage)) == recorded + 1
    assert "dana approved this at" in private_to(stage, "dana")[-1]
    assert len(stage.farm.calls("comp1")) == 1


def test_two_presses_at_the_same_moment_are_one_decision(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=3 --sync")
    assert stage.visitor("dana").press("Log off 1", deliveries=2).ok
    stage.wait_until_still()
    assert events(stage).count("approved") == 1
    assert len(stage.farm.calls("comp1")) == 1
    assert len(notes(stage)) == 1


def test_the_same_delivery_twice_is_one_request(stage: Rehearsal) -> None:
    assert stage.visitor("dana").command("/logoff comp1 id=3 --sync", deliveries=2).ok
    stage.wait_until_still()
    assert len(stage.bot.ledger.newest(10)) == 1
    assert events(stage).count("asked") == 1


def test_cancel_logs_nobody_off_and_takes_the_buttons_away(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=3 --sync")
    press_and_wait(stage, "Cancel")
    assert people_on(stage, "comp1") == COMP1
    assert not any(message.buttons for message in stage.visitor("dana").messages())
    assert stage.bot.ledger.newest(1)[0].ending is Ending.CANCELLED


@pytest.mark.parametrize(
    ("host", "words"), [("replaced", "another person"), ("comes-back", "left alone: came back to work")]
)
def test_who_changed_since_the_card_is_left_alone_and_the_card_says_why(
    stage: Rehearsal, host: str, words: str
) -> None:
    type_and_wait(stage, f"/logoff {host} id=3 --sync")
    press_and_wait(stage, "Log off 1")
    [target] = stage.bot.ledger.newest(1)[0].targets
    assert target.verdict is Verdict.CHANGED
    assert stage.farm.calls(host) == []
    assert words in json.dumps([m.blocks for m in stage.visitor("dana").messages()])


@pytest.mark.parametrize(
    ("host", "verdict"),
    [
        ("hangs", Verdict.STILL_CLOSING),
        ("no-right", Verdict.NO_RIGHT),
        ("vanishes", Verdict.ALREADY_GONE),
    ],
)
@pytest.mark.slow
def test_each_trouble_has_its_verdict(stage: Rehearsal, host: str, verdict: Verdict) -> None:
    type_and_wait(stage, f"/logoff {host} id=3 --timeout 1s")
    press_and_wait(stage, "Log off 1")
    request = stage.bot.ledger.newest(1)[0]
    assert [target.verdict for target in request.targets] == [verdict]
    assert request.ending is Ending.DONE
    assert 5 in people_on(stage, host)


@pytest.mark.parametrize("host", ["comp3", "garbage", "wrong-password", "quota"])
def test_a_host_that_cannot_be_asked_is_named_and_nobody_is_touched(stage: Rehearsal, host: str) -> None:
    type_and_wait(stage, f"/logoff {host},comp1 id=3 --sync")
    request = stage.bot.ledger.newest(1)[0]
    look = request.survey_of(host)
    assert look is not None
    assert look.code
    assert host in look.message
    assert [target.session.host for target in request.targets] == ["comp1"]


@pytest.mark.parametrize(
    "text",
    [
        "/logoff nowhere id=3",
        "/logoff ../../etc id=3",
        "/logoff comp1 id=-1",
        "/logoff comp1 id=99999",
        "/logoff comp1 --frobnicate",
        "/logoff comp1 --force",
        "/logoff comp1 user=",
        '/logoff comp1 reason="open',
        "/logoff " + "x" * 4000,
        "/logoff " + "'; Stop-Computer #" * 200,
        "/logoff comp1 id=3 \u0000",
    ],
)
def test_what_cannot_be_understood_gets_a_sentence_and_does_nothing(stage: Rehearsal, text: str) -> None:
    reply = type_and_wait(stage, text)
    assert reply
    assert events(stage) == ["noted"]
    assert notes(stage) == ["usage_error"]
    assert stage.bot.ledger.newest(10) == ()
    assert all(stage.farm.messages(host) == [] for host in stage.farm.endpoints)


def test_an_id_that_is_not_there_ends_with_a_sentence(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=42 --sync")
    request = stage.bot.ledger.newest(1)[0]
    assert request.ending is Ending.NOTHING_TO_DO
    assert "comp1 has no session with id 42" in request.message


@pytest.mark.slow
def test_hostile_names_stay_text_and_the_right_one_goes(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp2 id=2,4,9 --sync --even-if-active")
    press_and_wait(stage, "Log off 3")
    assert not {2, 4, 9} & set(people_on(stage, "comp2"))
    assert {1, 6, 8} <= set(people_on(stage, "comp2"))
    for message in stage.visitor("dana").messages():
        assert "<!channel>" not in message.text
        for block in message.blocks:
            if block["type"] in ("context", "section"):
                assert "<!channel>" not in json.dumps(block)
    literal = json.dumps([m.blocks for m in stage.visitor("dana").messages()], ensure_ascii=False)
    assert "<!channel> *x* `y`" in literal
    assert "山田太郎" in literal


def test_who_is_in_no_rule_is_refused_and_nothing_is_contacted(stage: Rehearsal) -> None:
    type_and_wait(stage, "/logoff comp1 id=3 --sync", person="gus")
    assert events(stage) == ["asked", "refused"]
    assert stage.farm.messages("comp1") == []


def test_a_stranger_from_another_workspace_is_refused(stage: Rehearsal) -> None:
    stage.visitor("fay").command("/logoff comp1 id=3 --sync")
    stage.wait_until_still()
    assert "refused" in events(stage) or events(stage) == []
    assert stage.farm.messages("comp1") == []
