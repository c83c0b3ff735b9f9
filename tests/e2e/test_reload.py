"""A running bot takes a changed app.yaml, or refuses it and goes on with the old one. The process is a real one."""

from __future__ import annotations

import json
import os
import signal
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from adapters.sql.migrate import upgrade
from bot.audit.record import POLICY_LOADED
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from bot.policy.digest import digest_of
from rehearsal.slack import Fault, FaultKind, UserClient
from rehearsal_testing.waiting import wait_until
from tests.e2e import test_death_and_rebirth
from tests.e2e.test_process_end import REAL, ended, lines_in, running

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from bot.audit.entry import Entry
    from tests.e2e.test_death_and_rebirth import World

world = test_death_and_rebirth.world  # the fixture
pytestmark = pytest.mark.slow
SHIPPED = Path(__file__).resolve().parents[2] / "app.yaml"
WITHOUT_DANA = ("  - name: on-call\n    who: ['@oncall']", "  - name: on-call\n    who: [U0BO000001]")


class Running:
    """A bot that runs, its file and its log."""

    def __init__(self, world: World, process: subprocess.Popen[str], folder: Path) -> None:
        self.world, self.process, self.file, self._log = world, process, folder / "app.yaml", folder / "log"

    def change(self, *pairs: tuple[str, str]) -> None:
        """Write the shipped file with these texts replaced, in one step as a configuration tool does."""
        new = self.file.with_suffix(".new")
        new.write_text(changed(*pairs), "utf-8")
        new.replace(self.file)

    def hang_up(self) -> None:
        os.kill(self.process.pid, signal.SIGHUP)

    def lines(self, event: str) -> list[dict[str, Any]]:
        whole = self._log.read_text("ascii").split("\n")[:-1]
        return [line for line in map(json.loads, whole) if line["event"] == event]

    def wait_for(self, event: str, times: int = 1) -> dict[str, Any]:
        wait_until(lambda: len(self.lines(event)) >= times, 60)
        assert self.process.poll() is None
        return self.lines(event)[-1]

    def policies(self) -> list[Entry]:
        return [entry for entry in self.world.ledger.entries() if entry.event == POLICY_LOADED]

    def wait_for_buttons(self) -> UserClient:
        dana = UserClient(self.world.workspace.url, "dana")
        wait_until(lambda: any(message.buttons for message in dana.messages()))
        return dana

    def asked(self, who: str, text: str) -> str:
        return str(UserClient(self.world.workspace.url, who).command(text))


def changed(*pairs: tuple[str, str]) -> str:
    text = SHIPPED.read_text("utf-8").replace('who: ["@oncall"]', "who: ['@oncall']")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


@contextmanager
def bot_on(world: World, folder: Path, **how: Any) -> Iterator[Running]:
    (folder / "app.yaml").write_text(changed(), "utf-8")
    log: IO[bytes]
    with (folder / "log").open("wb") as log, world.bot(log=log, settings=folder / "app.yaml", **how) as process:
        yield Running(world, process, folder)


def test_a_good_file_is_recorded_and_taken_without_a_new_connection(world: World, tmp_path: Path) -> None:
    with bot_on(world, tmp_path) as bot:
        sockets = world.workspace.sockets
        bot.asked("dana", "/logoff comp1 id=3")
        bot.wait_for_buttons()
        bot.change(WITHOUT_DANA, ("  - comp2\n", ""), ("second_person_above: 10 ", "second_person_above: 9 "))
        bot.hang_up()
        taken = bot.wait_for("config.taken")
        assert (taken["changed"], taken["after_next_start"]) == (["computers", "rules", "limits"], [])
        first, second = bot.policies()
        assert (digest_of(second.text), second.policy) == (taken["policy"], taken["policy"])
        assert first.policy != second.policy
        # The card of before is decided by the rules of now: its requester may no longer log anybody off.
        bot.wait_for_buttons().press("Log off 1")
        wait_until(lambda: world.request().state is State.ENDED)
        assert world.request().ending is Ending.REFUSED
        assert world.ledger.entries(after=second.seq)[0].policy == second.policy
        assert "comp2" in bot.asked("dana", "/sessions comp2")
        assert not world.farm.calls("comp2")
        assert world.workspace.sockets == sockets
    assert [call.name for call in world.farm.calls("comp1") if call.name == "logoff"] == []


BAD = {
    "no yaml": (("rules:\n", "rules: [\n"), "is no YAML"),
    "an unknown key": (("limits:\n", "limitz:\n"), "limitz: I know no key `limitz` here; did you mean `limits`?"),
    "a computer by two names": (("  - comp2\n", "  - comp2\n  - comp2.corp.example\n"), "computers.2"),
    "a real one": (("rehearsal: true ", "rehearsal: false "), "fault"),
    "a group that nobody has": (("who: ['@oncall']", "who: ['@nobody']"), "there is no such user group"),
    "a rule that is never reached": (
        ("  - name: leads\n", "  - {name: second, who: ['@oncall'], may: [list]}\n  - name: leads\n"),
        'rule "second" is never reached',
    ),
    "a rule that protect empties": (("users: ['CORP\\svc-*']", "users: ['*']"), "can touch nobody"),
}


def test_a_bad_or_dangerous_file_is_refused_with_its_faults_and_the_old_one_is_kept(
    world: World, tmp_path: Path
) -> None:
    with bot_on(world, tmp_path) as bot:
        for times, (pair, says) in enumerate(BAD.values(), start=1):
            bot.change(pair)
            bot.hang_up()
            assert says in bot.wait_for("config.refused", times)["message"]
        bot.file.unlink()
        bot.hang_up()
        assert "cannot be read" in bot.wait_for("config.refused", len(BAD) + 1)["message"]
        assert len(bot.policies()) == 1
        bot.asked("dana", "/logoff comp1 id=3")
        bot.wait_for_buttons().press("Log off 1")
        wait_until(world.is_over)
        assert not bot.lines("config.taken")
    assert world.request().ending is Ending.DONE


def test_what_hangs_on_a_start_is_named_and_the_rest_is_taken(world: World, tmp_path: Path) -> None:
    with bot_on(world, tmp_path) as bot:
        bot.change(
            ("# commands:                # where another app has one of the names already\n", "commands:\n"),
            ("#   sessions: /ts-sessions", "  sessions: /ts-sessions"),
            ("  # looks_at_once: 256 ", "  looks_at_once: 128 "),
            ("second_person_above: 10 ", "second_person_above: 9 "),
        )
        bot.hang_up()
        taken = bot.wait_for("config.taken")
        assert (taken["changed"], taken["after_next_start"]) == (["limits"], ["commands", "winrm.looks_at_once"])
        bot.hang_up()
        assert bot.wait_for("config.unchanged")["after_next_start"] == ["commands", "winrm.looks_at_once"]


def test_a_watched_file_is_taken_when_it_has_changed_and_stands_still(world: World, tmp_path: Path) -> None:
    with bot_on(world, tmp_path, watch=True) as bot:
        bot.change(("second_person_above: 10 ", "second_person_above: 9 "))
        assert bot.wait_for("config.taken")["changed"] == ["limits"]
        bot.change(("second_person_above: 10 ", "second_person_above: none "))
        assert "second_person_above" in bot.wait_for("config.refused")["message"]
        bot.change()
        bot.wait_for("config.taken", 2)
        assert len(bot.lines("config.refused")) == 1
    assert len({entry.policy for entry in bot.policies()}) == 2


def test_a_storm_of_signals_ends_with_the_newest_file(world: World, tmp_path: Path) -> None:
    with bot_on(world, tmp_path) as bot:
        for number in range(200):
            bot.change(("second_person_above: 10 ", f"second_person_above: {number % 8 + 1} "))
            bot.hang_up()
        bot.change(("second_person_above: 10 ", "second_person_above: 42 "))
        bot.hang_up()
        wait_until(lambda: '"second_person_above":42' in bot.policies()[-1].text, 60)
        bot.asked("dana", "/logoff comp1 id=3")
        bot.wait_for_buttons()
    assert len(bot.policies()) < 50


def test_a_host_at_work_goes_on_while_the_rules_change_and_the_next_one_meets_them(
    world: World, tmp_path: Path
) -> None:
    """The first host has its order and keeps it. The second one waits its turn, and no rule lets the act go there."""
    world.farm.set_behaviour("comp1", "hangs")
    dana = UserClient(world.workspace.url, "dana")
    with bot_on(world, tmp_path) as bot:
        assert dana.command("/logoff comp1,comp2 state=Disconnected --sync --stop-on-error").ok
        wait_until(lambda: any(message.buttons for message in dana.messages()))
        assert len(world.request().targets) > 1
        dana.press(next(b for m in dana.messages() for b in m.buttons if b.startswith("Log off")))
        wait_until(lambda: any(call.name == "logoff" for call in world.farm.calls("comp1")))
        bot.change(WITHOUT_DANA)
        bot.hang_up()
        bot.wait_for("config.taken")
        for call in world.farm.calls("comp1"):
            world.farm.sign_out("comp1", call.session_id)
        wait_until(world.is_over, 60)
    verdicts = {target.session.host: target.verdict for target in world.request().targets}
    assert verdicts == {"comp1": Verdict.GONE, "comp2": Verdict.SKIPPED}
    assert not any(call.name == "logoff" for call in world.farm.calls("comp2"))


def test_a_signal_in_the_start_ends_nothing(tmp_path: Path) -> None:
    """The program as its operator starts it: Slack does not answer yet, and whoever sends SIGHUP cannot know that."""
    upgrade(f"sqlite:///{tmp_path}/bot.db")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        text = REAL.replace("PORT", str(silent.getsockname()[1]))
        with running(tmp_path, text) as bot:
            wait_until(lambda: b"policy_loaded" in (tmp_path / "log").read_bytes(), 60)
            for _ in range(20):
                os.kill(bot.pid, signal.SIGHUP)
            assert ended(bot) == 0
    assert lines_in(tmp_path / "log")[-1]["event"] == "process.ended"


def test_people_of_new_rules_are_asked_about_before_the_rules_count(world: World, tmp_path: Path) -> None:
    """Slack does not answer: nobody knows whether they are members, so the old rules stay, and it is tried again."""
    with bot_on(world, tmp_path) as bot:
        world.workspace.plan(Fault(method="users.info", kind=FaultKind.ERROR))
        bot.change(("who: [U0OLI00001]", "who: [U0OLI00001, U0GUS00001]"))
        bot.hang_up()
        assert bot.wait_for("config.not_taken_yet")["again_in"] == 30
        assert len(bot.policies()) == 1
