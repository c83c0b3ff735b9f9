"""A world for whole bots: a workspace and a farm of the rehearsal, bots as processes, and people who ask and press."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil
from errands import CONFIG, Errand, Kind, farm_file
from sqlalchemy import func, or_, select

from adapters.sql.database import open_database
from adapters.sql.migrate import upgrade
from adapters.sql.tables import request, target
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from rehearsal.slack import SHIPPED_WORKSPACE, NoSuchButtonError, UserClient, Workspace
from rehearsal.windows import Farm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 600.0
"""Seconds after which a wave that is not over counts as stuck."""

LOOK_AGAIN = 0.05
PRESS_AGAIN = 3.0
"""Seconds after which a press that changed nothing, or found no button yet, is made again."""

PEOPLE = 32
OPS = "C0OPS00001"
FILL_POOLS = "fill the pools"
"""What a bot is told when it shall have all connections that it may keep."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many requests have which ending, and how many targets which verdict."""

    endings: Counter[str]
    verdicts: Counter[str]

    @property
    def requests(self) -> int:
        return self.endings.total()


@dataclass(frozen=True, slots=True)
class Open:
    """A request that is not over: what was typed, its state, and where its card stands."""

    text: str
    state: str
    card: dict[str, str] | None


class Bot:
    """A bot in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self.facts, self._log = process, psutil.Process(process.pid), log

    @property
    def cpu(self) -> float:
        """Seconds that the process computed."""
        times = self.facts.cpu_times()
        return float(times.user + times.system)

    def fill_pools(self) -> None:
        """Have it open all connections to the database that it may keep, and fill the cache of each.

        Raises `SystemExit` when it cannot.
        """
        print(FILL_POOLS, file=self.process.stdin, flush=True)
        if next(iter(self.process.stdout or ()), "") != "filled\n":
            raise SystemExit(f"The bot did not open all its connections to the database: {end_of(self._log)}")


def end_of(log: Path) -> str:
    return log.read_text("utf-8")[-2000:]


class World:
    """Everything but the bots, on one database."""

    def __init__(self, workspace: Workspace, farm: Farm, database: str, config: Path, log: IO[str]) -> None:
        self._workspace, self.farm, self._url, self._config, self._log = workspace, farm, database, config, log
        self.database = open_database(database)

    def close(self) -> None:
        self.database.dispose()

    @contextmanager
    def bots(self, count: int = 1) -> Iterator[list[Bot]]:
        """Run so many bots inside the block. Raises `SystemExit` when one does not start."""
        log = Path(self._log.name)
        with ExitStack() as stack:
            processes = [stack.enter_context(self._process()) for _ in range(count)]
            for process in processes:
                if next(iter(process.stdout or ()), "") != "started\n":
                    raise SystemExit(f"The bot did not start: {end_of(log)}")
            yield [Bot(process, log) for process in processes]
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)

    @contextmanager
    def _process(self) -> Iterator[subprocess.Popen[str]]:
        line, pipe = [sys.executable, str(ROOT / "bench/bot_process.py")], subprocess.PIPE
        with subprocess.Popen(line, cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=self._log) as process:  # noqa: S603 - our own program
            try:
                print(json.dumps(self._told()), file=process.stdin, flush=True)
                yield process
            finally:
                process.kill()

    def _told(self) -> Mapping[str, object]:
        return {
            "config": str(self._config),
            "database": self._url,
            "bot_token": self._workspace.bot_token,
            "app_token": self._workspace.app_token,
            "api_url": self._workspace.api_url,
            "endpoints": dict(self.farm.endpoints),
            "username": self.farm.account.username,
            "password": self.farm.account.password,
        }

    def carry_out(self, wave: Sequence[Errand], *, at_once: int) -> None:
        """Have people ask for all of it, so many requests side by side, and return when each card shows the end.

        Raises `SystemExit` when a request is stuck, ends otherwise than asked, or anybody else is touched.
        """
        before, by_text = self._standing(), {each.text: each for each in wave}
        waiting, asked, until = list(reversed(wave)), 0, time.monotonic() + LONGEST
        with ThreadPoolExecutor(PEOPLE) as people:
            calls: list[Future[None]] = []
            while True:
                open_ = self._open_requests()
                over = self._standing().requests - before.requests - len(open_)
                while waiting and asked - over < at_once:
                    asked += (errand := waiting.pop()).makes_a_request
                    calls.append(people.submit(self.ask, errand))
                calls += [people.submit(self._press, *each) for each in _to_press(open_, by_text)]
                calls = [call for call in calls if not call.done() or call.result()]
                if not waiting and not calls and over >= asked:
                    break
                if time.monotonic() > until:
                    raise SystemExit(f"These are not over after {LONGEST:.0f} s: {open_}")
                time.sleep(LOOK_AGAIN)
        self._check(wave, before)

    def ask(self, errand: Errand) -> None:
        """Send the command of its person. Raises `SystemExit` when Slack has no answer."""
        result = UserClient(self._workspace.url, errand.person).command(errand.text, OPS)
        if not result.ok:
            raise SystemExit(f"{errand.text}: {result.error}")

    def _press(self, errand: Errand, where: dict[str, str]) -> None:
        """Names may have to stand in the thread before the card has its button: then somebody presses later.

        A busy bot may answer that it recorded nothing. Then somebody presses again, as people do.
        """
        person = UserClient(self._workspace.url, errand.pressers[errand.presses % len(errand.pressers)])
        try:
            person.press("Log off", channel=where["channel_id"], message_ts=where["ts"])
        except NoSuchButtonError:
            return
        errand.presses += 1

    def _open_requests(self) -> list[Open]:
        """Return those that are not over, or whose card or notices do not say so yet."""
        is_behind = or_(request.c.published_version < request.c.version, request.c.postings_due_at.is_not(None))
        columns = (request.c.command, request.c.text, request.c.state, request.c.message_ref)
        with self.database.connect() as connection:
            rows = connection.execute(select(*columns).where(or_(request.c.state != State.ENDED, is_behind))).all()
        return [Open(f"/{row.command} {row.text}", row.state, json.loads(row.message_ref or "null")) for row in rows]

    def _standing(self) -> Standing:
        with self.database.connect() as connection:
            endings = connection.execute(select(request.c.ending, func.count()).group_by(request.c.ending)).all()
            given = select(target.c.verdict, func.count()).where(target.c.verdict.is_not(None))
            verdicts = connection.execute(given.group_by(target.c.verdict)).all()
        return Standing(Counter({str(name): n for name, n in endings}), Counter({str(name): n for name, n in verdicts}))

    def _check(self, wave: Sequence[Errand], before: Standing) -> None:
        """Compare the database and the farm's own log with what was asked."""
        now, gone = self._standing(), Counter(("logoff", *place) for each in wave for place in each.gone)
        warned = Counter(("message", *place) for each in wave if each.kind is Kind.WARNED for place in each.gone)
        endings = Counter(str(_ending_of(each.kind)) for each in wave if each.makes_a_request)
        farm = self.farm
        touched = Counter((act, host, number) for host in farm.endpoints for act, number, _ in farm.touched(host))
        verdicts = Counter({str(Verdict.GONE): gone.total()}) if gone else Counter[str]()
        found = (now.endings - before.endings, now.verdicts - before.verdicts, touched)
        if found != (endings, verdicts, gone + warned):
            others = touched - gone - warned
            raise SystemExit(f"It ended otherwise: {found[:2]}, not {(endings, verdicts)}. Not to be touched: {others}")


def _ending_of(kind: Kind) -> Ending:
    return {Kind.REFUSED: Ending.REFUSED, Kind.LIST: Ending.ANSWERED}.get(kind, Ending.DONE)


def _to_press(open_: Sequence[Open], by_text: Mapping[str, Errand]) -> Iterator[tuple[Errand, dict[str, str]]]:
    """Yield each errand on whose card somebody has to press now, and where the card stands."""
    for each in open_:
        errand, now = by_text[each.text], time.monotonic()
        if each.state == State.AWAITING and each.card and errand.pressers and now > errand.pressed_at + PRESS_AGAIN:
            errand.pressed_at = now
            yield errand, each.card


@contextmanager
def world(database: str, *, fleets: int = 0, replicas: bool = False) -> Iterator[World]:
    """Yield a world around an empty database, which gets its tables. `replicas`: several bots may run on it."""
    upgrade(database)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (config := folder / "app.yaml").write_text(CONFIG + "replicas: true\n" * replicas, "utf-8")
        (farm := folder / "farm.yaml").write_text(farm_file(fleets), "utf-8")
        log = stack.enter_context((folder / "log").open("w", encoding="utf-8"))
        commands = ["/logoff", "/sessions"]
        workspace = stack.enter_context(Workspace.from_file(SHIPPED_WORKSPACE, commands=commands))
        found = World(workspace, stack.enter_context(Farm.from_file(farm, engine="double")), database, config, log)
        stack.callback(found.close)
        yield found
