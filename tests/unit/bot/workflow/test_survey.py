"""From what the hosts say and what the rules say to what is to be done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.cards import rows
from bot.cards.model import Bold
from bot.commands.logoff import LogoffAsk
from bot.commands.sessions import SessionsAsk
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.conditions import Condition, Field, Ids, Operator
from bot.domain.events import ReasonAsked, Refused, Surveyed
from bot.domain.request import Ending
from bot.domain.requirement import Confirm
from bot.domain.session import Account, SessionState
from bot.domain.transitions import READY_FOR, REASON_WITHIN
from bot.errors import NoRight, Unreachable
from bot.policy.model import Force, Policy, Rule
from bot.workflow.looks import Look
from bot.workflow.survey import MOST_LISTED, decide
from tests.support import builders as b
from tests.support.cases import for_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request

CARD_LIVES = timedelta(minutes=20)
SERVICES = b.session(0, account=Account(domain="", user=""), station="Services")
CONSOLE = b.session(1, station="Console", account=Account(domain="CORP", user="operator"))
ALICE = b.session(3)
BOB = b.session(5, account=Account(domain="CORP", user="bob"), state=SessionState.ACTIVE)
LISTENER = b.session(65537, state=SessionState.LISTENING, account=Account(domain="", user=""))
COMP1 = Look(host="comp1", at=b.NOW, sessions=(SERVICES, CONSOLE, ALICE, BOB, LISTENER))
DOWN = Look(host="comp2", at=b.NOW, error=Unreachable("comp2 cannot be reached.", host="comp2"))
BO = Condition(field=Field.USER, operator=Operator.LIKE, values=("bo*",))
ACTIVE = Condition(field=Field.STATE, operator=Operator.IN, values=("0",))


ALLOWED, FORBIDDEN = Force(is_allowed=True), Force()


def policy(**changes: Any) -> Policy:
    values: dict[str, Any] = {"who": b.ONCALL, "may": frozenset(Action), "expires_after": CARD_LIVES}
    return Policy(rules=(Rule(name="on-call", **(values | changes)),))


def surveyed_by(rules: Policy, request: Request, surveys: Sequence[Look]) -> Surveyed:
    found = decide(request, surveys, rules, b.person())
    assert isinstance(found, Surveyed), found
    return found


def decided(*surveys: Look, may_force: Force = FORBIDDEN, users: tuple[str, ...] = ("*",), **ask: Any) -> Surveyed:
    asked = LogoffAsk(hosts=tuple(look.host for look in surveys), **ask)
    return surveyed_by(policy(force=may_force, users=users), b.request(ask=asked), surveys)


def ids(surveyed: Surveyed) -> list[int]:
    return [target.session.id for target in surveyed.targets]


def test_everything_that_may_be_touched_is_a_target_and_the_rest_is_left_out_with_its_reason() -> None:
    surveyed = decided(COMP1, choice=Choice.ALL)
    assert ids(surveyed) == [3, 5]
    assert {left.session.id: left.why.partition(":")[0] for left in surveyed.excluded} == {1: "the console"}
    assert surveyed.services == 2
    assert (surveyed.ending, surveyed.valid_for) == (None, CARD_LIVES)
    assert surveyed.requirement
    assert surveyed.requirement.confirm is Confirm.SELF


def test_a_service_that_was_named_by_its_id_is_left_out_with_its_reason() -> None:
    surveyed = decided(COMP1, ids=Ids(((0, 0), (65537, 65537))))
    assert [left.why.partition(":")[0] for left in surveyed.excluded] == ["the services' session", "a listener"]
    assert (surveyed.services, surveyed.ending) == (0, Ending.NOTHING_TO_DO)


def test_where_only_services_are_nobody_is_said_to_be_left_out() -> None:
    look = Look(host="comp1", at=b.NOW, sessions=(SERVICES,))
    surveyed = decided(look, choice=Choice.ALL)
    assert (surveyed.excluded, surveyed.ending) == ((), Ending.NOTHING_TO_DO)
    assert surveyed.message == "Nobody is logged on there: only 1 service or listener."


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        ({"ids": Ids(((3, 3),))}, [3]),
        ({"ids": Ids(((3, 9),))}, [3, 5]),
        ({"conditions": (BO,)}, [5]),
        (
            {"ids": Ids(((3, 3),)), "conditions": (Condition(field=Field.STATE, operator=Operator.IN, values=("0",)),)},
            [],
        ),
    ],
)
def test_ids_and_filters_choose_together(ask: dict[str, Any], expected: list[int]) -> None:
    surveyed = decided(COMP1, choice=Choice.MATCHING, **ask)
    assert ids(surveyed) == expected
    assert surveyed.excluded == ()
    assert (surveyed.ending is Ending.NOTHING_TO_DO) == (not expected)


def test_a_session_that_no_rule_covers_is_left_out() -> None:
    surveyed = decided(COMP1, choice=Choice.ALL, users=("alice",))
    assert ids(surveyed) == [3]
    assert [left.why for left in surveyed.excluded if left.session == BOB] == ["no rule lets you touch this session"]


def test_without_a_choice_the_sessions_are_shown_and_nobody_is_asked() -> None:
    surveyed = decided(COMP1)
    assert (ids(surveyed), surveyed.ending, surveyed.requirement) == ([3, 5], Ending.ANSWERED, None)
    assert "Nobody is chosen yet" in surveyed.message


@pytest.mark.parametrize("force", [False, True])
def test_whatif_always_wins(force: bool) -> None:  # noqa: FBT001 - a table
    surveyed = decided(COMP1, choice=Choice.ALL, whatif=True, force=force, may_force=ALLOWED)
    assert (ids(surveyed), surveyed.ending, surveyed.requirement) == ([3, 5], Ending.WHATIF, None)


def test_force_asks_nobody_where_a_rule_allows_it() -> None:
    surveyed = decided(COMP1, choice=Choice.ALL, force=True, may_force=ALLOWED)
    assert surveyed.requirement
    assert (surveyed.requirement.confirm, surveyed.valid_for, surveyed.message) == (Confirm.NOBODY, READY_FOR, "")


def test_force_without_a_rule_for_it_is_asked_for_and_said() -> None:
    surveyed = decided(COMP1, choice=Choice.ALL, force=True)
    assert surveyed.requirement
    assert (surveyed.requirement.confirm, surveyed.valid_for) == (Confirm.SELF, CARD_LIVES)
    assert "No rule lets you skip" in surveyed.message


def test_a_host_that_does_not_answer_is_shown_beside_those_that_do() -> None:
    surveyed = decided(COMP1, DOWN, choice=Choice.ALL)
    assert [(look.host, look.code, look.sessions) for look in surveyed.surveys] == [
        ("comp1", "", 5),
        ("comp2", "unreachable", 0),
    ]
    assert (ids(surveyed), surveyed.ending) == ([3, 5], None)


def test_when_no_host_answers_nothing_is_done() -> None:
    refused = Look(host="comp1", at=b.NOW, error=NoRight("no", host="comp1"))
    surveyed = decided(refused, DOWN, choice=Choice.ALL)
    assert (surveyed.targets, surveyed.ending, surveyed.message) == (
        (),
        Ending.NOTHING_TO_DO,
        "No computer could be looked at, so nothing was done.",
    )


def test_when_nothing_matches_it_is_said_with_the_next_step() -> None:
    surveyed = decided(COMP1, ids=Ids(((9, 9),)), choice=Choice.MATCHING)
    assert surveyed.ending is Ending.NOTHING_TO_DO
    assert surveyed.message == "comp1 has no session with id 9."


COMP2 = Look(host="comp2", at=b.NOW, sessions=(SERVICES, b.session(4, host="comp2")))
NAMED = [
    # named on comp1 and comp2: ids, filters, and what is said of comp1 and of comp2
    ("3", (), "", "comp2 has no session 3."),
    ("4", (), "comp1 has no session 4.", ""),
    ("3,8,9", (), "comp1 has no session 8 or 9.", "comp2 has no session 3, 8 or 9."),
    ("3-9", (), "", ""),
    ("5-9", (), "", "comp2 has no session from 5 to 9."),
    ("3,20-29", (), "comp1 has no session from 20 to 29.", "comp2 has no session 3 or from 20 to 29."),
    ("3,3", (), "", "comp2 has no session 3."),
    ("", (BO,), "", "comp2: nobody matches."),
    ("3-5", (BO,), "", "comp2: no session from 3 to 5 matches."),
    ("3,5", (BO,), "comp1: session 3 does not match.", "comp2 has no session 3 or 5."),
    ("5,9", (BO,), "comp1 has no session 9.", "comp2 has no session 5 or 9."),
]


@for_each(("named", "filters", "on_comp1", "on_comp2"), NAMED)
def test_each_computer_and_id_that_was_named_and_is_no_target_is_said(
    named: str, filters: tuple[Condition, ...], on_comp1: str, on_comp2: str
) -> None:
    pairs = [part.partition("-") for part in named.split(",") if part]
    wanted = Ids(tuple((int(low), int(high or low)) for low, _, high in pairs))
    surveyed = decided(COMP1, COMP2, ids=wanted, conditions=filters, choice=Choice.MATCHING)
    assert surveyed.ending is None
    assert [look.message for look in surveyed.surveys] == [on_comp1, on_comp2]
    assert [look.code for look in surveyed.surveys] == ["", ""]


def test_a_computer_where_nobody_is_logged_on_is_said() -> None:
    empty = Look(host="comp2", at=b.NOW, sessions=(SERVICES, LISTENER))
    surveyed = decided(COMP1, empty, choice=Choice.ALL)
    assert [look.message for look in surveyed.surveys] == ["", "comp2: nobody is logged on."]


def test_a_computer_that_did_not_answer_is_not_said_to_lack_a_session() -> None:
    surveyed = decided(COMP1, DOWN, ids=Ids(((3, 3),)), choice=Choice.MATCHING)
    assert [(look.code, look.message) for look in surveyed.surveys] == [
        ("", ""),
        ("unreachable", "comp2 cannot be reached."),
    ]


def test_many_ids_that_are_missing_are_counted() -> None:
    surveyed = decided(COMP1, ids=Ids(((3, 3), *((at, at) for at in range(20, 40)))), choice=Choice.MATCHING)
    (look,) = surveyed.surveys
    listed = "20, 21, 22, 23, 24, 25, 26, 27, 28, 29 or 10 more"
    assert look.message == f"comp1 has no session {listed}."


def test_when_nothing_at_all_matches_it_is_said_once_for_all() -> None:
    surveyed = decided(COMP1, COMP2, ids=Ids(((9, 9),)), choice=Choice.MATCHING)
    assert surveyed.message.startswith("comp1 and comp2 have no session with id 9.")
    assert [look.message for look in surveyed.surveys] == ["", ""]


def test_the_requesters_own_text_is_for_those_whom_a_rule_lets_them_send_messages_to() -> None:
    """The rule for alice lets messages be sent, the one for everybody else does not."""
    speaking = Rule(name="alice", who=b.ONCALL, may=frozenset({Action.LOG_OFF, Action.MESSAGE}), users=("alice",))
    silent = Rule(name="rest", who=b.ONCALL, may=frozenset({Action.LOG_OFF}))
    rules = Policy(rules=(speaking, silent))
    five = timedelta(minutes=5)
    for warn, warning, expected in [
        (five, "save", {3: True, 5: False}),
        (five, "", {3: False, 5: False}),
        (None, "", {3: False, 5: False}),
    ]:
        asked = LogoffAsk(hosts=("comp1",), choice=Choice.ALL, warn=warn, warning=warning)
        surveyed = surveyed_by(rules, b.request(ask=asked), [COMP1])
        assert {target.session.id: target.own_warning for target in surveyed.targets} == expected


def test_when_all_that_matches_is_guarded_it_is_said() -> None:
    surveyed = decided(COMP1, ids=Ids(((0, 1),)), choice=Choice.MATCHING)
    assert (surveyed.targets, surveyed.ending, len(surveyed.excluded)) == ((), Ending.NOTHING_TO_DO, 2)
    assert "left out" in surveyed.message


def test_a_list_shows_what_may_not_be_touched() -> None:
    request = b.request(command="sessions", action=Action.LIST, ask=SessionsAsk(hosts=("comp1",), choice=Choice.ALL))
    lookers = policy(may=frozenset({Action.LIST}), users=("nobody",))
    surveyed = surveyed_by(lookers, request, [COMP1])
    assert (ids(surveyed), surveyed.excluded, surveyed.ending) == ([0, 1, 3, 5, 65537], (), Ending.ANSWERED)


def test_a_list_leaves_out_computers_that_the_requester_may_not_list() -> None:
    request = b.request(command="sessions", action=Action.LIST, ask=SessionsAsk(hosts=("comp1",), choice=Choice.ALL))
    surveyed = surveyed_by(policy(computers=("rds-*",)), request, [COMP1])
    assert (surveyed.targets, surveyed.excluded, len(surveyed.unseen)) == ((), (), 3)
    assert surveyed.services == 2
    assert surveyed.message == "No session that you may see or touch matches."


def test_when_others_decide_the_card_says_who_and_where() -> None:
    four_eyes = policy(need=b.need(2), approve_in="C0APPROVE")
    asked = b.request(ask=LogoffAsk(hosts=("comp1",), choice=Choice.ALL))
    required = surveyed_by(four_eyes, asked, [COMP1]).requirement
    assert required
    assert (required.confirm, required.needs, required.approve_in) == (Confirm.OTHERS, (b.need(2),), "C0APPROVE")


WANTING = [Force(is_allowed=True, needs_reason=True), Force(is_allowed=True, ticket="INC"), Force(needs_reason=True)]


def forced(force: Force, *, reason: str = "", **rule: Any) -> Surveyed | Refused | ReasonAsked:
    asked = b.request(ask=LogoffAsk(hosts=("comp1",), choice=Choice.ALL, force=True, reason=reason))
    return decide(asked, [COMP1], policy(force=force, **rule), b.person())


def test_only_a_missing_reason_is_asked_for() -> None:
    assert forced(WANTING[0]) == ReasonAsked(tickets=(), valid_for=REASON_WITHIN)
    assert forced(WANTING[1]) == ReasonAsked(tickets=("INC",), valid_for=REASON_WITHIN)
    assert isinstance(forced(WANTING[1], reason="it hangs"), Refused)
    assert isinstance(forced(WANTING[0], reason="it hangs"), Surveyed)
    assert isinstance(forced(WANTING[2]), Surveyed), "where --force is not allowed, a reason would not help"
    assert isinstance(forced(WANTING[0], max_targets=1), Refused)
    assert isinstance(forced(WANTING[0], users=("nobody",)), Surveyed)


def test_a_list_that_nobody_could_read_is_cut_and_says_so() -> None:
    many = tuple(b.session(number) for number in range(1, MOST_LISTED + 102))
    request = b.request(command="sessions", ask=SessionsAsk(hosts=("comp1",), choice=Choice.ALL), action=Action.LIST)
    surveyed = decide(request, [Look(host="comp1", at=b.NOW, sessions=many)], policy(), b.person())
    assert isinstance(surveyed, Surveyed)
    assert len(surveyed.targets) == MOST_LISTED
    assert f"There are {len(many):,}" in surveyed.message


RIGHT = "could not be read: the bot's account lacks the right Query Information on RDP-Tcp there"
UNREAD = b.session(6, account=Account(domain="", user=""), logon=0, disconnect=0, error=5)


@pytest.mark.parametrize(
    "condition",
    [
        BO,
        Condition(field=Field.IDLE, operator=Operator.MORE, values=("9999999",)),
        Condition(field=Field.LOGON, operator=Operator.LESS, values=("1",)),
    ],
)
def test_a_filter_on_what_could_not_be_read_leaves_nobody_unmentioned(condition: Condition) -> None:
    look = Look(host="comp1", at=b.NOW, sessions=(SERVICES, UNREAD))
    surveyed = decided(look, conditions=(condition,))
    assert [(one.session.id, one.why) for one in surveyed.excluded] == [(6, RIGHT)]
    assert (surveyed.targets, surveyed.ending) == ((), Ending.NOTHING_TO_DO)


@pytest.mark.parametrize("condition", [ACTIVE, Condition(field=Field.IDLE, operator=Operator.MORE, values=("60",))])
def test_a_state_that_is_unknown_leaves_nobody_unmentioned_either(condition: Condition) -> None:
    odd = b.session(6, state=SessionState.UNKNOWN)
    look = Look(host="comp1", at=b.NOW, sessions=(b.session(0, account=Account(domain="", user=""), disconnect=0), odd))
    surveyed = decided(look, conditions=(condition,))
    assert [(one.session.id, one.why) for one in surveyed.excluded] == [(6, "could not be read: its state is unknown")]


def test_a_filter_on_what_was_read_decides_about_a_session_that_was_not_read_whole() -> None:
    look = Look(host="comp1", at=b.NOW, sessions=(SERVICES, UNREAD))
    assert decided(look, conditions=(ACTIVE,)).excluded == ()


@pytest.mark.parametrize(
    ("error", "state", "why"),
    [
        (7045, SessionState.ACTIVE, RIGHT),
        (13, SessionState.ACTIVE, "could not be read: Windows answered error 13"),
        (0, SessionState.UNKNOWN, "could not be read: its state is unknown"),
    ],
)
def test_a_host_whose_sessions_cannot_be_read_is_not_one_where_nobody_is(
    error: int, state: SessionState, why: str
) -> None:
    account = Account(domain="", user="") if error else ALICE.account
    look = Look(host="comp1", at=b.NOW, sessions=(SERVICES, b.session(6, account=account, error=error, state=state)))
    other = Look(host="comp2", at=b.NOW, sessions=(b.session(3, host="comp2"),))
    ask = SessionsAsk(hosts=("comp1", "comp2"), choice=Choice.ALL)
    listed = surveyed_by(policy(), b.request(ask=ask, action=Action.LIST), [look, other])
    assert [survey.message for survey in listed.surveys] == ["", ""]
    (row,) = [
        "".join(part.text if isinstance(part, Bold) else part for part in line.parts if isinstance(part, str | Bold))
        for line in rows.of_targets(b.request(targets=tuple(t for t in listed.targets if t.session.id == 6)))
    ]
    assert row.startswith(" somebody  session 6 · " if error else " CORP\\alice  session 6 · ")
    assert why in row
    assert why in [one.why for one in decided(look).excluded]
