"""After the scenes that ship, each command of docs/audit.md answers its question, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from app.config.settings import load
from app.rehearse.environment import open_stage
from rehearsal.scenario import Player, read_scenario
from tests.contract.conftest import new_postgresql  # noqa: F401 - the fixture
from tests.support.checkout import ROOT
from tests.support.command_line import invoke
from tests.support.page_commands import QUESTIONS, commands_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.rehearse.environment import Rehearsal

SCENES = ("first-logoff", "four-eyes", "wrong-person")
ALICE, DMITRI = "CORP\\alice", "CORP\\dmitri"
ANSWERS: dict[str, tuple[str, ...]] = {
    "requests --user 'CORP\\alice' --host comp1 --since 7d": (
        "2 requests",
        ALICE,
        "frozen, ticket 4711",
        "done: 1 gone",
    ),
    "list --request TS-7K3QXM": ("asked", "surveyed", "approved", "target_ended", "/logoff rds-05 id=2 --sync"),
    "list --actor dana --since 30d": ("asked", "/sessions comp1", "own_press"),
    "requests --approver bo": ("2 requests,", "/logoff rds-05 id=2", "by four eyes bo done: 1 gone", "bo (no) denied"),
    "requests --rule on-call": ("requests", "/logoff comp1 id=3"),
    "report --by rule --since 30d": ("on-call", "fleet at work by four eyes"),
    "requests --forced": ("1 request,", "nobody (forced)", "INC-7 license full", "CORP\\"),
    "list --refused": ("outsider_press", "own_press", "denied"),
    "requests --verdict changed": ("1 request,", "1 changed", "/logoff comp1 id=3 --sync"),
    "report --by verdict": ("gone", "changed"),
    "report --by approver": ("bo (", "all"),
    "report --by actor --since 30d": ("dana (", "all"),
    "report --by user": (ALICE, "all"),
    "report --by host": ("comp1", "rds-05"),
    "report --by day --zone Europe/Berlin": ("day (Europe/Berlin)", "20"),
    "report --by forced": ("yes", "no"),
    "list --event policy_loaded": ("1 entry", "policy "),
    "list --event paused": ("1 entry", "patch day"),
    "list --event noted": ("own_press",),
    "export --format html --output report.html --since 30d --key PUBLIC": ("The page is about",),
    "export --format csv --output entries.csv --since 30d": ("entries, times in UTC",),
    "export --requests --format csv --output requests.csv": ("requests, times in UTC",),
    "export --format json --output entries.jsonl": ("entries, times in UTC",),
    "export --format json --before 2100-01-01 --output segment.jsonl": ("The segment has the entries 1 to",),
    "verify --file segment.jsonl --key PUBLIC": ("and the segment holds", "none is missing"),
    "anchor": (":",),
    "verify --key PUBLIC": ("and the log holds", "Not proven"),
    "verify --key PUBLIC --anchor SEQ:HASH": ("is that of the anchor, so nothing up to it was cut",),
}
"""Command -> what its answer says after the scenes."""


def commands() -> list[str]:
    return [command.text.removeprefix("logoff-bot audit ") for command in commands_of(QUESTIONS)]


def play(stage: Rehearsal) -> None:
    for name in SCENES:
        stage.farm.restore()
        player = Player(workspace=stage.workspace, farm=stage.farm, page=stage.page, rest=lambda _: False)
        assert list(player.play(read_scenario(name)))
        stage.wait_until_still()


def more(stage: Rehearsal) -> None:
    """What the scenes lack: a forced act, somebody who presses and may not, a no, and a pause."""
    stage.farm.restore()
    dana = stage.visitor("dana")
    dana.command('/logoff rds-05 id=2 --sync --force --reason "INC-7 license full"', "#ops")
    stage.wait_until_still()
    stage.farm.restore()
    dana.command("/logoff rds-05 id=2 --sync", "#ops")
    stage.wait_until_still()
    stage.visitor("oli").press("Log off 1")
    stage.wait_until_still()
    stage.visitor("bo").press("Deny")
    stage.wait_until_still()
    stage.bot.ledger.pause("operator ann", "patch day")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def values(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The values that stand for the placeholders of the page, and the URL of the database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('scenes')}/bot.db"
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("new_postgresql")
        url = make()
    settings = load(ROOT / "app.yaml")
    with open_stage(settings, engine="double", database=url) as stage:
        play(stage)
        entries = stage.bot.ledger.entries()
        four_eyes = next(
            entry.request_id for entry in entries if entry.event == "approved" and entry.actor_name == "bo"
        )
        more(stage)
        last = stage.bot.ledger.entries()[-1]
        keys = stage.bot.ledger.head().key_id
    return {"url": url, "TS-7K3QXM": four_eyes, "SEQ:HASH": f"{last.seq}:{last.hash}", "key": keys}


def test_every_command_of_the_page_has_its_answer_here() -> None:
    assert sorted(commands()) == sorted(ANSWERS)


def test_each_question_is_answered_by_its_command(
    values: dict[str, str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    monkeypatch.chdir(tmp_path)
    half = half_of(values)
    for command in commands():
        typed = command.replace("TS-7K3QXM", values["TS-7K3QXM"]).replace("SEQ:HASH", values["SEQ:HASH"])
        words = shlex.split(typed.replace("PUBLIC", half))
        place = [] if "--file" in words else ["--database", values["url"]]
        with subtests.test(command):
            done = invoke(["audit", *words, *place])
            told = " ".join(done.output.split())
            assert done.exit_code == 0, told
            assert [word for word in ANSWERS[command] if word not in told] == [], told


def half_of(values: dict[str, str]) -> str:
    """The public half of the rehearsal's key, as `audit key` prints it."""
    printed = invoke(["audit", "key"]).stdout
    assert values["key"] in printed
    return printed.split()[2]
