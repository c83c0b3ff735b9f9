"""`logoff-bot jea-package`: the same bytes everywhere, for one group, into an empty folder or nowhere."""

from __future__ import annotations

import json
import os
import re
import tomllib
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from adapters.windows.agent.script import SHARED_SOURCES
from app import module_package
from app.cli.jea_package import jea_package
from app.module_commands import NEVER, WHERE, commands_for
from app.module_group import GROUP
from app.module_package import INSTALL, SUMS, package_for
from bot.errors import SettingsError
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SESSION = "LogoffBot/LogoffBot.pssc"
COMMAND = typer.Typer()
COMMAND.command()(jea_package)


def run(folder: Path, *options: str) -> Any:
    return CliRunner().invoke(COMMAND, [str(folder), *options])


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_writes_the_module_the_agents_sources_and_the_commands(tmp_path: Path) -> None:
    said = run(tmp_path / "new" / "folder")
    assert said.exit_code == 0
    files = files_in(tmp_path / "new" / "folder")
    module = {f"LogoffBot/{path}" for path in files_in(ROOT / "windows" / "LogoffBot")}
    assert files.keys() == module | {f"LogoffBot/src/agent/{name}" for name in SHARED_SOURCES} | {INSTALL, SUMS}
    for path, content in files.items():
        if path != SUMS:
            assert f"{sha256(content).hexdigest()}  {path}\n" in said.stdout
    assert f"{sha256(files[SUMS]).hexdigest()}  {SUMS}, and so the whole\n" in said.stdout
    assert files[INSTALL].decode().replace("\r\n", "\n") in said.stdout
    assert GROUP in said.stdout
    assert "xperimental" in said.stdout


def test_sha256sum_reads_the_list_of_digests() -> None:
    package = package_for(GROUP)
    lines = package.files[SUMS].decode("ascii").splitlines()
    assert {line.split("  ")[1]: line.split("  ")[0] for line in lines} == package.digests
    assert package.digests.keys() == package.files.keys() - {SUMS}


def test_what_windows_reads_has_its_line_ends_and_no_letter_beyond_ascii() -> None:
    for path, content in package_for(GROUP).files.items():
        assert content.isascii(), path
        assert path == SUMS or not re.search(rb"(?<!\r)\n|\r(?!\n)", content), path


def test_line_ends_of_the_checkout_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = package_for(GROUP).digest
    for path, content in files_in(module_package.MODULE).items():
        (tmp_path / "LogoffBot" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "LogoffBot" / path).write_bytes(content.replace(b"\n", b"\r\n"))
    (tmp_path / "LogoffBot" / "LogoffBot.psd1~").write_bytes(b"what an editor left")
    monkeypatch.setattr(module_package, "MODULE", tmp_path / "LogoffBot")
    assert package_for(GROUP).digest == expected


def test_programs_read_json(tmp_path: Path) -> None:
    said = json.loads(run(tmp_path, "--json", "--group", r"NORTH\ts callers").stdout)
    files = files_in(tmp_path)
    assert said["files"] == {path: sha256(content).hexdigest() for path, content in files.items() if path != SUMS}
    assert (said["sha256"], said["group"]) == (sha256(files[SUMS]).hexdigest(), r"NORTH\ts callers")
    assert said["commands"].keys() == said["where"].keys() == WHERE.keys()
    assert r"Register-PSSessionConfiguration -Name LogoffBot -Path $module\LogoffBot.pssc -Force" in " ".join(
        said["commands"]["install"]
    )


@for_each(
    "group, written",
    [
        (r"CORP\logoff-bot-callers", r"'CORP\logoff-bot-callers'"),
        (r"corp.example\Bot callers (TS)", r"'corp.example\Bot callers (TS)'"),
        (r"CORP\the bot's", r"'CORP\the bot''s'"),
        ("CORP\\the bot\u2019s \u201bown\u2018", "'CORP\\the bot\u2019\u2019s \u201b\u201bown\u2018\u2018'"),
        (r"CORP\$(whoami) `callers", r"'CORP\$(whoami) `callers'"),
        (r"CORP\#callers{1}&2", r"'CORP\#callers{1}&2'"),
    ],
)
def test_the_group_stands_in_the_endpoint_as_data(group: str, written: str) -> None:
    package = package_for(group)
    session = package.files[SESSION].decode("utf-8-sig")
    assert f"RoleDefinitions     = @{{ {written} = @{{ RoleCapabilities = 'LogoffBot' }} }}\r\n" in session
    assert group.isascii() or package.files[SESSION].startswith(b"\xef\xbb\xbf")
    others = package.files.keys() - {SESSION, INSTALL, SUMS}
    assert all(package.files[path] == package_for(GROUP).files[path] for path in others)


@for_each(
    "group",
    [
        *("", "callers", "CORP\\", "\\callers", "CORP/callers", "CORP\\a\\b", "callers@corp.example", "CORP\\*"),
        *(
            "CORP\\a\nb",
            "CORP\\a\tb",
            "CORP\\a\x1b[1m",
            " CORP\\a",
            "CORP\\a ",
            "CORP\\a.",
            'CORP\\a"b',
            "CORP\\" + "x" * 257,
        ),
        *(
            "CORP\\a\u202eb",
            "CORP\\a\x85b",
            "BUILTIN\\Administrators",
            "nt authority\\Authenticated Users",
            "CORP\\a;b",
        ),
    ],
)
def test_what_is_no_group_of_a_domain_is_refused_and_nothing_is_written(group: str, tmp_path: Path) -> None:
    said = run(tmp_path / "p", "--group", group)
    assert isinstance(said.exception, SettingsError)
    assert "--group" in said.exception.message
    assert GROUP in said.exception.message
    assert not (tmp_path / "p").exists()


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_text("mine")
    for there in (tmp_path, tmp_path / ".hidden"):
        said = run(there)
        assert isinstance(said.exception, SettingsError)
        assert "Name a new one" in said.exception.message
    assert files_in(tmp_path) == {".hidden": b"mine"}


@pytest.mark.parametrize("is_there", [False, True])
def test_a_file_that_cannot_be_written_leaves_none(tmp_path: Path, is_there: bool) -> None:  # noqa: FBT001 - a case
    folder = tmp_path / "p"
    if is_there:
        folder.mkdir()
    package = package_for(GROUP)
    too_long = module_package.Package(files=dict(package.files) | {f"{'x' * 300}.txt": b""})
    with pytest.raises(SettingsError, match="cannot be written"):
        too_long.write(folder)
    assert folder.exists() is is_there
    assert files_in(tmp_path) == {}


@for_each("name", ["x" * 300, "new/x/../" + "y" * 300, "file/below", "new/" + "/".join(["y" * 250] * 20)])
def test_a_folder_that_cannot_be_made_is_said_and_nothing_is_left_on_the_way(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    said = run(tmp_path / name)
    assert isinstance(said.exception, SettingsError), said.exception
    assert "cannot be written: " in said.exception.message
    assert list(tmp_path.rglob("*")) == [tmp_path / "file"]


def test_the_folders_on_the_way_go_with_the_files_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    too_long = module_package.Package(files={"a/b.txt": b"", f"{'x' * 300}.txt": b""})
    for folder in ("there/new/and/newer", "there/new/../other", "there"):
        with pytest.raises(SettingsError, match="File name too long"):
            too_long.write(tmp_path / folder)
        assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_a_folder_below_a_closed_one_is_said(tmp_path: Path) -> None:
    (closed := tmp_path / "closed").mkdir(mode=0)
    package, mine = package_for(GROUP), os.geteuid()
    os.seteuid(mine or 65534)  # root reaches everything
    try:
        with pytest.raises(SettingsError, match=r"cannot be written: Permission denied. Name a folder of your own"):
            package.write(closed / "p")
    finally:
        os.seteuid(mine)


def test_a_release_without_the_module_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_package, "MODULE", tmp_path / "windows" / "LogoffBot")
    with pytest.raises(SettingsError, match="Install the release anew"):
        package_for(GROUP)


def test_wheel_and_image_have_the_module_where_a_checkout_has_it() -> None:
    """`uv build --wheel` puts it there: tried by hand, because the build fetches its backend."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    there = module_package.MODULE.relative_to(ROOT).as_posix()
    assert wheel["force-include"] == {there: there}
    assert {"app", "adapters"} <= set(wheel["packages"])
    assert f"COPY {there} {there}\n" in (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    assert f"!{there}\n" in (ROOT / ".dockerignore").read_text("utf-8")


def test_the_page_for_administrators_shows_the_commands_as_they_are_written() -> None:
    page = (ROOT / "docs" / "windows.md").read_text("utf-8")
    (block,) = re.findall(r"```powershell\n(# build\n.*?)\n```", page, re.DOTALL)
    named = commands_for(GROUP).named()
    assert block == "\n\n".join("\n".join((f"# {name}", *lines)) for name, lines in named.items())
    for never in ("domain controller", "Administrators", "role capability"):
        assert never in page
        assert never in " ".join(NEVER)
