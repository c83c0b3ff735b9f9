"""What the page is served from: its rules for browsers, its stream, its hands on the farm."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from rehearsal.page import Page, Scene, WatchedFarm
from rehearsal.page.server import STATIC
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal.windows import SHIPPED_FARM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A page without a bot behind it: `entries` is the audit log, which a test writes."""

    workspace: Workspace
    farm: WatchedFarm
    page: Page
    entries: list[dict[str, Any]]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    entries: list[dict[str, Any]] = []
    workspace = Workspace.from_file(SHIPPED_WORKSPACE)
    page = Page(workspace)
    with workspace, WatchedFarm.from_file(SHIPPED_FARM, engine="double") as farm:
        page.show(
            farm=farm,
            read_audit=lambda after: [each for each in entries if each["seq"] > after],
            commands=[{"slash": "/logoff", "description": "d", "usage_hint": "h", "examples": ["/logoff comp1"]}],
        )
        yield Stage(workspace=workspace, farm=farm, page=page, entries=entries)
        page.hide()


@contextmanager
def listen(stage: Stage) -> Iterator[Iterator[dict[str, Any]]]:
    with requests.get(f"{stage.workspace.url}/page/events", stream=True, timeout=20) as answer:
        lines = answer.iter_lines(decode_unicode=True)
        yield (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def make(stage: Stage, **order: Any) -> requests.Response:
    return requests.post(f"{stage.workspace.url}/page/trouble", json=order, timeout=10)


def test_every_answer_of_the_page_forbids_what_is_not_its_own(stage: Stage) -> None:
    paths = ["/", *(f"/page/static/{path.relative_to(STATIC)}" for path in FILES), "/nowhere"]
    for path in paths:
        answer = requests.get(stage.workspace.url + path, timeout=5)
        assert answer.headers["content-security-policy"].startswith("default-src 'self';"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.status_code == (404 if path == "/nowhere" else 200)


def test_the_page_has_no_inline_script_or_style_and_loads_nothing_from_elsewhere() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|https?://", page) == []
    for path in FILES:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?https?://", text) == [], path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_nothing_is_drawn_out_of_a_string(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) == []
    assert len(text.splitlines()) < 300


@pytest.mark.parametrize("path", ["/", "/page/events", "/page/trouble", "/rehearsal/state?as=dana"])
@pytest.mark.parametrize(("header", "value"), [("Host", "evil.example"), ("Origin", "https://evil.example")])
def test_another_host_or_origin_is_refused(stage: Stage, path: str, header: str, value: str) -> None:
    act = requests.post if path.endswith("trouble") else requests.get
    answer = act(stage.workspace.url + path, headers={header: value, "Content-Type": "application/json"}, timeout=5)
    refused = answer.status_code in {400, 403}
    assert refused, answer.status_code


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://a]b/", "null", "", "http://[zz]:8765", "x\xff"])
def test_an_origin_that_is_no_address_is_refused_in_words(stage: Stage, origin: str) -> None:
    answer = requests.get(
        f"{stage.workspace.url}/rehearsal/state?as=dana", headers={"Origin": origin.encode("latin-1")}, timeout=5
    )
    assert (answer.status_code, answer.json()) == (403, {"ok": False, "error": "foreign_origin"})


def test_trouble_is_taken_as_json_only(stage: Stage) -> None:
    answer = requests.post(
        f"{stage.workspace.url}/page/trouble", data={"what": "take_down", "host": "comp1"}, timeout=5
    )
    assert answer.status_code == 415


def test_whoever_comes_gets_the_whole_truth_first_and_then_what_changes(stage: Stage) -> None:
    make(stage, what="restore")
    with listen(stage) as news:
        hello, scene = next(news), next(news)
        assert hello["type"] == "hello"
        assert hello["hosts"].keys() == stage.farm.snapshot().keys()
        assert [one["user"] for one in hello["hosts"]["comp1"]["sessions"] if one["id"] == 3] == ["CORP\\alice"]
        assert hello["commands"][0]["slash"] == "/logoff"
        assert scene == {"type": "scene", "scene": None}
        make(stage, what="sign_out", host="comp1", session_id=3)
        change = next(one for one in news if one["type"] == "farm")
        assert list(change["hosts"]) == ["comp1"]
        assert 3 not in [one["id"] for one in change["hosts"]["comp1"]["sessions"]]
        stage.entries.append({"seq": 1, "event": "noted", "reason": "usage_error"})
        entry = next(one for one in news if one["type"] == "audit")["entries"][-1]
        assert (entry["event"], entry["reason"]) == ("noted", "usage_error")
        stage.page.tell(Scene(title="t", message="s", now="n", step=1, steps=2))
        assert next(one for one in news if one["type"] == "scene")["scene"]["title"] == "t"
        stage.page.tell(None)
    with listen(stage) as news:
        assert next(news)["entries"][-1]["seq"] == entry["seq"]


def test_the_page_is_told_what_is_a_reset_and_what_is_not(stage: Stage) -> None:
    make(stage, what="restore")
    with listen(stage) as news:
        next(news)
        make(stage, what="sign_out", host="comp1", session_id=3)
        assert not next(one for one in news if one["type"] == "farm")["is_reset"]
        make(stage, what="restore")
        reset = next(one for one in news if one["type"] == "farm" and "comp1" in one["hosts"])
        assert reset["is_reset"]
        make(stage, what="sign_out", host="comp1", session_id=3)
        change = next(one for one in news if one["type"] == "farm" and "comp1" in one["hosts"] and not one["is_reset"])
        assert 3 not in [one["id"] for one in change["hosts"]["comp1"]["sessions"]]


def test_each_hand_on_the_farm_does_what_it_says(stage: Stage) -> None:
    make(stage, what="restore")

    def look() -> dict[str, Any]:
        return stage.farm.look()["comp1"]

    def session(number: int) -> dict[str, Any]:
        [found] = [one for one in look()["sessions"] if one["id"] == number]
        return dict(found)

    make(stage, what="take_down", host="comp1")
    stage.farm.wait_until(lambda: not look()["up"])
    make(stage, what="bring_up", host="comp1")
    stage.farm.wait_until(lambda: bool(look()["up"]))
    assert session(3)["state"] == "Disconnected"
    make(stage, what="return_to_work", host="comp1", session_id=3)
    assert session(3)["state"] == "Active"
    make(stage, what="take_over", host="comp1", session_id=3)
    assert session(3)["user"] == "CORP\\mallory"
    make(stage, what="behave", host="comp1", behaviour="slow")
    assert look()["trouble"] == "slow"
    make(stage, what="restore")
    assert (look()["trouble"], session(3)["user"]) == ("none", "CORP\\alice")


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"what": "take_down", "host": "nowhere"}, "not_there"),
        ({"what": "sign_out", "host": "comp1", "session_id": 99}, "not_there"),
        ({"what": "behave", "host": "comp1", "behaviour": "explodes"}, "invalid_trouble"),
        ({"what": "explode", "host": "comp1"}, "invalid_request"),
    ],
)
def test_trouble_that_cannot_be_made_is_refused(stage: Stage, order: dict[str, Any], error: str) -> None:
    answer = make(stage, **order)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.skipif(shutil.which("node") is None, reason="install Node.js 20")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_a_module_that_parses(script: Path) -> None:
    node = str(shutil.which("node"))
    source = script.read_text(encoding="utf-8")
    done = subprocess.run(  # noqa: S603 -- node
        [node, "--check", "--input-type=module"], input=source, text=True, capture_output=True, check=False, timeout=20
    )
    assert done.returncode == 0, done.stderr
