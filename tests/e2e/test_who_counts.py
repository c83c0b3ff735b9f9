"""An organisation of two workspaces and a partner company: each person counts the same, whatever they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.rehearse.environment import open_stage
from bot.domain.request import Ending, State
from rehearsal.slack import SHIPPED_WORKSPACE
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request

AT_WORK = "/logoff rds-05 id=2 --sync"
ONE, TWO = "/logoff comp1 id=3 --sync", "/logoff comp2 --all --sync"
NOT_OURS = "Only people of my own workspace count."
CHANGES = {
    "others:": "enterprise: { id: E0ORG00001, name: Organisation }\nothers:\n"
    "  - { id: T0SISTER01, domain: sister, name: Sister }",
    "people:": """people:
  - { id: U0INES0001, handle: ines, name: Ines, team: T0SISTER01, teams: [T0SISTER01, T0HOME0001] }
  - { id: U0SEM00001, handle: sem, name: Sem, team: T0SISTER01, teams: [T0SISTER01] }
  - { id: U0PAT00001, handle: pat, name: Pat, team: T0OTHER001 }""",
    "members: [dana, bo, chen, oli, gus, logoffbot]": "members: [dana, bo, chen, oli, gus, ines, sem, pat, logoffbot]",
    "members: [dana, bo, chen, oli, logoffbot]": "members: [dana, bo, chen, oli, ines, sem, pat, logoffbot]",
    "members: [bo, chen]": "members: [ines, sem, pat]",
    "members: [dana, chen]": "members: [dana, ines, sem, pat]",
}
"""Ines belongs to our workspace and to a sister's, Sem to the sister's alone, Pat to a partner; all in the groups."""


@pytest.fixture
def stage(settings: Settings, tmp_path: Path) -> Iterator[Rehearsal]:
    text = SHIPPED_WORKSPACE.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new, 1)
    file = tmp_path / "workspace.yaml"
    file.write_text(text, encoding="utf-8")
    with open_stage(settings, engine="double", workspace_file=file) as opened:
        yield opened


def newest(stage: Rehearsal) -> Request:
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def private_to(stage: Rehearsal, person: str) -> list[str]:
    return [message.text for message in stage.visitor(person).messages() if message.ephemeral]


def test_who_is_in_our_workspace_and_a_sisters_types_presses_chooses_and_approves(stage: Rehearsal) -> None:
    ines = stage.visitor("ines")
    ines.command(ONE)
    assert newest(stage).state is State.AWAITING
    ines.press("Log off 1")
    assert newest(stage).ending is Ending.DONE
    ines.command(TWO)
    before = newest(stage)
    ines.press("Choose...")
    wait_until(lambda: bool(ines.state()["views"]))
    ines.submit(targets=["0"])
    assert [target.key for target in newest(stage).targets] == [before.targets[0].key]
    stage.visitor("dana").command(AT_WORK)
    assert newest(stage).state is State.AWAITING
    ines.press("Log off 1")
    approved = newest(stage)
    assert approved.decided_by
    assert (approved.ending, approved.decided_by.name) == (Ending.DONE, "ines")


@pytest.mark.parametrize("person", ["sem", "pat"])
def test_who_is_not_in_our_workspace_does_not_count_although_a_group_has_them(stage: Rehearsal, person: str) -> None:
    visitor = stage.visitor(person)
    visitor.command(ONE)
    refused = newest(stage)
    assert (refused.ending, refused.message) == (Ending.REFUSED, NOT_OURS)
    stage.visitor("dana").command(AT_WORK)
    assert newest(stage).state is State.AWAITING
    told = len(private_to(stage, person))
    labels = ("Log off 1", "Deny", "Disconnect instead", "Cancel")
    for label in labels:
        visitor.press(label)
    wait_until(lambda: len(private_to(stage, person)) == told + len(labels))
    assert set(private_to(stage, person)[told:]) == {NOT_OURS}
    assert newest(stage).state is State.AWAITING


def test_where_only_people_of_other_workspaces_could_approve_nobody_can(stage: Rehearsal) -> None:
    """Ines asks: of the leads there are Sem and Pat left."""
    stage.visitor("ines").command(AT_WORK)
    refused = newest(stage)
    assert refused.ending is Ending.REFUSED
    assert refused.message.endswith("besides you there are 0. Nobody could approve it.")
