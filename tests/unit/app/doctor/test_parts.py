"""The parts of the doctor that need no world."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.sql.inspection import NETWORK, Disk, file_system_in
from app.cli import doctor
from app.doctor import clocks, database
from app.doctor.check import Area, Check, Outcome, Reporter
from app.doctor.computer import LOOK, LOOK_BY_MODULE, NAME, PORT, SESSIONS, TIME
from app.doctor.examination import configured
from app.doctor.module_steps import MODULE
from bot.errors import SettingsError
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    import pytest

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /run rw - tmpfs tmpfs rw
40 22 0:51 / /srv/shared rw,relatime shared:9 - nfs4 files:/srv rw
41 40 8:17 / /srv/shared/local rw - xfs /dev/sdb1 rw
42 22 0:52 / /mnt/two\\040words rw - cifs //files/two rw
43 22 0:53 / /mnt/two\\040words rw - ext4 /dev/sdc1 rw
broken line
"""


@for_each(
    ("path", "kind"),
    [
        ("/var/lib/logoff-bot/bot.db", "ext4"),
        ("/run/bot.db", "tmpfs"),
        ("/running/bot.db", "ext4"),
        ("/srv/shared/bot.db", "nfs4"),
        ("/srv/shared/local/bot.db", "xfs"),
        ("/mnt/two words/bot.db", "ext4"),
    ],
)
def test_the_file_system_is_that_of_the_deepest_and_newest_mount(path: str, kind: str) -> None:
    assert file_system_in(MOUNTS, Path(path)) == kind
    assert (kind in NETWORK) is (kind == "nfs4")


def test_the_page_names_every_area() -> None:
    page = (
        (ROOT / "docs" / "running.md").read_text(encoding="utf-8").partition("### The doctor")[2].partition("## 4")[0]
    )
    assert [area for area in Area if f"{area} |" not in page] == []


def test_secrets_that_every_user_of_the_machine_can_read_are_named(tmp_path: Path) -> None:
    for name, text, mode in (("bot", "xoxb-1", 0o644), ("app", "xapp-1", 0o440), ("key", "k" * 40, 0o604)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    file = tmp_path / "app.yaml"
    file.write_text(
        f"team: T0HOME\naudit_key: file:{tmp_path}/key\n"
        f"slack: {{bot_token: 'file:{tmp_path}/bot', app_token: 'file:{tmp_path}/app'}}\n"
        "winrm: {username: svc@CORP.EXAMPLE}\ncomputers: [comp1]\n"
        "rules: [{name: all, who: ['@oncall'], may: [list]}]\n"
    )
    settings, check = configured(file)
    assert settings
    said = f"{file}; every user of this machine can read {tmp_path}/key, {tmp_path}/bot: chmod o="
    assert (check.outcome, check.found) == (Outcome.NOTE, said)
    for name in ("bot", "key"):
        (tmp_path / name).chmod(0o600)
    assert configured(file)[1].outcome is Outcome.OK


def test_without_mounts_the_file_system_is_unknown() -> None:
    assert file_system_in("", Path("/bot.db")) == ""


@for_each(
    ("free", "outcome"),
    [(database.LEAST_FREE, Outcome.OK), (database.LEAST_FREE - 1, Outcome.FAILED), (0, Outcome.FAILED)],
)
def test_a_disk_has_to_have_room(free: int, outcome: Outcome) -> None:
    assert database.disk_check(Disk(free=free, file_system="ext4")).outcome is outcome


@for_each(
    ("slack", "there", "outcomes"),
    [
        (0, None, ["ok"]),
        (59, None, ["ok"]),
        (-61, None, ["failed"]),
        (None, None, ["skipped"]),
        (0, 61, ["ok", "failed"]),
        (600, 600, ["failed", "ok"]),  # this machine alone is wrong
        (None, 61, ["skipped", "failed"]),
        (None, 5, ["skipped", "ok"]),
    ],
)
def test_the_clock_that_is_wrong_is_named(slack: int | None, there: int | None, outcomes: list[str]) -> None:
    def seconds(number: int | None) -> timedelta | None:
        return None if number is None else timedelta(seconds=number)

    assert [each.outcome for each in clocks.clocks(seconds(slack), seconds(there))] == outcomes


def test_an_error_says_first_what_is_wrong_and_then_what_helps() -> None:
    report = Reporter(area=Area.SLACK)
    refused = report.refused("x", SettingsError("It is broken. Mend it. Then start."), also="(page)")
    assert (refused.found, refused.remedy) == ("It is broken.", "Mend it. Then start. (page)")
    short = report.refused("x", SettingsError("It is broken"), also="Mend it.")
    assert (short.found, short.remedy) == ("It is broken.", "Mend it.")


def sound(host: str, look: tuple[str, ...] = LOOK) -> list[Check]:
    report = Reporter(area=Area.COMPUTER, host=host)
    said = {SESSIONS: "2 with names and times", TIME: "0.8 s of 8 s", MODULE: "version 0.1.0"}
    return [report.ok(name, said.get(name, "")) for name in (NAME, PORT, *look)]


def test_a_sound_computer_has_one_line_and_others_have_all_of_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    report = Reporter(area=Area.COMPUTER, host="comp2")
    broken = [report.ok(NAME, "10.0.0.2"), report.failed(PORT, "[red]closed[/red]\x1b[2J", "Open it.")]
    doctor.show([*sound("comp1"), *broken, *report.skipped(LOOK, "it is not reached"), *sound("comp3")])
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[1:3] == ["✓ comp1 all 11 checks 2 with names and times, 0.8 s of 8 s", "✓ comp2 name 10.0.0.2"]
    assert lines[3].startswith("✗ comp2 port [red]closed[/red]")
    assert lines[4:] == [
        "→ Open it.",
        "· comp2 9 checks not tried: it is not reached",
        "✓ comp3 all 11 checks 2 with names and times, 0.8 s of 8 s",
        "33 checks: 1 failed, 9 not tried.",
    ]
    assert "\x1b" not in "".join(lines)


def test_the_line_of_a_sound_computer_says_that_it_has_the_module(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.show(sound("comp1", LOOK_BY_MODULE))
    said = " ".join(capsys.readouterr().out.split())
    assert "2 with names and times, 0.8 s of 8 s, by the module, version 0.1.0, experimental" in said
