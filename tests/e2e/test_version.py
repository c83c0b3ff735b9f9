"""`--version`, in processes of their own: from any folder, without a configuration, and never the commit of another."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from adapters.windows.agent import script
from app.checkout import commit

ROOT = Path(__file__).resolve().parents[2]
COMMIT = re.compile(r"commit (unknown|[0-9a-f]{8}( \(with local changes\))?)")
SHIPPED = ("app", "bot", "adapters", "migrations")
GIT = shutil.which("git") or ""


def program(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The bot as its own process in `folder`; `environment` is added."""
    command = [sys.executable, "-m", "app", *words]
    return subprocess.run(  # noqa: S603 - our own program
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=True
    )


def lines(folder: Path, **environment: str) -> list[str]:
    return program(folder, "--version", **environment).stdout.splitlines()


def git(folder: Path, *words: str) -> str:
    if not GIT:
        pytest.skip("git: install git")
    who = ("-c", "user.name=n", "-c", "user.email=e@example", "-c", "commit.gpgsign=false")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(  # noqa: S603 - git, in a folder of the test
        [GIT, *who, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def repository(folder: Path) -> str:
    """A repository with one file in its one commit, whose name is returned."""
    git(folder, "init", "--quiet")
    (folder / "file").write_text("one")
    git(folder, "add", "file")
    git(folder, "commit", "--quiet", "-m", "One file")
    return git(folder, "rev-parse", "HEAD")[:8]


def test_the_version_is_told_in_any_folder_without_a_configuration(tmp_path: Path) -> None:
    release, built_from, revision, agent = lines(tmp_path)
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert release == f"logoff-bot {declared['version']}"
    assert COMMIT.fullmatch(built_from)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    assert revision == f"database revision {ScriptDirectory.from_config(config).get_current_head()}"
    assert agent == f"agent sha256 {script.digest()}"
    assert list(tmp_path.iterdir()) == []


def test_the_agents_digest_is_the_one_that_the_agent_command_tells(tmp_path: Path) -> None:
    told = re.search(r"SHA-256 ([0-9a-f]{64})", program(tmp_path, "agent").stderr)
    assert told
    assert lines(tmp_path)[-1] == f"agent sha256 {told[1]}"


def test_a_copy_that_lies_in_the_repository_of_somebody_else_names_no_commit(tmp_path: Path) -> None:
    repository(tmp_path)
    place = tmp_path / "site-packages"
    for folder in SHIPPED:
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    release, built_from, revision, agent = lines(place)
    assert built_from == "commit unknown"
    assert [release, revision, agent] == [each for each in lines(tmp_path) if not each.startswith("commit")]


def test_a_checkout_names_its_commit_and_whether_its_files_are_those(tmp_path: Path) -> None:
    name = repository(tmp_path)
    assert commit(tmp_path) == name
    (tmp_path / "another").write_text("not in any commit")
    assert commit(tmp_path) == name
    (tmp_path / "file").write_text("two")
    assert commit(tmp_path) == f"{name} (with local changes)"


def test_the_environment_cannot_point_to_another_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for each in (one, other):
        each.mkdir()
    name = repository(one)
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert commit(one) == name


def test_a_checkout_without_git_or_of_another_kind_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    assert commit(tmp_path) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(ROOT) == ""


def test_asking_changes_nothing_in_the_repository(tmp_path: Path) -> None:
    repository(tmp_path)
    index = tmp_path / ".git" / "index"
    os.utime(tmp_path / "file", (1, 1))  # the index is out of date: an ordinary `git status` would write it anew
    before = index.read_bytes()
    commit(tmp_path)
    assert index.read_bytes() == before
    git(tmp_path, "status")
    assert index.read_bytes() != before
