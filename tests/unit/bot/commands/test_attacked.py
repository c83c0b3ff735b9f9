"""What hostile and clumsy people type: nothing of it widens what is acted on, and every correction can be read."""

from __future__ import annotations

import re
import sys
from cProfile import Profile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import BY_NAME
from bot.commands.language import understand
from bot.commands.logoff import LogoffAsk
from bot.domain.conditions import Ids
from bot.domain.inventory import Inventory, expand
from bot.domain.near_names import Candidates
from bot.errors import UsageError
from tests.support.cases import for_each
from tests.support.effort import PROFILE, examples, sample

INVENTORY = Inventory(
    names=("comp1", "comp2", "comp3", "10.0.0.5", *expand("rds-[01-40]")), groups={"rds-prod": ("rds-01", "rds-02")}
)
STATES = "comp1 state=active,disconnected"


def ask(text: str, inventory: Inventory = INVENTORY) -> LogoffAsk:
    read = BY_NAME["logoff"].parse(text, inventory)
    assert isinstance(read, LogoffAsk)
    return read


def refusal(text: str, command: str = "logoff") -> UsageError:
    with pytest.raises(UsageError) as caught:
        BY_NAME[command].parse(text, INVENTORY)
    return caught.value


def marked(error: UsageError) -> str:
    return error.text[error.start : error.end]


# Nothing widens


@for_each("text", [
    "Get-TSSession -cn comp1 | Stop-TSSession -cn comp2", "Get-TSSession comp1 | Stop-TSSession -ComputerName comp2",
    "Get-TSSession comp1 -Id 2 | Stop-TSSession -Id 4", "Get-TSSession comp1 2 | Stop-TSSession -Id 4",
    "Get-TSSession comp1 user=alice | Stop-TSSession user=bob",
])  # fmt: skip
@for_each("force", ["", " --force"])
def test_what_is_selected_again_behind_the_pipe_is_refused(text: str, force: str) -> None:
    assert "left of the pipe" in refusal(text + force).message


@pytest.mark.parametrize("text", ["Get-TSSession comp1 | Stop-TSSession -Id 3", "Get-TSSession comp1 3|Stop-TSSession"])
def test_what_is_selected_once_may_stand_on_either_side_of_the_pipe(text: str) -> None:
    assert (ask(text).hosts, ask(text).ids) == (("comp1",), Ids(((3, 3),)))


@pytest.mark.parametrize("typed", ["comp1|Stop-TSSession", "comp1| Stop-TSSession", "comp1 |Stop-TSSession"])
def test_a_pipe_needs_no_spaces(typed: str) -> None:
    assert ask(f"Get-TSSession {typed}") == ask("Get-TSSession comp1 | Stop-TSSession")


def test_a_pipe_in_quotes_is_a_text() -> None:
    assert ask('Get-TSSession comp1 --reason "x |" | Stop-TSSession').reason == "x |"


@pytest.mark.parametrize("value", ['--reason "floor",x', 'user="bob",alice', '--reason "floor",', 'client=a="b",c'])
def test_a_value_that_ends_without_quotes_is_followed_by_no_id(value: str) -> None:
    refusal(f"comp1 id=3 {value} 5 --force")


@pytest.mark.parametrize(("text", "same"), [
    ('"comp1, comp2" 3', "comp1,comp2 3"), ('comp1 user="bob, alice"', "comp1 user=bob,alice"),
    ('comp1 -Id "3, 5"', "comp1 -Id 3,5"), ('comp1 state="active, disc*"', "comp1 state=active,disc*"),
])  # fmt: skip
def test_a_list_in_quotes_may_have_spaces(text: str, same: str) -> None:
    assert ask(text) == ask(same)


def test_ids_in_quotes_without_a_comma_do_not_become_one() -> None:
    assert "no session id" in refusal('comp1 -Id "3 5"').message


# Words that are nearly an option


@for_each(("text", "corrected"), [
    ("user alice comp1", "comp1 user=alice"), ("comp1 idle 2h", "comp1 idle>2h"),
    ("comp1 state active disconnected", STATES), ("comp1 state=active disconnected", STATES),
    ("comp1 3 reason: floor 5", 'comp1 3 reason: "floor 5"'), ("comp1 3 reason floor 5", 'comp1 3 reason="floor 5"'),
    ("comp1 3 sync", "comp1 3 --sync"), ("comp1 all", "comp1 --all"), ("comp1 3 --sync!", "comp1 3 --sync"),
    ("group: rds-prod 3", "group:rds-prod 3"), ("group rds-prod 3", "group:rds-prod 3"),
    ("comp1 3 -Confirm $true", "comp1 3 -Confirm:$true"), ("comp1 3 -WhatIf: $true", "comp1 3 -WhatIf:$true"),
    ("comp1 3 --sync 90s", "comp1 3 --sync --timeout 90s"), ("comp1 3 --wait 2 m", "comp1 3 --wait --timeout 2m"),
    ("comp1 --sync 3", "comp1 --sync id=3"), ("--sync 3 comp1 id=5", ""), ("comp1 3 --no-sync", ""),
    ("comp1 3 -5", ""), ("comp1 3 --", ""), ("comp1 -- 3", ""),
])  # fmt: skip
def test_a_word_that_is_nearly_an_option_is_answered_with_the_option(text: str, corrected: str) -> None:
    error = refusal(text)
    if text == "--sync 3 comp1 id=5":
        corrected = "comp1 --sync --timeout 3s id=5"
    assert error.corrected == corrected
    assert marked(error)
    assert "no computer `" not in error.message


@for_each(("text", "corrected"), [
    ("comp1 id=3 5 7", "comp1 id=3,5,7"), ("comp1 3 --warn 5 min please save", 'comp1 3 --warn 5m "please save"'),
    ("comp1 3 --warn five minutes", ""), ("comp1 logon<2026-01-31 8:00", "comp1 logon<2026-01-31T08:00"),
    ("comp1 3 --reason floor, 5", 'comp1 3 --reason "floor, 5"'), ("comp1 user=bob 3", "comp1 user=bob id=3"),
    ("user=bob, alice comp1", 'comp1 user="bob, alice"'), ('comp1 user="bob", "al x"', 'comp1 user="bob","al x"'),
    ('comp1 -Id "3", "5"', 'comp1 -Id "3","5"'), ('-cn "comp2", "comp3" 3', '-cn "comp2","comp3" 3'),
    ('comp1 "3"', ""), ('comp1 3 "comp2"', ""), ('comp1 3 "--force"', ""), ('comp1 3 ""', "comp1 3"),
    ("--reason comp1 3", ""), ("comp1 3 –-reason floor 5", 'comp1 3 --reason "floor 5"'),  # noqa: RUF001 - a phone's dash
    ("comp1,3", "comp1 id=3"), ("comp1,comp2,3", ""),
    ("comp1 id=3 user=bob 5 --force", ""), ("comp1 user=bob 5 id=3", ""), ("comp1 3 user=bob 5", ""),
    ("comp1 3 -EA Continue 5", ""), ("comp1 3 --all= 5", ""),
    ("'comp1 3' --force", "comp1 3 --force"), ("comp1..comp3 3", "comp[1-3] 3"),
])  # fmt: skip
def test_a_correction_is_one_that_can_be_read(text: str, corrected: str) -> None:
    assert refusal(text).corrected == corrected


@pytest.mark.parametrize("typed", ["logoff 3 /server:comp1", "/logoff comp1 3", "LOGOFF comp1 id=3"])
def test_the_name_of_the_command_may_be_said_again(typed: str) -> None:
    assert (ask(typed).hosts, ask(typed).ids) == (("comp1",), Ids(((3, 3),)))


def test_a_beginning_is_answered_with_the_names_that_begin_so() -> None:
    assert refusal("comp1 -S active").message == (
        "`S` could be `server`, `sessionid`, `state`, `session`, `stop-on-error`, `sync`, `say`. Write it out."
    )


def test_a_pipe_has_no_meaning_where_sessions_are_listed() -> None:
    assert "leave it out" in refusal("Get-TSSession comp1 | Out-File x", "sessions").message


def test_force_without_a_target_is_marked() -> None:
    assert marked(refusal("comp1 --sync --force")) == "--force"
    assert marked(refusal("comp1 -Confirm:$false")) == "-Confirm:$false"


# Names


@for_each(("typed", "expected"), [
    ("comp1..comp3", Candidates(("comp1", "comp3"))), ("comp1|comp2", Candidates(("comp1", "comp2"))),
    ("please log off comp1", Candidates(("comp1",))), ("comp1.evil/comp", Candidates()),
    ("10.0.0.6", Candidates(("10.0.0.5",))), ("10.0.0", Candidates()), ("comp1.comp2", Candidates(("comp1", "comp2"))),
    ("10.", Candidates()), ("-5", Candidates()),
    ("10.0.0.5:3", Candidates(("10.0.0.5",), is_clear=True)), ("3.", Candidates()), ("x" * 2000, Candidates()),
    ("с\u043emp1", Candidates()), ("c\u043emp1", Candidates(("comp1",))),  # noqa: RUF001 - letters that look alike
])  # fmt: skip
def test_a_name_beside_other_words_is_no_confident_guess(typed: str, expected: Candidates) -> None:
    assert INVENTORY.candidates(typed) == expected


# Whatever is typed


def as_slack_sends(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


WORDS = st.sampled_from(
    [
        *(
            "comp1",
            "comp2",
            "comp9",
            "rds-1",
            "group:",
            "comp1:3",
            "comp1,",
            "3",
            "5",
            "3,5",
            "3,",
            ",",
            "-5",
            "--",
            "-",
        ),
        *("|", "id=", "id", "-Id", "-Id3", "--reason", "reason=a,", "--say", "--warn", "5m", "min", "--sync", "sync"),
        *("--force", "$false", "-Confirm", "-Confirm:", '"floor 5"', '"5"', '""', "','", 'user="a",b', "user=", "bob,"),
        *("state=active", "idle>", "idle", ">", "=", "logon<2026-01-31", "8:00", "Get-TSSession", "Stop-TSSession"),
        *("it's", "C:\\x", "\N{GRINNING FACE}", "&lt;", "\u201cx\u201d", "--all", "-S", "/3", "/server:comp1"),
    ]
)


@settings(max_examples=examples(4))
@given(st.lists(WORDS, max_size=7), st.sampled_from(["", " "]))
def test_a_correction_parses_and_names_only_what_was_typed(words: list[str], between: str) -> None:
    text = " ".join(words) if between else "".join(words)
    try:
        ask(text)
    except UsageError as error:
        assert 0 <= error.start <= error.end <= len(error.text)  # noqa: PT017 - an error is one of two good outcomes
        if error.corrected:
            meant = ask(as_slack_sends(error.corrected))
            numbers = {int(number) for number in re.findall("[0-9]+", text)}
            assert {end for pair in meant.ids.ranges for end in pair} <= numbers
            assert not meant.force or "force" in text.lower() or "confirm" in text.lower()


MANY = Inventory(names=tuple(expand("rds-[0001-1000]")))


@for_each("text", sample([
    "* " * 999, "rds-* " * 330, "rds-*," * 330, "?" * 1999, "*a" * 999, "x" * 1999, "rds-" + "1" * 1900, "id " * 660,
    "--reason x " + "5 " * 900, "user= " * 330, "'" * 1999, "<a|" * 600, "id=3 " + "5 " * 900, "--sync 5 " * 220,
    "alice " * 330, "rds-0001 " + "alice bob " * 190, "rds-0001:3 " * 180, "rds-[0001-1000]," * 120,
    "please log off " * 130,
    "rds-0001 because " + "x " * 900, "(" * 1999, "@(3," * 400, "msg alice /server:rds-0001 " + "hi " * 600,
    "rds-99999 " * 190,
    " ".join(f"*{a}{b}*" for a in "abcdefghijklmnopqrst" for b in "abcdefghijklmno"),
], 5))  # fmt: skip
def test_the_cost_of_a_command_does_not_explode_with_its_length(text: str) -> None:
    """Twice as long is at most some six times as much work, whatever it is; Slack gives up after three seconds."""
    long = 250 if PROFILE == "quick" else 1000
    half, whole = calls_to_understand(text[:long]), calls_to_understand(text[: 2 * long])
    assert whole <= 6 * half + 20_000
    assert whole <= 2_000_000


def calls_to_understand(text: str) -> int:
    """How many functions are called: the same on every machine."""
    counter = Profile()
    before = sys.getprofile()
    sys.setprofile(None)
    counter.enable()
    try:
        understand("logoff", text, MANY)
    except UsageError as error:
        assert error.message  # noqa: PT017 - either outcome is good
    finally:
        counter.disable()
        sys.setprofile(before)
    return sum(each.callcount for each in counter.getstats())
