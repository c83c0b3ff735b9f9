"""The page over a workspace in which an app of the test's own answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.page import Page
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal.slack.methods import SCOPES
from rehearsal_testing.noting_app import NotingApp

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    workspace = Workspace.from_file(SHIPPED_WORKSPACE, scopes=SCOPES)
    Page(workspace)
    with workspace:
        yield workspace


@pytest.fixture
def clerk(workspace: Workspace) -> Iterator[NotingApp]:
    app = NotingApp(workspace)
    yield app
    app.stop()
