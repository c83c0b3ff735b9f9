"""Workspace files: what does not hold together in them, and organisations of several workspaces."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from slack_sdk import WebClient
from websockets.sync.client import connect

from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace, WorkspaceFileError
from rehearsal_testing.socket_app import Wire, draw_button

OPS = "C0OPS00001"


def test_a_file_that_does_not_hold_together_is_refused_with_every_fault(tmp_path: Path) -> None:
    shipped = SHIPPED_WORKSPACE.read_text(encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        shipped.replace("members: [bo, chen]", "members: [bo, zoe]").replace("team: T0OTHER001", "team: T1")
    )
    with pytest.raises(
        WorkspaceFileError, match="S0LEADS001 has the unknown member zoe; fay is of the unknown team T1"
    ):
        Workspace.from_file(broken)
    broken.write_text(shipped.replace("is_restricted", "is_limited"))
    with pytest.raises(WorkspaceFileError, match="is_limited"):
        Workspace.from_file(broken)


ORGANISATION = """
enterprise: { id: E0ORG00001, name: Organisation }
others:
  - { id: T0SISTER01, domain: sister, name: Sister }"""
INES = "  - { id: U0INES0001, handle: ines, name: Ines, team: T0SISTER01, teams: [T0SISTER01, T0HOME0001] }"


def write_organisation(file: Path) -> Path:
    shipped = SHIPPED_WORKSPACE.read_text(encoding="utf-8").replace("others:", ORGANISATION.strip())
    shipped = shipped.replace("people:", f"people:\n{INES}").replace(
        "oli, gus, logoffbot]", "oli, gus, ines, logoffbot]"
    )
    file.write_text(shipped, encoding="utf-8")
    return file


def test_in_an_organisation_a_command_names_this_workspace_and_a_press_the_persons_first(tmp_path: Path) -> None:
    with (
        Workspace.from_file(write_organisation(tmp_path / "organisation.yaml")) as workspace,
        ThreadPoolExecutor() as pool,
    ):
        web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        user = web.users_info(user="U0INES0001")["user"]
        assert (user["team_id"], user["enterprise_user"]["teams"]) == ("T0SISTER01", ["T0SISTER01", "T0HOME0001"])
        with connect(str(web.apps_connections_open(app_token=workspace.app_token)["url"])) as socket:
            socket.recv()
            app, ines = Wire(socket, pool), UserClient(workspace.url, "ines")
            typed = app.take(ines.command, "/logoff", "ops")
            web.chat_postMessage(channel=OPS, text="x", blocks=draw_button("Go", action_id="go"))
            pressed = app.take(ines.press, "Go")
        assert (typed["team_id"], typed["enterprise_id"]) == ("T0HOME0001", "E0ORG00001")
        assert (pressed["user"]["team_id"], pressed["enterprise"]["id"]) == ("T0SISTER01", "E0ORG00001")


def test_workspaces_of_a_person_need_an_organisation(tmp_path: Path) -> None:
    file = write_organisation(tmp_path / "organisation.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace("enterprise: {", "# {"), encoding="utf-8")
    with pytest.raises(WorkspaceFileError, match="ines has teams, but there is no enterprise"):
        Workspace.from_file(file)
