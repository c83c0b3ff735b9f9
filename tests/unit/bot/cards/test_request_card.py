"""What a card says, in words: every state and ending, and what may never be said wrongly."""

from __future__ import annotations

from dataclasses import replace

from bot.cards import request_card
from bot.cards.model import Bold, Group, Line, Press, Timestamp, UserMention
from bot.domain import events as e
from bot.domain.people import Actor
from bot.domain.request import Ending, ExcludedSession, Request, State
from bot.domain.session import Account
from bot.domain.verdicts import Verdict
from tests.support import builders as b
from tests.support import samples
from tests.support.cases import for_each
from tests.support.harness import text_of

DECIDED = [Press.APPROVE, Press.DENY]
"""What a card shows that other people decide on: a yes and one no."""

REQUESTS = samples.of_all_kinds()
NOBODY = Account(domain="", user="")


def test_there_is_a_sample_of_every_state_ending_and_verdict() -> None:
    requests = REQUESTS.values()
    assert {request.state for request in requests} == set(State)
    assert {request.ending for request in requests} == {None, *Ending}
    verdicts = {target.verdict for request in requests for target in request.targets}
    assert verdicts >= {*Verdict} - {Verdict.SENT}


@for_each(
    ("name", "headline"),
    [
        ("asked", "Looking at comp1"),
        ("awaiting", "Log off CORP\\alice on comp1?"),
        ("awaiting-left-out", "Log off 2 people on comp1 and comp2?"),
        ("ready", "Logging off CORP\\alice on comp1"),
        ("acting-forced", "Logging off CORP\\alice on comp1"),
        ("acting-one-done", "Logging off on comp1 and comp2: 1 of 2 done"),
        ("ended-answered", "3 sessions on comp1"),
        ("ended-whatif", "What if: 2 people on comp1 would be logged off. Nothing was changed"),
        ("ended-nothing-to-do", "Could not look at comp1"),
        ("ended-refused", "Not allowed. Nobody was logged off"),
        ("ended-denied", "Denied by other. Nobody was logged off"),
        ("ended-cancelled", "Cancelled by asker. Nobody was logged off"),
        ("ended-expired", "Expired: nobody decided. Nobody was logged off on comp1"),
        ("ended-failed", "Failed. Not yet seen gone: CORP\\alice on comp1"),
        ("verdict-gone", "Logged off CORP\\alice on comp1"),
        ("verdict-already-gone", "CORP\\alice on comp1 was gone already"),
        ("verdict-still-closing", "Not yet seen gone: CORP\\alice on comp1"),
        ("verdict-unknown", "Not yet seen gone: CORP\\alice on comp1"),
        ("awaiting-disconnect", "Disconnect 2 people on comp1?"),
        ("awaiting-narrowed", "Log off CORP\\alice on comp1?"),
        ("ended-disconnected", "Disconnected CORP\\bob on comp1"),
        ("ended-cancelled-by-a-lead", "Cancelled by lead. Nobody was logged off"),
        ("ended-rules-changed", "Not allowed. Nobody was logged off"),
    ],
)
def test_the_headline_says_what_is_true_now(name: str, headline: str) -> None:
    assert request_card.build(REQUESTS[name]).headline == headline


def test_only_what_was_seen_gone_is_called_logged_off() -> None:
    for name, request in REQUESTS.items():
        said = request_card.build(request).headline.startswith(r"Logged off")
        assert said == (Verdict.GONE in {target.verdict for target in request.targets} and request.state is State.ENDED)
        ticked = "· logged off" in text_of(request_card.build(request))
        assert ticked == (Verdict.GONE in {target.verdict for target in request.targets}), name


@for_each(
    ("name", "words"),
    [
        ("awaiting", r"⚪ CORP\alice  session 3 · left 3 h ago · logged on"),
        ("awaiting", "Reason: the session is frozen"),
        ("awaiting-left-out", r"2 not included: CORP\bob on comp1 (a protected user); 1 service or listener"),
        ("awaiting-left-out", "⚠️ comp3 cannot be reached."),
        ("acting-one-asked", r"🔄 CORP\alice  session 3 · being logged off"),
        ("acting-one-done", "session 3 · logged off"),
        ("acting-stopped", "left alone: stopped before its turn"),
        ("acting-forced", "forced: nobody was asked"),
        ("ended-answered", r"CORP\bob  session 5 · may be at work, idle time unknown · logged on"),
        ("ended-answered", " · LAPTOP-7"),
        (
            "ended-whatif",
            'Performing the operation "Logging off session id \'3\'" on target "comp1". That is CORP\\alice',
        ),
        ("ended-refused", "No rule lets you log sessions off."),
        ("ended-expired", "left alone: the time was over before its turn"),
        ("ended-failed", "Give this reference to whoever runs the bot: 4f1c09aa"),
        ("verdict-changed-person", r"another person, or a new logon, holds this session now (CORP\mallory)"),
        ("verdict-changed-came-back", "left alone: came back to work"),
        ("verdict-changed-filter", "no longer matches what was asked for"),
        ("verdict-no-right", "Windows refused (error 5): the bot's account lacks the right"),
        ("verdict-not-let-in", "nothing was done: comp1 did not accept the bot's account."),
        ("verdict-failed", "Windows answered error 1359; not logged off"),
        ("verdict-unreachable", "the computer could not be reached; nothing was done"),
        ("verdict-unknown", "may or may not be logged off; I look again"),
        ("verdict-unknown-for-good", "may or may not be logged off; I have stopped looking, list comp1 to see"),
        ("verdict-still-closing", "still closing after 60 s; I look again until 2026-03-02 14:15"),
        ("verdict-still-closing-for-good", "still closing when I last saw it; I have stopped looking"),
        ("ended-disconnected", "· disconnected; programs go on running"),
        ("awaiting-force-not-taken", "These are too many at once for --force, so I ask."),
        ("awaiting-warning", "People are warned first and get 5 minutes to save their work."),
        ("awaiting", "Waits until each session is gone, 90 s at most."),
        ("awaiting-disconnect", "Waits until each session is disconnected, 90 s at most."),
        ("ended-approved-by-others", "Waited until each session was gone, 90 s at most."),
        ("awaiting-narrowed", r"1 not included: CORP\bob (taken out by other)"),
        ("ready-warned", "left alone: could not be warned"),
        ("ended-rules-changed", "The rules or the people have changed since it was approved"),
    ],
)
def test_the_card_says_it_in_plain_words(name: str, words: str) -> None:
    assert words in text_of(request_card.build(REQUESTS[name]))


def people_on(line: Line) -> list[str]:
    return [part.user_id if isinstance(part, UserMention) else part.name for part in line.parts
            if isinstance(part, UserMention | Group)]  # fmt: skip


def test_a_card_that_waits_for_others_calls_them_and_names_who_said_yes() -> None:
    said = {str(line.parts[0]): people_on(line) for line in request_card.build(REQUESTS["awaiting-counted"]).lines}
    assert said["Needs a yes: 1 of 2 from "] == ["@leads", "@oncall", b.OTHER.user_id]


def test_each_need_has_its_own_line() -> None:
    lines = request_card.build(REQUESTS["awaiting-two-needs"]).lines
    needs = [(line.parts[0], people_on(line)) for line in lines if str(line.parts[0]).startswith("Needs")]
    assert needs == [("Needs a yes: 0 of 2 from ", ["@leads"]), ("Needs a yes: 0 of 1 from ", ["U0LEAD"])]


def test_what_was_counted_before_the_card_changed_is_not_shown_any_more() -> None:
    counted = REQUESTS["awaiting-counted"]
    kept = frozenset({counted.targets[0].key})
    narrowed = samples.after(counted, e.Narrowed(by=b.OTHER, on_version=counted.version, keys=kept))
    assert "Needs a yes: 0 of 2 from" in text_of(request_card.build(narrowed))


def test_a_warned_session_can_be_cancelled_until_the_stated_time() -> None:
    card = request_card.build(REQUESTS["ready-warned"])
    assert [button.press for button in card.buttons] == [Press.CANCEL]
    assert Timestamp(b.NOW + samples.FIVE) in card.lines[-1].parts
    (alice,) = [line for line in card.lines if Bold(r"CORP\alice") in line.parts]
    assert "warned at " in alice.parts


def test_people_are_left_out_by_name_and_services_are_counted() -> None:
    services = [ExcludedSession(session=b.session(0, host=f"rds-{at}", account=NOBODY), why="x") for at in range(30)]
    ceo = ExcludedSession(session=b.session(9, account=Account(domain="CORP", user="ceo")), why="a protected user")
    card = request_card.build(samples.surveyed(samples.asked(), excluded=(*services, ceo)))
    assert "31 not included: CORP\\ceo on comp1 (a protected user); 30 services and listeners" in text_of(card)


def test_nothing_that_is_over_waits_for_its_turn() -> None:
    for name, request in REQUESTS.items():
        waits = "· next" in text_of(request_card.build(request))
        assert not waits or request.state is State.ACTING, name


def test_the_one_line_of_a_locked_phone_says_who_whom_and_where() -> None:
    summary = request_card.build(REQUESTS["awaiting-left-out"]).summary
    assert all(word in summary for word in (r"CORP\alice", r"CORP\josé", "comp1", "comp2", "asker", "TS-AAAAAA"))
    nameless = replace(REQUESTS["awaiting"], actor=Actor(user_id="U0ASKER"))
    assert "asked by U0ASKER" in request_card.build(nameless).summary


@for_each(
    ("name", "is_private"),
    [
        ("ended-answered", True),
        ("ended-whatif", True),
        ("ended-nothing-to-do", True),
        ("ended-refused", True),
        ("ended-denied", False),
        ("ended-cancelled", False),
        ("ended-failed", False),
        ("verdict-gone", False),
        ("awaiting", False),
        ("acting-forced", False),
    ],
)
def test_a_card_without_a_decision_is_shown_to_the_requester_alone(name: str, is_private: bool) -> None:  # noqa: FBT001 - a table
    assert request_card.is_private(REQUESTS[name]) is is_private


def test_here_shows_it_to_all() -> None:
    request = REQUESTS["ended-answered"]
    assert not request_card.is_private(replace(request, ask=replace(request.ask, here=True)))


def test_the_buttons_name_the_number_and_their_version() -> None:
    buttons = request_card.build(REQUESTS["awaiting-left-out"]).buttons
    assert [(button.press, button.label, button.value) for button in buttons] == [
        (Press.APPROVE, "Log off 2", "TS-AAAAAA:2"),
        (Press.CANCEL, "Cancel", "TS-AAAAAA:2"),
        (Press.CHOOSE, "Choose...", "TS-AAAAAA:2"),
    ]


@for_each(
    ("name", "presses", "menu"),
    [
        ("awaiting-active", [Press.APPROVE, Press.CANCEL], [Press.DISCONNECT]),
        ("awaiting-others", DECIDED, [Press.CHOOSE, Press.DISCONNECT, Press.DENY_BECAUSE, Press.CANCEL]),
        ("awaiting-disconnect", DECIDED, [Press.CHOOSE, Press.DENY_BECAUSE, Press.CANCEL]),
        ("awaiting-narrowed", DECIDED, [Press.DENY_BECAUSE, Press.CANCEL]),
        ("ready-approved", [], []),
        ("acting-warned", [], []),
        ("acting-one-done", [Press.STOP], []),
    ],
)
def test_a_card_offers_what_can_be_done_with_it_now(name: str, presses: list[Press], menu: list[Press]) -> None:
    card = request_card.build(REQUESTS[name])
    assert ([button.press for button in card.buttons], [entry.press for entry in card.menu]) == (presses, menu)


def test_a_card_has_one_no_beside_its_yes_and_fits_a_row_of_a_phone() -> None:
    for name, request in REQUESTS.items():
        card = request_card.build(request)
        refusing = [button for button in card.buttons if button.press in (Press.DENY, Press.CANCEL)]
        assert len(refusing) == (1 if Press.APPROVE in {button.press for button in card.buttons} else len(refusing)), (
            name
        )
        assert len(card.buttons) <= 3, name
        assert len(card.menu) <= 5, name


def test_when_all_hosts_have_begun_there_is_nothing_left_to_stop() -> None:
    begun = samples.after(samples.two_hosts(), e.HostStarted(host="comp2"))
    assert request_card.build(begun).buttons == ()


def test_many_computers_are_counted() -> None:
    sessions = [b.session(3, host=f"rds-{number:02}") for number in range(1, 6)]
    assert (
        request_card.build(samples.surveyed(samples.asked(), *sessions)).headline
        == "Log off 5 sessions on 5 computers?"
    )


def test_some_of_several_are_said_as_some() -> None:
    one_of_two = samples.after(
        samples.two_hosts(),
        e.TargetEnded(key=("comp1", 3), verdict=Verdict.GONE),
        e.TargetEnded(key=("comp2", 7), verdict=Verdict.UNREACHABLE),
        e.Ended(),
    )
    assert request_card.build(one_of_two).headline == "Logged off 1 of 2 on comp1 and comp2"


def verbosely(request: Request) -> str:
    return text_of(request_card.build(replace(request, ask=replace(request.ask, verbose=True))))


def test_verbose_adds_what_a_computer_said_that_did_not_do_its_order() -> None:
    request = REQUESTS["verdict-no-right"]
    target = replace(
        request.targets[0], words="Zugriff\u202e verweigert.\n✓ logged off " + "x" * 1000 + " CommandNotFoundException"
    )
    request = replace(request, targets=(target, *request.targets[1:]))
    assert "the computer said" not in text_of(request_card.build(request))
    said = verbosely(request).partition("the computer said: ")[2]
    assert said.startswith("Zugriff\N{REPLACEMENT CHARACTER} verweigert.\N{REPLACEMENT CHARACTER}")
    assert "✓" not in said.splitlines()[0]
    assert " ... xxx" in said
    assert "x CommandNotFoundException" in said
    assert 100 < said.count("x") < 200


def test_verbose_adds_what_a_computer_said_that_did_not_answer() -> None:
    request = samples.surveyed(samples.asked())
    silent = b.look("comp9", code="no_right", message="comp9 says no.", words="Zugriff verweigert.")
    request = replace(request, surveys=(*request.surveys, silent))
    plain, verbose = text_of(request_card.build(request)), verbosely(request)
    assert ("comp9 says no." in plain, "Zugriff" in plain) == (True, False)
    assert "the computer said: Zugriff verweigert." in verbose


def test_verbose_adds_the_codes_and_the_hosts_own_clock() -> None:
    request = REQUESTS["verdict-no-right"]
    plain = text_of(request_card.build(request))
    verbose = text_of(request_card.build(replace(request, ask=replace(request.ask, verbose=True))))
    assert "host's clock" not in plain
    assert "Disconnected" in verbose
    assert "error 5" in verbose
