"""What one command may cost: no text of 8,000 letters takes more than a fixed number of steps, however it is made."""

from __future__ import annotations

import random
import sys
from cProfile import Profile

import pytest

from bot.commands import BY_NAME
from bot.commands.bounds import MOST_PATTERNS, MOST_RANGES, MOST_SELECTORS, MOST_WORDS
from bot.commands.language import suggest, understand
from bot.domain import inventory
from bot.domain.inventory import Inventory, expand
from bot.errors import UsageError
from tests.support.cases import for_each
from tests.support.effort import PROFILE, sample

FLEET = Inventory(
    names=(*expand("rds-prod-[0001-0500].corp.example"), *expand("ctx-web-[001-500]")),
    patterns=("srv-*",),
    groups={"web": ("ctx-web-001",)},
)
MOST_STEPS = 500_000
"""Calls of functions, Python's own included. A command of one known computer takes about 2,000."""

PIECES = [
    *("*,", "a*,", "*a*a*a*a*b,", "*? ", "?,", "*a", "ctx-web-001 ", "ctx-web-001:3 ", "ctx-web-01,", "group:web,"),
    *(
        "rds-prod-[0001-0500].corp.example,",
        "rds-[0001-0500]",
        "rds-[1,3-5],",
        "ctx-web-[001-500]0 ",
        "[1-2]",
        "{1..9}",
    ),
    *(
        "id=",
        "3,",
        "3-5,",
        "1-",
        "user=*a*a*b,",
        "state=a,",
        "idle>",
        "1h",
        "--sync ",
        "--force ",
        "-",
        "=",
        "(",
        "@(3,",
    ),
    *('"', "'", "&lt;", "<a|", "<http://a|b>", "|", "get-tssession ", "PS C:\\>", "because ", "kick a ", "alice "),
    *("a@b ", "a\\b ", "log off alice ", "please ", "to ", "3 to 4 ", ".", "..", "#", "é", "\u0130", "—a ", "# "),
]
SAID = ""
TAILS = ["", "x y", '"', "|"]


def steps(text: str, command: str = "logoff") -> int:
    """Count the calls that it takes to understand a text, or to refuse it. `SAID`: words to the bot, no command."""
    counter = Profile()
    inventory._matching.cache_clear()
    before = sys.getprofile()
    sys.setprofile(None)
    counter.enable()
    try:
        understand(command, text, FLEET) if command else suggest(text, FLEET)
    except UsageError:
        pass
    finally:
        counter.disable()
        sys.setprofile(before)
    return sum(each.callcount for each in counter.getstats())


def hosts(text: str) -> tuple[str, ...]:
    return BY_NAME["logoff"].parse(text, FLEET).hosts


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        understand("logoff", text, FLEET)
    return caught.value.message


def test_the_same_selector_many_times_is_one() -> None:
    assert hosts("*," * 980) == FLEET.names
    assert hosts("ctx-web-001,CTX-WEB-001," * 70) == ("ctx-web-001",)


@for_each(
    ("text", "sentence"),
    [
        (",".join(f"*{n}" for n in range(MOST_PATTERNS + 1)), "Those are more than 50 patterns."),
        (
            "ctx-web-001 user=" + ",".join(f"a{n}*" for n in range(MOST_PATTERNS + 1)),
            "Those are more than 50 patterns.",
        ),
        (" ".join(f"?{n}" for n in range(MOST_PATTERNS + 1)), "Those are more than 50 patterns."),
        (",".join(f"a{n}" for n in range(MOST_SELECTORS + 1)), "Those are more than 100 names and words."),
        (" ".join(f"w{n}" for n in range(MOST_SELECTORS + 1)), "Those are more than 100 names and words."),
        (",".join(f"a[{n}-{n}]" for n in range(MOST_RANGES + 1)), "Those are more than 20 ranges."),
        ("* " * (MOST_WORDS + 1), "Those are 201 words; I read at most 200."),
        ("*a*a*a*a*b," * 800, "That is 8,800 characters long; I read at most 2,000."),
    ],
)
def test_who_names_too_much_is_told_what_to_write_instead(text: str, sentence: str) -> None:
    assert sentence in refusal(text)


def test_as_much_as_that_is_read() -> None:
    assert len(hosts(",".join(f"ctx-web-{n:03}" for n in range(1, MOST_SELECTORS + 1)))) == MOST_SELECTORS
    assert len(hosts(",".join(f"*{n:02}" for n in range(MOST_PATTERNS)))) > MOST_PATTERNS
    assert hosts("ctx-web-001 id=" + ",".join(map(str, range(300)))) == ("ctx-web-001",)
    said = " ".join(f"w{n}" for n in range(60))
    assert BY_NAME["logoff"].parse(f'ctx-web-001 id=3 --reason "{said}"', FLEET).hosts == ("ctx-web-001",)


@for_each("piece", sample(PIECES, 7))
def test_no_text_of_one_piece_costs_more_than_some_steps(piece: str) -> None:
    whole = piece * 8000
    texts = [whole[:8000], whole[:2000], ("ctx-web-001 " + whole)[:1990] + " x y"]
    texts += [sign.join(f"{piece.strip()}{n}" for n in range(2000))[:2000] for sign in (" ", ",")]
    if PROFILE == "quick":  # one of them, another for the next piece; what is too long is refused at once
        texts = [whole[:8000], texts[1 + PIECES.index(piece) % (len(texts) - 1)][:1000]]
    assert max(map(steps, texts)) < MOST_STEPS
    if PROFILE != "quick" or PIECES.index(piece) % 5 == 0:
        assert steps(whole[:8000], SAID) + steps(whole[:2000], SAID) < MOST_STEPS


def test_no_text_of_several_pieces_does() -> None:
    chance = random.Random(14)  # noqa: S311 - texts to try, the same each time
    for _ in range(5 if PROFILE == "quick" else 20):
        unit = "".join(chance.choices(PIECES, k=chance.randint(2, 4)))
        text = (unit * 2000)[:1990] + chance.choice(TAILS)
        assert steps(text) < MOST_STEPS, text[:60]
