"""A filter is no question about sessions that its asker may neither list nor touch: no answer depends on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.actions import Action
from bot.domain.session import Account, Machine, SessionState
from bot.domain.verdicts import Reason, Verdict
from bot.policy.model import Force
from bot.ports.terminal import Answer
from bot.workflow.sight import in_sight
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support import people as c
from tests.support.cases import for_each
from tests.support.effort import examples
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain.session import Session

ACTS = frozenset({Action.LOG_OFF, Action.DISCONNECT})
FORCE = Force(is_allowed=True)
AL = c.rule("al", users=(r"CORP\al*",), may=ACTS, force=FORCE, max_targets=3)
LISTS_COMP1 = c.rule("lists comp1", computers=("comp1",), may=frozenset({Action.LIST}))
CEO = Account(domain="CORP", user="ceo")
NOTHING = "No session that you may see or touch matches."


def session(number: int, user: str, **changes: Any) -> Session:
    return b.session(number, account=Account(domain="CORP" if user else "", user=user), **changes)


OWN = (session(3, "alice"), session(4, "albert", state=SessionState.ACTIVE, disconnect=0))
BOB = session(5, "bob")
PROTECTED = session(6, "alfred")
SERVICES = session(0, "", station="Services")
ODD = (SERVICES, BOB, PROTECTED, session(65537, "", state=SessionState.LISTENING))


def bot_over(*sessions: Session, rules: tuple[Any, ...] = (AL,), **limits: Any) -> BotHarness:
    hosts = ("comp1", "comp2")
    return BotHarness(
        policy=c.policy(*rules, protected_users=("alfred",), **limits),
        directory=c.directory(),
        terminal=FakeTerminal(dict.fromkeys(hosts, (SERVICES, *sessions))),
        hosts=hosts,
        asker=c.DANA,
        place=c.OPS,
    )


def answer(harness: BotHarness) -> tuple[Any, ...]:
    """All that people were shown, and the request as any program reads it; its number is chance."""
    (request,) = harness.ledger.newest(9)
    chat, number = harness.chat, request.id
    drawn = [[repr(card) for card in cards] for cards in chat.cards.values()]
    told = [repr(one) for one in (*chat.told, *chat.replies)]
    unsealed = tuple(replace(look, seal="") for look in request.surveys)
    bare = replace(request, delivery="", hosts_half="", surveys=unsealed)
    shown = repr([drawn, told, bare]).replace(number, "TS-ANY")
    return (shown, [entry.event for entry in harness.ledger.entries() if entry.event != "asked"])


def answers(text: str, worlds: Sequence[Sequence[Session]], then: Callable[[BotHarness], object]) -> list[Any]:
    found = []
    for sessions in worlds:
        harness = bot_over(*sessions)
        harness.ask_and_run(text)
        said = then(harness)
        harness.run()
        harness.wait(timedelta(minutes=3))
        found.append((*answer(harness), said))
    return found


@for_each(
    "text",
    [
        *("comp1 user=bob --whatif", "comp1 user=ceo --whatif", "comp1 id=5", "comp1 id=99", "comp1 id=0,6,65535"),
        *("comp1 user=alfred --force", "comp1,comp2 user=b*", "comp1 state=Listening", "comp1 idle>1s user=bob"),
        *("comp1 user=bob --here", "comp1 session=Services --verbose", "comp1 user=bob --warn 5m"),
    ],
)
def test_whoever_is_there_out_of_sight_the_answer_is_one(text: str) -> None:
    harness = bot_over(*OWN, *ODD)
    request = harness.ask_and_run(text)
    assert (request.targets, request.excluded, request.message) == ((), (), NOTHING)
    assert {look.sessions for look in request.surveys} == {2}
    card = harness.text_on_card(request) if request.message_ref else harness.told(c.DANA)[0]
    assert NOTHING in card
    assert "Left out" not in card


def test_the_audit_log_keeps_who_was_there() -> None:
    harness = bot_over(*OWN, *ODD)
    request = harness.ask_and_run("comp1 id=5,6 --whatif")
    (surveyed,) = [e for e in harness.ledger.entries(request_id=request.id) if e.event == "surveyed"]
    unseen = [(row.host, row.session_id, row.user) for row in surveyed.rows if row.role == "not_shown"]
    assert unseen == [("comp1", 5, r"CORP\bob"), ("comp1", 6, r"CORP\alfred")]
    assert surveyed.rows[0].why == "no rule lets you touch this session"


def test_who_may_list_a_host_sees_all_of_it_as_before() -> None:
    harness = bot_over(*OWN, *ODD, rules=(AL, LISTS_COMP1))
    left_out = harness.ask_and_run("comp1,comp2 user=bob")
    assert [one.session.host for one in left_out.excluded] == ["comp1"]
    assert [look.sessions for look in left_out.surveys] == [6, 2]
    none = harness.ask_and_run("comp1 user=nobody")
    assert none.message.startswith("comp1 has no session that matches.")
    assert harness.ask_and_run("comp1,comp2 user=nobody").message == NOTHING


HIDDEN = st.lists(
    st.builds(
        session,
        st.integers(5, 40) | st.just(0) | st.just(65537),
        st.sampled_from(["bob", "ceo", "alfred", ""]),
        state=st.sampled_from(SessionState),
        station=st.sampled_from(["", "Console", "rdp-tcp#3"]),
        logon=st.sampled_from([0, b.LOGON]),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)
SELECTIONS = st.sampled_from(
    [
        *("id=3", "id=5", "id=1-50", "id=0", "user=bob", "user=al*", "user=*", "state=Active", "state=Disconnected"),
        *("--all", "", "session=Console", "idle>1m", "id=3 user=bob"),
    ]
)
OPTIONS = st.sampled_from(
    ["", "--whatif", "--force", "--force --reason x", "--sync", "--warn 1m", "--here", "--verbose"]
)


def to_each_target(harness: BotHarness, do: Callable[[str, int], None]) -> None:
    for target in harness.request.targets:
        harness.terminal.before_act(target.session.host, partial(do, *target.key))


def press_all(harness: BotHarness) -> list[str]:
    return [harness.press(press).text for press in ("approve", "cancel")]


@pytest.mark.slow
@settings(max_examples=examples(4))
@given(one=HIDDEN, two=HIDDEN, selection=SELECTIONS, options=OPTIONS, host=st.sampled_from(["comp1", "comp1,comp2"]))
def test_two_worlds_that_differ_out_of_sight_give_the_same_answers(
    one: list[Session], two: list[Session], selection: str, options: str, host: str
) -> None:
    text = " ".join(part for part in (host, selection, options) if part)
    if "--force" in text and not selection:
        return
    first, second = answers(text, [(*OWN, *one), (*OWN, *two)], press_all)
    assert first == second


def gone(harness: BotHarness) -> None:
    to_each_target(harness, harness.terminal.sign_out)
    harness.press("approve")


def held_by_the_ceo(harness: BotHarness) -> None:
    to_each_target(harness, lambda host, number: harness.terminal.take_over(host, number, CEO))
    harness.press("approve")


@for_each("options", ["", "--sync", "--warn 1m", "--sync --verbose", "--even-if-active"])
def test_an_id_that_somebody_out_of_sight_holds_by_now_reads_as_one_that_nobody_holds(options: str) -> None:
    text = f"comp1 id=3,4 {options}"
    (first,), (second,) = answers(text, [OWN], gone), answers(text, [OWN], held_by_the_ceo)
    assert first == second
    assert "ceo" not in first[0]
    assert "was gone already" in first[0]


def test_the_audit_log_keeps_who_holds_the_id_now() -> None:
    harness = bot_over(*OWN)
    request = harness.ask_and_run("comp1 id=3 --sync")
    held_by_the_ceo(harness)
    harness.run()
    (ended,) = [e for e in harness.ledger.entries(request_id=request.id) if e.event == "target_ended"]
    assert (ended.verdict, ended.note) == ("already_gone", r"not shown: person: CORP\ceo")


def test_who_may_list_the_host_is_told_who_holds_the_id_now() -> None:
    harness = bot_over(*OWN, rules=(AL, LISTS_COMP1))
    request = harness.ask_and_run("comp1 id=3 --sync")
    held_by_the_ceo(harness)
    harness.run()
    assert r"CORP\ceo" in harness.text_on_card(request)


@pytest.mark.parametrize("options", ["", "--warn 1m"])
def test_who_may_list_a_host_by_one_of_its_names_only_is_not_told_who_holds_the_id_now(options: str) -> None:
    harness = bot_over(rules=(replace(AL, computers=("comp1", "vault")), LISTS_COMP1))
    for each in (SERVICES, OWN[0]):
        harness.terminal.set("comp1", replace(each, machine=Machine(dns="vault", netbios="VAULT")))
    request = harness.ask_and_run(f"comp1 id=3 --sync {options}")
    held_by_the_ceo(harness)
    harness.run()
    harness.wait(timedelta(minutes=2))
    assert harness.target(request, "comp1", 3).verdict in (Verdict.ALREADY_GONE, Verdict.SKIPPED)
    assert "ceo" not in answer(harness)[0]


@for_each("reason", [None, *Reason])
def test_only_what_is_said_of_another_session_is_kept_back(reason: Reason | None) -> None:
    said = Answer(session_id=3, verdict=Verdict.SKIPPED, code=0, reason=reason, note="x")
    told, unseen = in_sight(said, may_list=False)
    assert in_sight(said, may_list=True) == (said, "")
    about_another = reason and reason.value in (
        *("person", "no_user", "no_logon_time", "listener", "session_zero", "bad_id"),
    )
    assert bool(unseen) == bool(about_another) == (told != said)
