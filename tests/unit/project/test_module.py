"""The files of `windows/` agree with one another and with the bot: names, version, sources."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ET

from adapters.windows.agent.script import SHARED_SOURCES
from adapters.windows.jea.commands import ACTS, LIST
from adapters.windows.request import Verb
from bot.domain.actions import FACTS
from rehearsal.windows.remoting import cmdlets
from tests.support.checkout import ROOT
from windows import build

MODULE = build.MODULE
CMDLETS = {LIST, *ACTS.values()}
MANIFEST = (MODULE / "LogoffBot.psd1").read_text("utf-8")
ROLE = (MODULE / "RoleCapabilities" / "LogoffBot.psrc").read_text("utf-8")
SESSION = (MODULE / "LogoffBot.pssc").read_text("utf-8")
SCRIPT = (MODULE / "build.ps1").read_text("utf-8")


def value_of(text: str, key: str) -> str:
    found = re.search(rf"(?m)^ *{key} *= *(.*)$", text)
    assert found, key
    return found[1]


def names_in(text: str) -> set[str]:
    return set(re.findall(r"'([^']+)'", text))


def test_bot_manifest_and_cmdlets_have_one_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert value_of(MANIFEST, "ModuleVersion") == f"'{version}'"
    assert f'Version = "{version}"' in (MODULE / "src" / "ModuleInfo.cs").read_text("ascii")


def test_the_cmdlets_are_named_in_full_wherever_commands_are_named() -> None:
    assert set(ACTS) == {verb for verb in Verb if verb.acts}
    assert {each.name for each in cmdlets.CMDLETS} == {each.cmdlet for each in FACTS.values() if each.cmdlet} == CMDLETS
    assert names_in(value_of(MANIFEST, "CmdletsToExport")) == CMDLETS
    assert names_in(value_of(ROLE, "VisibleCmdlets")) == {f"LogoffBot\\{name}" for name in CMDLETS}
    declared = re.findall(r'\[Cmdlet\("(\w+)", "(\w+)"', "".join(path.read_text("ascii") for path in build.sources()))
    assert {"-".join(each) for each in declared} == CMDLETS
    maml = ET.parse(MODULE / "en-US" / "LogoffBot.dll-Help.xml").getroot()  # noqa: S314 - our own file
    command = "{http://schemas.microsoft.com/maml/dev/command/2004/10}"
    assert {each.findtext(f"{command}details/{command}name") for each in maml} == CMDLETS
    for text in (MANIFEST, ROLE, SESSION):
        assert "*" not in re.sub(r"(?m)^ *#.*$", "", text)


def test_the_endpoint_gives_no_language_to_one_group_alone() -> None:
    assert value_of(SESSION, "SessionType") == "'RestrictedRemoteServer'"
    assert value_of(SESSION, "RunAsVirtualAccount") == "$true"
    assert value_of(SESSION, "TranscriptDirectory").startswith("'C:\\ProgramData\\LogoffBot")
    assert value_of(SESSION, "RoleDefinitions").count("RoleCapabilities = 'LogoffBot'") == 1
    shown = {key for text in (ROLE, SESSION) for key in re.findall(r"(?m)^ *(\w+) *=", text)}
    assert shown <= {
        *("GUID", "Description", "SchemaVersion", "SessionType", "RunAsVirtualAccount", "TranscriptDirectory"),
        *("RoleDefinitions", "ModulesToImport", "VisibleCmdlets"),
    }
    assert len({value_of(text, "GUID") for text in (MANIFEST, ROLE, SESSION)}) == 3


def test_both_builds_take_the_agents_own_sources() -> None:
    assert build.AGENT_SOURCES == SHARED_SOURCES
    assert names_in(value_of(SCRIPT, r"\$shared")) == set(SHARED_SOURCES)
    assert all(path.exists() for path in build.sources())
    assert build.sources()[0].name == "ModuleInfo.cs"


def test_what_windows_reads_is_ascii() -> None:
    """Windows PowerShell 5.1 reads a file without a mark in the code page of the machine."""
    paths = [path for path in MODULE.rglob("*") if path.is_file()]
    assert [str(path) for path in paths if not path.read_text("utf-8").isascii()] == []
    assert len(paths) > 12
