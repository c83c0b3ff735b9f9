"""Five people at one card: what each process of a crowd presses, and how the card is laid out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from bot.commands import ASK_TYPES
from bot.domain.actions import Action
from bot.domain.inventory import Inventory
from bot.domain.requirement import Requirement
from bot.policy.evaluate import requirement_for
from bot.policy.in_force import InForce
from bot.workflow.authorization import Authorizer
from bot.workflow.inputs import PressCall
from bot.workflow.intake import NO_LEDGER, Intake
from bot.workflow.presses import PressHandler
from tests.contract.writers import KEY
from tests.fakes.clock import SettableClock
from tests.fakes.directory import FakeDirectory
from tests.support import builders as b
from tests.support import people as c

if TYPE_CHECKING:
    from bot.policy.model import Policy
    from bot.workflow.response import Response

KINDS = {"self": c.rule(), "1 of": c.asking_leads(1), "2 of": c.asking_leads(2)}
PEOPLE = {
    "self": (c.DANA, c.BO, c.CHEN, c.person("eve"), c.person("ira")),
    "1 of": (c.BO, c.CHEN, c.person("eve"), c.person("ira"), c.person("kim")),
    "2 of": (c.BO, c.CHEN, c.person("eve"), c.person("ira"), c.person("kim")),
}
"""Dana has asked. All others are leads."""

PRESSES = 200
Outcome = tuple[str, str, bool]
"""Who pressed, what they were told, whether it changed anything."""


def policy_of(kind: str) -> Policy:
    return c.policy(KINDS[kind], max_sent=10_000)  # a crowd presses here, and not one person


def directory_of(kind: str) -> FakeDirectory:
    leads = {one.user_id: c.LEADS for one in PEOPLE[kind] if one is not c.DANA}
    return FakeDirectory.of_members({**leads, c.DANA.user_id: c.ONCALL})


def lay_card(ledger: SqlLedger, kind: str) -> None:
    """Dana's request, surveyed: one session, waiting for its buttons."""
    dana = directory_of(kind).person(c.DANA)
    required = requirement_for(policy_of(kind), dana, c.OPS, Action.LOG_OFF, [b.session(3)])
    assert isinstance(required, Requirement)
    ledger.open(b.request(actor=c.DANA, place=c.OPS))
    ledger.record("TS-AAAAAA", b.surveyed(b.target(3), requirement=required))


def press_all(kind: str, processes: int, url: str, number: int) -> list[Outcome]:
    """This process's share of the presses, from many threads; each person's presses are spread over all processes."""
    database = open_database(url)
    clock = SettableClock(b.NOW)
    ledger = SqlLedger(database, clock, KEY, ASK_TYPES)
    in_force = InForce(policy_of(kind), Inventory(names=("comp1",)))
    authorizer = Authorizer(
        ledger=ledger,
        pause_switch=ledger,
        directory=directory_of(kind),
        in_force=in_force,
        clock=clock,
    )
    presses = PressHandler(ledger=ledger, authorizer=authorizer)
    intake = Intake(ledger=ledger, presses=presses, clock=clock)

    def press(turn: int) -> Outcome:
        by = PEOPLE[kind][turn % 5]
        call = PressCall(press="approve", value="TS-AAAAAA:2", actor=by, place=c.OPS)
        response: Response | None = None
        while response is None or response.text == NO_LEDGER:  # told to try again because the others had the lock
            response = intake.press(call)
        return by.user_id, response.text, response.wake is not None

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(press, range(number, PRESSES, processes)))
    database.dispose()
    return outcomes
