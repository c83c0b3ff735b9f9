"""Real bots in a storm: processes that are killed again and again, a server that goes away, people who go on asking.

Two and more share their jobs over Procrastinate, one runs them in its threads. `make chaos` has a small storm of each.

`make deep DEEP='--only "replicas in a storm"'` is the whole of it; it takes some minutes. With `--beside` and a
checkout of another release on the same tables, as of `git worktree add`, every second bot is of that one.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from time import monotonic, sleep
from typing import TYPE_CHECKING

from app.config.settings import REHEARSAL_KEY
from bot.audit.keys import SigningKeys
from bot.domain.request import State
from bot.domain.verdicts import Verdict
from bot.errors import BotError
from rehearsal.slack import NoSuchButtonError, UserClient, UserClientError
from tests.chaos import postgresql
from tests.e2e.test_death_and_rebirth import PROGRAM, ROOT, World, world_on
from tests.support.chains import first_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random
    from subprocess import Popen

    from bot.audit.entry import Entry
    from bot.domain.request import Request
    from tests.chaos.tally import Tally

    Attempt = Callable[[Random, Tally], None]

PATIENCE = 900.0
"""Seconds after which what has not ended counts as stuck."""

KINDS = {"self": "", "eyes": "", "quorum": "", "warned": "--warn 10s", "forced": "--force"}
FLEET = "fleet"
DECIDERS = {"eyes": ("bo",), "quorum": ("bo", "chen")}
LEAST_KILLS = 3
"""A storm that is longer has at least so many."""

LET_BE = frozenset({Verdict.SKIPPED, Verdict.CHANGED})
"""With these nobody was touched."""

FARM = """
account: {username: 'CORP\\svc-logoff', password: "rehearsal, not a secret"}
hosts:
"""
HOSTS = """  %s:
    engine: double
    sessions: [{id: 3, user: 'CORP\\alice', disconnected: 3h}, {id: 9, user: 'CORP\\bob', disconnected: 2h}]
"""
APP = """
rehearsal: true
team: T0HOME0001
computers: [%s]
winrm: {transport: ntlm, scheme: http, insecure_ntlm: true, username: 'CORP\\svc-logoff'}
rules:
  - {name: two leads, who: ["@oncall"], may: [log_off], computers: ["quorum-*"], confirm: 2 of @ts-leads,
     expires_after: 3m, approve_in: C0APPROVE1}
  - {name: a lead, who: ["@oncall"], may: [log_off], computers: ["eyes-*"], confirm: 1 of @ts-leads,
     expires_after: 3m, approve_in: C0APPROVE1}
  - {name: on-call, who: ["@oncall"], may: [list, log_off, message], approve_in: C0APPROVE1, force: {allowed: true},
     expires_after: 3m}
limits: {second_person_above: 1000, max_requests: 1000, max_sent: 1000, per: 10m}
"""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a storm has come to. All but the first five have to be empty."""

    requests: int = 0
    seconds: int = 0
    kills: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    shared: int = 0  # requests of which bots of two releases wrote entries
    stuck: list[str] = field(default_factory=list)
    others_touched: list[str] = field(default_factory=list)
    warned_twice: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)  # more of one request than decision 0002 allows
    record: str = ""
    calm: list[str] = field(default_factory=list)  # what of the storm did not happen

    @property
    def faults(self) -> list[object]:
        found = (self.stuck, self.others_touched, self.warned_twice, self.untrue, self.cards, self.record, self.calm)
        return [each for each in found if each]


@dataclass(frozen=True, kw_only=True)
class Storm:
    """`each` requests of each kind, and `fleets` over `fleet_of` hosts each; a process dies every so many seconds."""

    replicas: int
    each: int
    fleets: int = 0
    fleet_of: int = 50
    kill_every: float = 4.0
    kills: int = 10_000  # at most so many
    restart_after: int = 0  # after so many deaths the server goes away once; 0: never
    beside: Path | None = None  # a checkout of another release: every second bot that starts is of that one

    def asks(self) -> dict[str, str]:
        """Host, or the hosts of a fleet -> the command."""
        names = {f"{kind}-{n:03}": words for kind, words in KINDS.items() for n in range(1, self.each + 1)}
        fleets = {self._fleet(n): "--force" for n in range(self.fleets)}
        return {where: f"/logoff {where} id=3 --sync {words}".strip() for where, words in (names | fleets).items()}

    def _fleet(self, number: int) -> str:
        first = number * self.fleet_of + 1
        return f"{FLEET}-[{first:03}-{first + self.fleet_of - 1:03}]"

    def hosts(self) -> list[str]:
        last = max(1, self.fleets * self.fleet_of)
        return [f"{kind}-[001-{self.each:03}]" for kind in KINDS] + [f"{FLEET}-[001-{last:03}]"]

    def run(self, folder: Path) -> Outcome:
        """Run it to its end, and judge."""
        (farm := folder / "farm.yaml").write_text(FARM + "".join(HOSTS % name for name in self.hosts()))
        (settings := folder / "app.yaml").write_text(APP % ", ".join(f"{{name: '{name}'}}" for name in self.hosts()))
        engine = postgresql.fresh()
        url = engine.url.render_as_string(hide_password=False)
        engine.dispose()
        began, outcome = monotonic(), Outcome()
        with world_on(url, farm=farm, settings=settings) as world:
            play = _Play(self, world, folder / "bots.log")
            play.run()
            _judge(play, outcome)
        outcome.seconds = round(monotonic() - began)
        return outcome


class _Play:
    def __init__(self, storm: Storm, world: World, log: Path) -> None:
        self.storm, self.world, self._log = storm, world, log
        self.over = threading.Event()
        self.kills = 0
        self.is_restarted = False
        self.asked: dict[str, str] = storm.asks()
        self._bots: dict[int, tuple[ExitStack, Popen[str]]] = {}
        self._numbers = count()

    def run(self) -> None:
        with ThreadPoolExecutor(self.storm.replicas) as starts:
            list(starts.map(lambda _: self._start(), range(self.storm.replicas)))
        with ThreadPoolExecutor(1) as beside:
            killing = beside.submit(self._keep_killing)
            try:
                with ThreadPoolExecutor(6) as people:
                    list(people.map(self._ask, self.asked.items()))
                    self._decide_until_all_have_ended(people)
            finally:
                self.over.set()
                wait([killing])
                for stack, _ in self._bots.values():
                    stack.close()
        killing.result()  # raises what stopped it

    def _start(self) -> None:
        stack = ExitStack()
        log = stack.enter_context(self._log.open("ab"))
        number = next(self._numbers)
        other = self.storm.beside if number % 2 else None
        program = other / PROGRAM.relative_to(ROOT) if other else PROGRAM
        bot = self.world.bot(owned=True, replicas=self.storm.replicas > 1, log=log, program=program)
        process = stack.enter_context(bot)
        self._bots[number] = stack, process

    def _keep_killing(self) -> None:
        while not self.over.wait(self.storm.kill_every) and self.kills < self.storm.kills:
            oldest = min(self._bots)
            self._bots.pop(oldest)[0].close()  # which kills it
            self.kills += 1
            if self.kills == self.storm.restart_after:
                postgresql.kill_server()
                sleep(1)
                postgresql.start_server()
                self.is_restarted = True
            self._start()

    def requests(self) -> tuple[Request, ...]:
        while True:
            with suppress(BotError):
                return self.world.ledger.newest(10_000)
            sleep(0.5)

    def _known(self) -> set[str]:
        return {request.text.split()[0] for request in self.requests()}

    def _ask(self, ask: tuple[str, str]) -> None:
        """Type the command until it is a request: Slack tells the person when nobody took it."""
        where, command = ask
        until = monotonic() + PATIENCE
        while monotonic() < until:
            with suppress(UserClientError):
                answer = UserClient(self.world.workspace.url, "dana").command(command, "C0OPS00001")
                if answer.ok and "TS-" in answer.reply:
                    return
            sleep(1)
            if where in self._known():
                return

    def _decide_until_all_have_ended(self, people: ThreadPoolExecutor) -> None:
        until = monotonic() + PATIENCE
        while monotonic() < until:
            open_ones = [request for request in self.requests() if request.state is not State.ENDED]
            behind = [each for each in self.requests() if each.published_version < each.version]
            if not open_ones and not behind:
                return
            waiting = [each for each in open_ones if each.state is State.AWAITING and each.message_ref]
            list(people.map(self._press, waiting))
            sleep(0.5)

    def _press(self, request: Request) -> None:
        kind = request.text.partition("-")[0]
        for who in DECIDERS.get(kind, ("dana",)):
            ref = request.message_ref
            if ref is None or any(actor.name == who for actor in request.counted):
                continue
            with suppress(UserClientError, NoSuchButtonError):
                user = UserClient(self.world.workspace.url, who)
                user.press("Log off 1", message_ts=ref.ts, channel=ref.channel_id)


def _judge(play: _Play, outcome: Outcome) -> None:
    world, requests = play.world, play.requests()
    outcome.requests, outcome.kills = len(requests), play.kills
    outcome.verdicts = dict(Counter(str(t.verdict) for each in requests for t in each.targets))
    missing = set(play.asked) - {request.text.split()[0] for request in requests}
    outcome.stuck = [f"{each.id} {each.text} {each.state}" for each in requests if each.state is not State.ENDED]
    outcome.stuck += [f"never asked: {each}" for each in sorted(missing)]
    for host in world.farm.endpoints:
        _judge_host(world, host, outcome)
    for request in requests:
        outcome.untrue += _untrue(world, request)
    entries: list[Entry] = []
    while more := world.ledger.entries(after=len(entries)):
        entries += more
    writers = {(entry.request_id, entry.bot_version) for entry in entries if entry.request_id}
    outcome.shared = sum(number > 1 for number in Counter(request_id for request_id, _ in writers).values())
    if fault := first_fault(entries, SigningKeys(REHEARSAL_KEY).public):
        outcome.record = f"entry {fault}"
    outcome.cards = _cards(world, requests)
    outcome.calm = list(_calm(play, requests, outcome.shared))


def _calm(play: _Play, requests: tuple[Request, ...], shared: int) -> Iterator[str]:
    """Yield what did not happen: without it the rest says little."""
    if play.kills < min(play.storm.kills, LEAST_KILLS):
        yield f"{play.kills} deaths alone"
    if play.storm.restart_after and not play.is_restarted:
        yield "the server stayed"
    if play.storm.beside and not shared:
        yield "no request was one of both releases"
    verdicts = [target.verdict for each in requests for target in each.targets]
    if (gone := verdicts.count(Verdict.GONE)) * 2 < len(verdicts):
        yield f"{gone} of {len(verdicts)} sessions are gone"


def _judge_host(world: World, host: str, outcome: Outcome) -> None:
    acts = Counter(world.farm.touched(host))
    outcome.others_touched += [f"{host}: {act}" for act in acts if act[1:] != (3, r"CORP\alice")]
    outcome.warned_twice += [f"{host}: {number}" for act, number in acts.items() if act[0] == "message" and number > 1]
    outcome.untrue += [f"{host}: {act} {number}" for act, number in acts.items() if act[0] == "logoff" and number > 1]


def _untrue(world: World, request: Request) -> list[str]:
    """Return what the request says of a session that the farm's own log contradicts."""
    found = []
    for target in request.targets:
        host = target.session.host
        was_logged_off = any(act == "logoff" and number == 3 for act, number, _ in world.farm.touched(host))
        is_there = any(each["id"] == 3 for each in world.farm.sessions(host))
        if target.verdict is Verdict.GONE and (is_there or not was_logged_off):
            found.append(f"{request.id} {host} gone")
        if target.verdict in LET_BE and was_logged_off:
            found.append(f"{request.id} {host} {target.verdict}")
    return found


def _cards(world: World, requests: tuple[Request, ...]) -> list[str]:
    """Return the requests of which more than two cards stand in their channel, or more than one has buttons."""
    seen: Counter[str] = Counter()
    pressable: Counter[str] = Counter()
    messages = {m.ts: m for who in ("dana", "bo") for m in UserClient(world.workspace.url, who).messages()}
    for message in messages.values():
        if message.ephemeral or message.thread_ts:
            continue
        text = json.dumps(message.blocks)
        for request in requests:
            is_there = request.message_ref and request.message_ref.channel_id == message.channel
            seen[request.id] += request.id in text and bool(is_there)
            pressable[request.id] += request.id in text and bool(message.buttons)
    return [f"{id_}: {number}, {pressable[id_]}" for id_, number in seen.items() if number > 2 or pressable[id_] > 1]


def small(replicas: int) -> Attempt:
    """Return a storm of half a minute: one process dies, and the server goes away with it."""

    def attempt(rng: Random, tally: Tally) -> None:
        with TemporaryDirectory() as folder:
            every = rng.uniform(2, 4)
            storm = Storm(replicas=replicas, each=1, fleets=1, fleet_of=4, kill_every=every, kills=1, restart_after=1)
            outcome, about = storm.run(Path(folder)), f"{replicas} in a storm, a death after {every:.1f} s"
        tally.tries += 1
        tally.count("wrong_person", len(outcome.others_touched), f"{about}: {outcome.others_touched}")
        tally.count("unrecorded", len(outcome.untrue), f"{about}: {outcome.untrue}")
        tally.count("unrecorded", bool(outcome.record), f"{about}: {outcome.record}")
        doubled = outcome.warned_twice + outcome.cards
        tally.count("doubled", len(doubled), f"{about}: {doubled}")
        stuck = outcome.stuck + outcome.calm
        tally.count("stuck", len(stuck), f"{about}: {stuck}")

    return attempt


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.chaos.storm", description=__doc__)
    options.add_argument("--replicas", type=int, default=3)
    options.add_argument("--requests", type=int, default=300)
    options.add_argument("--kill-every", type=float, default=4.0)
    options.add_argument("--beside", type=Path, metavar="CHECKOUT", help="of another release, on the same tables")
    chosen = options.parse_args()
    fleets = chosen.requests // 100
    storm = Storm(
        replicas=chosen.replicas,
        each=-(-(chosen.requests - fleets) // len(KINDS)),
        fleets=fleets,
        kill_every=chosen.kill_every,
        restart_after=2,
        beside=chosen.beside and chosen.beside.resolve(),
    )
    outcome = storm.run(Path(mkdtemp(prefix="storm-")))
    sys.stdout.write(f"{outcome}\n")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
