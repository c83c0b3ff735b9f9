"""What `logoff-bot jea-package` writes is all that a build needs: mcs and the engine get nothing else."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from app.module_commands import commands_for
from app.module_package import package_for
from tests.contract.module_engine import Prompt, open_prompt
from tests.contract.test_module_session import ADD_TYPE, files_in
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
    assert said.output == [str(dll), f"SHA-256 {sha256(dll.read_bytes()).hexdigest()}"]
    assert files_in(tmp_path / "LogoffBot") == files_in(prompt.module)


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
