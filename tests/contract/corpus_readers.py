"""What each reader says of the corpus: the C# on mono and on PowerShell, the double, the fake, and the core."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from pydantic import SecretStr

from adapters.windows.agent import script
from adapters.windows.agent.replies import Ended, SessionReply
from adapters.windows.agent.verdicts import answer_of
from adapters.windows.jea.carrier import JeaCarrier
from adapters.windows.winrm.endpoint import Connection, Transport
from bot.domain.request import Target
from bot.domain.session import NOT_NAMED, Account, Session, SessionState
from bot.domain.verdicts import Verdict
from bot.policy import evaluate
from bot.policy.model import Policy
from bot.ports.terminal import Order
from rehearsal.windows import EngineMissingError, Farm
from rehearsal.windows.engines import Machine
from rehearsal.windows.python_agent import double
from rehearsal.windows.python_agent.comparisons import Seen, compare, is_gone, is_held
from rehearsal.windows.python_agent.conditions import holds, idle_seconds
from rehearsal.windows.python_agent.request_lines import read_request
from rehearsal.windows.sessions import Mode, Rule, SessionFile, Table, read_state, word_of
from rehearsal.windows.sessions import Session as WindowsSession
from rehearsal_testing.winrm_client import ask
from tests.contract.hosts import ENDPOINT
from tests.corpus.model import FILTERS, FIRST_ID, NO, OPEN, YES, Row, Touch
from tests.corpus.rows import ROWS
from tests.fakes.terminal import FakeTerminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.windows.settings import EngineName

HOST = "comp1"
WITHIN = timedelta(seconds=8)
GUARDS = {
    "": "",
    "the services' session": "services",
    "a listener: ending it would end all its sessions": "listener",
    "nobody is logged on": "no user",
    "no logon time: the person cannot be told apart": "no logon time",
    "the console": "console",
}
JUDGE = """
        static void Judge(Request request, Lines lines)
        {
            foreach (Target target in request.Targets.GetRange(1, request.Targets.Count - 1))
            {
                Session seen = target.Id < 0 ? null : Wts.Find((uint)target.Id);
                lines.Target(0, Acting.CarryOut(request, target), 0);
                string holds = "", said = target.IsGoneFrom(seen) ? "gone" : "";
                if (seen != null)
                {
                    if (target.IsHeldBy(seen)) said += " same";
                    foreach (Condition each in request.Targets[0].Conditions) holds += each.HoldsFor(seen) ? "y" : "n";
                }
                lines.Host(said, holds, 0, seen == null ? -1 : seen.Idle);
            }
        }

        static void List(Lines lines)
"""


_REPORTED = (
    *("protocol", "build", "logon", "connect", "disconnect", "input"),
    *("station", "domain", "user", "client", "address", "display"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reader says of one row, and the session as it read it, where it reads."""

    rules: dict[str, Any]
    seen: dict[str, Any] | None = None


def id_of(row: Row) -> int:
    return 0 if row.is_session_0 else row.id or FIRST_ID + ROWS.index(row)


def windows_session(row: Row) -> WindowsSession | None:
    """The row as a session of the farm; None where Windows has none."""
    if row.report is None:
        return None
    report = row.report
    odd = [word_of(cast("Any", what), how) for what, how in report.unreadable.items()]
    odd += [f"now:{report.now}"] + ([] if report.listed else ["listed:no"])
    return WindowsSession(
        id=id_of(row),
        state=read_state(report.state),
        odd=" ".join(odd),
        **{name: getattr(report, name) for name in _REPORTED},
    )


def table() -> Table:
    """All rows on one host that refuses every act: the refusal shows whom it would have touched."""
    there = [session for row in ROWS if (session := windows_session(row))]
    return Table(Rule(mode=Mode.ERROR, number=5), {each.id: each for each in there})


def order_of(row: Row) -> Order:
    said = row.said
    return Order(
        session_id=id_of(row),
        account=Account(domain=said.domain, user=said.user),
        logon=said.logon,
        said_state=SessionState(said.state),
        said_since=said.since,
        even_if_active=said.even_if_active,
        not_at_console=said.not_at_console,
        conditions=tuple(FILTERS[name] for name in said.filters),
    )


def request_lines() -> tuple[str, ...]:
    """The first order bears all filters, and is for nobody."""
    asking = replace(order_of(ROWS[0]), session_id=999_999, conditions=tuple(FILTERS.values()))
    return script.logoff_request([asking, *map(order_of, ROWS)], wait_seconds=0)


@contextmanager
def corpus_farm(engine: str, folder: Path) -> Iterator[Farm]:
    path = folder / "farm.yaml"
    account = {"username": "CORP\\svc", "password": "fiction"}
    path.write_text(yaml.safe_dump({"account": account, "remoting": ENDPOINT, "hosts": {HOST: {}}}), encoding="utf-8")
    farm = Farm.from_file(path, engine=cast("EngineName", engine))
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    try:
        farm._hosts[HOST].machine.sessions.create(table())
        yield farm
    finally:
        farm.stop()


def csharp_says(engine: str, folder: Path) -> dict[str, Reading]:
    """One process for all rows: the shipped C#, which judges where it would act."""
    agent, act, place = (
        script.constant_script(),
        "else Act(understood, lines);",
        "\n        static void List(Lines lines)\n",
    )
    assert agent.count(act) == agent.count(place) == 1
    judging = agent.replace(act, "else Judge(understood, lines);").replace(place, JUDGE)
    with corpus_farm(engine, folder) as farm:
        replies = ask(farm, HOST, list(request_lines()), judging)
        assert {call.code for call in farm.calls(HOST)} == {5}
    return {
        row.name: Reading(rules=_of_csharp(outcome, judged["host"]), seen=outcome["seen"])
        for row, outcome, judged in zip(ROWS, replies[::2], replies[1::2], strict=True)
    }


def _of_csharp(outcome: dict[str, Any], judged: dict[str, Any]) -> dict[str, Any]:
    idle = int(judged["now"])
    return {
        "touch": Touch(verdict=outcome["verdict"], why=outcome["why"], code=outcome["code"]),
        "gone": "gone" in judged["name"],
        "same": "same" in judged["name"],
        "idle": None if idle < 0 else idle,
        "filters": {
            name: YES if letter == "y" else NO
            for name, letter in zip(FILTERS, judged["dns"], strict=bool(judged["dns"]))
        },
    }


@contextmanager
def corpus_carrier(folder: Path) -> Iterator[JeaCarrier]:
    """The carrier of the module at the host of the corpus, which the double plays."""
    with corpus_farm("double", folder) as farm:
        account = farm.account
        connection = Connection(
            endpoint=farm.endpoints[HOST],
            transport=Transport.NTLM,
            username=account.username,
            password=SecretStr(account.password),
            jea=ENDPOINT,
        )
        with closing(JeaCarrier(lambda _: connection)) as carrier:
            yield carrier


def double_says(folder: Path) -> dict[str, Reading]:
    file = SessionFile(folder / "corpus.sessions")
    file.create(table())
    there = {seen.session.id: seen for seen in double._sessions(Machine(name=HOST, sessions=file, called=HOST))}
    first, *targets = read_request("\n".join(request_lines())).targets
    readings = {}
    for row, target in zip(ROWS, targets, strict=True):
        seen = there.get(target.id)
        session = seen and seen.session
        rules = {
            "touch": _of_double(row, target, seen),
            "gone": is_gone(target, seen),
            "same": session is not None and is_held(target, session),
            "idle": idle_seconds(session, seen.now) if seen and session else None,
            "filters": {
                name: YES if holds(each, session, seen.now) else NO
                for name, each in zip(FILTERS, first.conditions, strict=True)
            }
            if seen and session
            else {},
        }
        readings[row.name] = Reading(rules=rules, seen=double.describe(seen) if seen and target.id else None)
    return readings


def _of_double(row: Row, target: Any, seen: Seen | None) -> Touch:
    if row.is_session_0:
        return Touch(verdict="protected", why="session 0")
    if seen is None:
        return Touch(verdict="absent")
    verdict, code, why = compare(target, seen) or ("refused", 5, "WTSLogoffSession")
    return Touch(verdict=verdict, why=why, code=code)


@cache
def read_sessions(folder: Path) -> dict[str, Session]:
    """The rows as the product reads them, through the double; without those that are not listed."""
    file = SessionFile(folder / "read.sessions")
    file.create(table())
    seen = double._sessions(Machine(name=HOST, sessions=file, called=HOST))
    told = {each.session.id: SessionReply.model_validate(double.describe(each)).on(HOST, NOT_NAMED) for each in seen}
    return {row.name: told[id_of(row)] for row in ROWS if id_of(row) in told}


def _said_session(row: Row) -> Session:
    said = row.said
    return Session(
        host=HOST,
        id=id_of(row),
        state=SessionState(said.state),
        account=Account(domain=said.domain, user=said.user),
        logon=said.logon,
        disconnect=said.since,
        now=said.since,
    )


def core_says(folder: Path) -> dict[str, Reading]:
    read = read_sessions(folder)
    return {row.name: Reading(rules=_of_core(row, read.get(row.name))) for row in ROWS}


def _of_core(row: Row, seen: Session | None) -> dict[str, Any]:
    target = Target(session=_said_session(row))
    guard = evaluate.guard(Policy(rules=()), seen) if seen else ""
    filters = (
        {
            name: YES if each.holds_for(seen) else OPEN if each.is_open_for(seen) else NO
            for name, each in FILTERS.items()
        }
        if seen
        else {}
    )
    return {
        "gone": target.is_gone_from(seen),
        "same": seen is not None and target.may_be(seen),
        "idle": int(seen.idle.total_seconds()) if seen and seen.idle is not None else None,
        "filters": filters,
        "guard": "unread" if seen and guard and guard == seen.unread else GUARDS[guard],
    }


def fake_says(folder: Path) -> dict[str, Reading]:
    read = read_sessions(folder)
    refusing = FakeTerminal({HOST: list(read.values())})
    refusing.refuse(HOST, 5)
    answers = refusing.log_off(HOST, [order_of(row) for row in ROWS], wait=None, within=WITHIN)
    readings = {}
    for row, answer in zip(ROWS, answers, strict=True):
        touch = next((each for each in (row.expected("fake")["touch"],) if _answer(row, each) == answer), answer)
        readings[row.name] = Reading(rules={"touch": touch, "gone": _is_gone_for_the_fake(row, read.get(row.name))})
    return readings


def _answer(row: Row, touch: Touch) -> Any:
    """The touch as the port says it, by the adapter's own table."""
    seen = None if row.report is None else _reply(row)
    ended = Ended(target=0, verdict=cast("Any", touch.verdict), code=touch.code, why=touch.why, waited_ms=0, seen=seen)
    return answer_of(order_of(row), ended)


def _reply(row: Row) -> SessionReply:
    session = windows_session(row)
    assert session
    return SessionReply.model_validate(double.describe(double._read(session)))


def _is_gone_for_the_fake(row: Row, seen: Session | None) -> bool:
    """A session as the card said it takes an order; then the host says what the row says."""
    said = replace(_said_session(row), id=FIRST_ID, logon=row.said.logon, state=SessionState.DISCONNECTED)
    said = said if said.logon and said.account.user else replace(said, logon=_said_session(ROWS[0]).logon)
    fake = FakeTerminal({HOST: [said]})
    if seen:
        fake.after_order(HOST, replace(seen, id=FIRST_ID))
    order = replace(
        order_of(row), session_id=FIRST_ID, logon=said.logon, said_state=said.state, said_since=0, conditions=()
    )
    (answer,) = fake.log_off(HOST, [order], wait=WITHIN, within=WITHIN)
    assert fake.logged_off == [(HOST, FIRST_ID)]
    assert answer.verdict in (Verdict.GONE, Verdict.STILL_CLOSING)
    return answer.verdict is Verdict.GONE
