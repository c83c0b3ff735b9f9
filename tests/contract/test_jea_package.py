"""What `logoff-bot jea-package` writes is all that a build needs: mcs and the engine get nothing else."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from app.module_commands import commands_for
from app.module_package import package_for
from tests.contract.module_engine import Prompt, open_prompt
from tests.contract.test_module_session import ADD_TYPE, files_in, printed
from windows import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "NORTH\\the bot's \N{LEFT SINGLE QUOTATION MARK}own\N{RIGHT SINGLE QUOTATION MARK} $(whoami) callers"
# The value of a file that is one expression, as Windows reads a session configuration: without running it.
GROUPS_IN = """
$faults = $null
$tree = [Management.Automation.Language.Parser]::ParseFile('{}', [ref] $null, [ref] $faults)
$faults
$tree.EndBlock.Statements[0].PipelineElements[0].Expression.SafeGetValue().RoleDefinitions.Keys
"""
# Of the commands of Windows PowerShell that compare, what the engine alone has not.
COMPARES = r"""
function Get-FileHash($LiteralPath) {
    $path = $LiteralPath.Replace('\', '/')
    if (-not [IO.File]::Exists($path)) { return }
    $bytes = [Security.Cryptography.SHA256]::Create().ComputeHash([IO.File]::ReadAllBytes($path))
    @{ Hash = [BitConverter]::ToString($bytes).Replace('-', '') }
}
function Get-Content($LiteralPath) { [IO.File]::ReadAllLines($LiteralPath.Replace('\', '/')) }
function Get-ChildItem($LiteralPath, [switch] $Recurse, [switch] $File, [switch] $Force) {
    [IO.Directory]::GetFiles($LiteralPath, '*', 'AllDirectories')
}
"""
FAULTS_OF = """
$faults = $null
[void] [Management.Automation.Language.Parser]::ParseInput([IO.File]::ReadAllText('{}'), [ref] $null, [ref] $faults)
$faults
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    package_for(GROUP).write(folder := tmp_path_factory.mktemp("package"))
    return folder


@pytest.fixture(scope="module")
def prompt(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prompt]:
    """A prompt whose module mcs has built from the package alone."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(build, "MODULE", package / "LogoffBot")
        patched.setattr(build, "AGENT", package / "LogoffBot" / "src" / "agent")
        with open_prompt(tmp_path_factory.mktemp("module")) as opened:
            yield opened


def test_the_module_of_the_package_answers(prompt: Prompt) -> None:
    prompt.put()
    said = prompt.run("Get-TSSession -Id 3 | ForEach-Object { $_.UserName; $_.Server; $_.ModuleVersion }")
    assert (said.errors, said.failed) == ([], None)
    assert said.output == ["CORP\\alice", "COMP1", "0.1.0"]


def test_the_script_of_the_package_builds_it_in_windows_powershell(
    prompt: Prompt, package: Path, tmp_path: Path
) -> None:
    line = f"& '{package / 'LogoffBot' / 'build.ps1'}' -Destination '{tmp_path}'"
    said = prompt.run(ADD_TYPE + "$PSVersionTable.PSEdition = 'Desktop'\n" + line)
    prompt.run("$PSVersionTable.PSEdition = 'Core'")
    dll = tmp_path / "LogoffBot" / "LogoffBot.dll"
    assert (said.errors, said.failed) == ([], None)
    assert said.output == printed(dll, tmp_path / "SHA256SUMS")
    assert files_in(tmp_path / "LogoffBot") == files_in(prompt.module)
    listed = (tmp_path / "SHA256SUMS").read_text("ascii").splitlines()
    built = {path: sha256((tmp_path / path).read_bytes()).hexdigest() for path in files_in(tmp_path) - {"SHA256SUMS"}}
    assert sorted(listed) == sorted(f"{digest}  {path}" for path, digest in built.items())


def test_the_engine_reads_the_group_as_it_was_given(prompt: Prompt, package: Path) -> None:
    said = prompt.run(GROUPS_IN.replace("{}", str(package / "LogoffBot" / "LogoffBot.pssc")))
    assert (said.errors, said.output) == ([], [GROUP])


def test_powershell_can_read_the_commands(prompt: Prompt, tmp_path: Path) -> None:
    """What they do needs Windows."""
    for name, lines in commands_for(GROUP).named().items():
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
        said = prompt.run(FAULTS_OF.replace("{}", str(tmp_path / name)))
        assert (said.errors, said.output) == ([], []), name
    (tmp_path / "wrong").write_text("& {")
    assert prompt.run(FAULTS_OF.replace("{}", str(tmp_path / "wrong"))).output != []


def compared(prompt: Prompt, name: str, folder: Path, digest: str) -> str:
    """What stops a block over the files of a folder, up to where it does the first thing; empty: nothing."""
    lines = commands_for(GROUP).named()[name]
    head = "\n".join(lines[1 : [line.startswith("    if ($files.Count") for line in lines].index(True) + 1])
    assert head.count("$digest = ''") == head.count("$from = ") == 1
    head = head.replace("$digest = ''", f"$digest = '{digest}'")
    head = re.sub("(?<=[$]from = ).*", lambda _: f"'{folder}'", head)
    said = prompt.run(COMPARES + head)
    assert said.errors == []
    return said.failed or ""


@pytest.mark.parametrize("name", ["build", "install"])
def test_a_block_stops_unless_the_files_are_those_of_the_list_and_the_list_is_the_expected_one(
    prompt: Prompt, tmp_path: Path, name: str
) -> None:
    """As it stands it has no digest. An upper-case one, as Get-FileHash writes it, is the same."""
    package = package_for(GROUP)
    package.write(tmp_path)
    assert "Put in $digest first" in compared(prompt, name, tmp_path, "")
    assert "Put in $digest first" in compared(prompt, name, tmp_path, package.digest[:-1])
    assert "another list" in compared(prompt, name, tmp_path, "0" * 64)
    for digest in (package.digest, package.digest.upper()):
        assert compared(prompt, name, tmp_path, digest) == ""
    for path in package.digests:
        was = (tmp_path / path).read_bytes()
        (tmp_path / path).write_bytes(was + b" ")
        assert f"another file: {path}" in compared(prompt, name, tmp_path, package.digest)
        (tmp_path / path).write_bytes(was)
    (tmp_path / "LogoffBot" / "more.psm1").write_text("")
    assert "does not list all" in compared(prompt, name, tmp_path, package.digest)
    (tmp_path / "LogoffBot" / "more.psm1").rename(tmp_path / "LogoffBot" / "LogoffBot.psd1")
    assert "another file: LogoffBot/LogoffBot.psd1" in compared(prompt, name, tmp_path, package.digest)
    (tmp_path / "LogoffBot" / "LogoffBot.psd1").unlink()
    assert "another file: LogoffBot/LogoffBot.psd1" in compared(prompt, name, tmp_path, package.digest)
