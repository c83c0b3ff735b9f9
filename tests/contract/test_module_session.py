"""The module where less is allowed: the restricted session of the endpoint, constrained language; its files, as read
by the engine."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.windows.sessions import Rule
from tests.contract.module_engine import Prompt, open_prompt
from tests.support.cases import for_each
from tests.support.checkout import ROOT
from windows import build

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = ["Disconnect-TSSession", "Get-TSSession", "Send-TSMessage", "Stop-TSSession"]
EVERYBODY = [
    "Clear-Host",
    "Exit-PSSession",
    "Get-Command",
    "Get-FormatData",
    "Get-Help",
    "Measure-Object",
    "Out-Default",
    "Select-Object",
]
MAML = "{http://schemas.microsoft.com/maml/2004/10}"
COMMAND = "{http://schemas.microsoft.com/maml/dev/command/2004/10}"
DEV = "{http://schemas.microsoft.com/maml/dev/2004/10}"
COMMON = [
    "Verbose",
    "Debug",
    "ErrorAction",
    "WarningAction",
    "InformationAction",
    "ProgressAction",
    "ErrorVariable",
    "WarningVariable",
]
COMMON += ["InformationVariable", "OutVariable", "OutBuffer", "PipelineVariable"]
# One line for each parameter in each set, as the engine binds it.
PARAMETERS = """
foreach ($command in Get-Command -Module LogoffBot) {
    foreach ($set in $command.ParameterSets) {
        foreach ($one in $set.Parameters) {
            $aliases = $one.Aliases -join ', '
            "$($command.Name)|$($set.Name)|$($one.Name)|$($one.ParameterType.Name)|$($one.IsMandatory)|" +
                "$($one.Position)|$($one.ValueFromPipelineByPropertyName)|$aliases"
        }
    }
}
"""
ADD_TYPE = (Path(__file__).parent / "module_add_type.ps1").read_text("ascii")
"""The part of Add-Type that the engine alone has not: it writes a file."""


@pytest.fixture(scope="module")
def one_prompt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prompt]:
    with open_prompt(tmp_path_factory.mktemp("module"), restricted=True) as opened:
        yield opened


@pytest.fixture
def prompt(one_prompt: Prompt) -> Prompt:
    one_prompt.put(rule=Rule())
    return one_prompt


class Endpoint:
    """The `.pssc` of the module, as a session of somebody in the group, or of somebody else."""

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt
        text = (prompt.module / "LogoffBot.pssc").read_text("utf-8")
        self.path = prompt.module.parent / "endpoint.pssc"
        self.path.write_text(
            re.sub(r"(?m)^ *TranscriptDirectory.*\n", "", text), "utf-8"
        )  # the engine alone writes none

    def call(self, command: str, *, is_member: bool = True, **parameters: Any) -> Any:
        return self.prompt.run(
            command, mode="", parameters=parameters, session_file=str(self.path), is_member=is_member
        )

    def run_script(self, script: str) -> Any:
        return self.prompt.run(script, mode="", session_file=str(self.path), is_member=True)


@pytest.fixture
def endpoint(prompt: Prompt) -> Endpoint:
    return Endpoint(prompt)


def test_a_member_sees_four_commands_and_the_sessions_own_and_anybody_else_the_latter(endpoint: Endpoint) -> None:
    assert sorted(endpoint.call("Get-Command").output) == sorted(OURS + EVERYBODY)
    assert sorted(endpoint.call("Get-Command", is_member=False).output) == EVERYBODY
    assert endpoint.call("Get-TSSession", is_member=False).identifier == "CommandNotFoundException"


def test_a_member_lists_and_logs_off_one_person(endpoint: Endpoint) -> None:
    listed = {each["SessionId"]: each for each in endpoint.call("Get-TSSession").output}
    assert sorted(listed) == [0, 1, 3, 5, 7, 65536]
    who = {"UserName": listed[3]["UserName"], "LogonTime": listed[3]["LoginTime"]}
    (result,) = endpoint.call("Stop-TSSession", Id=3, Force=True, Synchronous=True, **who).output
    assert (result["Verdict"], result["ModuleVersion"]) == ("gone", "0.1.0")
    assert endpoint.prompt.acts() == [("logoff", 3, "CORP\\alice")]


@for_each("script", ["Get-TSSession", "1+1", "[Environment]::MachineName", "Get-TSSession | Stop-TSSession -Force"])
def test_the_endpoint_runs_no_script(endpoint: Endpoint, script: str) -> None:
    assert endpoint.run_script(script).identifier == "ScriptsNotAllowed"
    assert endpoint.prompt.acts() == []


ELSEWHERE = ["Invoke-Expression", "Import-Module", "Start-Job", "New-PSSession", "Invoke-Command", "ForEach-Object"]


@for_each("command", [*ELSEWHERE, "whoami", "/bin/sh"])
def test_the_endpoint_has_no_other_command(endpoint: Endpoint, command: str) -> None:
    assert endpoint.call(command).identifier == "CommandNotFoundException"


def test_the_endpoint_acts_on_no_number_alone_and_on_no_other_computer(endpoint: Endpoint) -> None:
    for command in ("Stop-TSSession", "Disconnect-TSSession"):
        assert endpoint.call(command, Id=3, Force=True).identifier == "MissingMandatoryParameter"
    assert endpoint.call("Send-TSMessage", Id=3, Text="hello").identifier == "MissingMandatoryParameter"
    assert endpoint.call("Get-TSSession", ComputerName="dc1").identifier == "ParameterArgumentValidationError"
    assert endpoint.prompt.acts() == []


TYPES = ["LogoffBot.TSSession", "Deserialized.LogoffBot.TSSession", "System.Collections.Hashtable"]


@for_each("kind", TYPES)
def test_an_object_that_somebody_sends_is_no_session_of_the_module(endpoint: Endpoint, kind: str) -> None:
    (alice,) = (each for each in endpoint.call("Get-TSSession").output if each["SessionId"] == 3)
    for command in ("Stop-TSSession", "Disconnect-TSSession"):
        said = endpoint.call(command, InputObject=alice | {"type": kind}, Force=True)
        assert said.identifier == "CannotConvertArgumentNoMessage"
        assert endpoint.call(command, InputObject="3", Force=True).identifier == "CannotConvertArgumentNoMessage"
    assert endpoint.prompt.acts() == []


def test_the_module_works_in_constrained_language(prompt: Prompt) -> None:
    mode = "ConstrainedLanguage"
    assert (
        prompt.run("[IO.File]::Exists('/')", mode=mode).identifier
        == "MethodInvocationNotSupportedInConstrainedLanguage"
    )
    said = prompt.run("Get-TSSession -State Active -Synchronous | Stop-TSSession -Force", mode=mode)
    assert [each["Verdict"] for each in said.output] == ["gone", "gone"]
    assert prompt.run("Get-TSSession 3 | Send-TSMessage hello", mode=mode).output[0]["Verdict"] == "sent"


def test_the_dll_exports_what_the_manifest_names_and_needs_nothing_but_windows(prompt: Prompt) -> None:
    said = prompt.run(f"(Test-ModuleManifest '{prompt.module / 'LogoffBot.psd1'}').ExportedCmdlets.Keys")
    assert (sorted(said.output), said.wrong) == (OURS, "")
    said = prompt.run('Get-Command -Module LogoffBot | ForEach-Object { "$($_.Name) $($_.CommandType) $($_.Version)" }')
    assert sorted(said.output) == [f"{name} Cmdlet 0.1.0" for name in OURS]
    assembly = "(Get-Command Get-TSSession).ImplementingType.Assembly"
    said = prompt.run(f'{assembly}.GetReferencedAssemblies() | ForEach-Object {{ "$($_.Name) $($_.Version)" }}')
    assert sorted(said.output) == ["System 4.0.0.0", "System.Management.Automation 3.0.0.0", "mscorlib 4.0.0.0"]
    every = f"""
        $all = [Reflection.BindingFlags] 'DeclaredOnly, Instance, Static, Public, NonPublic'
        foreach ($type in {assembly}.GetTypes()) {{
            foreach ($method in @($type.GetMethods($all)) + @($type.GetConstructors($all))) {{
                if ($method.ContainsGenericParameters -or -not $method.GetMethodBody()) {{ continue }}
                [Runtime.CompilerServices.RuntimeHelpers]::PrepareMethod($method.MethodHandle)
                $method.Name
            }}
        }}
    """
    said = prompt.run(every)
    assert (said.errors, said.failed) == ([], None)
    assert {"ProcessRecord", "StopProcessing", "MayAct", "CarryOut"} <= set(said.output)


def test_the_numbers_of_the_reference_are_the_engines(prompt: Prompt) -> None:
    source = (ROOT / "windows" / "reference" / "System.Management.Automation.cs").read_text("utf-8")
    for name, listed in re.findall(r"public enum (\w+)\s*\{([^}]*)\}", source):
        members = [each.partition("=")[0].strip() for each in listed.split(",")]
        numbers = [int(each.partition("=")[2] or at) for at, each in enumerate(listed.split(","))]
        line = "; ".join(f"[int] [System.Management.Automation.{name}]::{each}" for each in members)
        assert prompt.run(line).output == [str(each) for each in numbers], name


def parameters_of(prompt: Prompt) -> dict[str, dict[str, list[str]]]:
    """Command and parameter to type, mandatory, position, pipeline and aliases, in its widest set."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in prompt.run(PARAMETERS).output:
        command, _set, name, *facts = line.split("|")
        if name not in COMMON:
            known = found.setdefault(command, {}).setdefault(name, facts)
            if facts[3] == "True":
                known[3] = facts[3]
    return found


def test_the_help_describes_every_parameter_as_it_is(prompt: Prompt) -> None:
    found = parameters_of(prompt)
    root = ET.parse(prompt.module / "en-US" / "LogoffBot.dll-Help.xml").getroot()  # noqa: S314 - our own file
    described: dict[str, dict[str, list[str]]] = {}
    for command in root:
        name = command.findtext(f"{COMMAND}details/{COMMAND}name", "")
        assert command.findtext(f"{COMMAND}details/{MAML}description/{MAML}para")
        assert len(command.findall(f"{COMMAND}examples/{COMMAND}example/{DEV}code")) > 1
        rows = described.setdefault(name, {})
        for one in command.findall(f"{COMMAND}parameters/{COMMAND}parameter"):
            assert len(one.findtext(f"{MAML}description/{MAML}para", "")) > 20
            position = "-2147483648" if one.get("position") == "named" else str(one.get("position"))
            kind, piped = (
                one.findtext(f"{DEV}type/{MAML}name", ""),
                str(one.get("pipelineInput", "").startswith("True")),
            )
            aliases = "" if one.get("aliases") == "none" else str(one.get("aliases"))
            rows[one.findtext(f"{MAML}name", "")] = [kind, str(one.get("required")).title(), position, piped, aliases]
    for all_of_them in (found, described):
        listing = all_of_them["Get-TSSession"]
        listing["Id"][1] = listing["Process"][1] = "in one of two sets"
    assert described == found
    for name in OURS:
        assert prompt.run(f"(Get-Help {name} -Full).Synopsis").output[0].endswith(".")
    assert "PEOPLE, NOT NUMBERS" in "".join(map(str, prompt.run("Get-Help about_LogoffBot").output))


def test_a_view_shows_what_the_results_have(prompt: Prompt) -> None:
    table = "\n".join(prompt.run("Get-TSSession | Out-Default").host)
    plain = re.sub(r"\x1b\[[\d;]*m", "", table)
    assert re.search(r"Server +SessionID +State +UserName +IPAddress +ClientName", plain)
    assert re.search(r"COMP1 +5 +Active +CORP\\bob", plain)
    rows = {
        "LogoffBot.TSSession": "Get-TSSession 5",
        "LogoffBot.TSProcess": "Get-TSSession 5 -Process",
        "LogoffBot.TSResult": "Get-TSSession 5 | Send-TSMessage hello",
    }
    views = ET.parse(prompt.module / "LogoffBot.format.ps1xml").getroot().findall(".//View")  # noqa: S314 - our own file
    assert {view.findtext("ViewSelectedBy/TypeName") for view in views} == set(rows)
    for view in views:
        line = rows[view.findtext("ViewSelectedBy/TypeName", "")]
        row = prompt.run(line).output[0]
        assert {each.text for each in view.iter("PropertyName")} <= set(row)
        for block in view.iter("ScriptBlock"):
            for mode in ("FullLanguage", "ConstrainedLanguage"):
                said = prompt.run(f"{line} | ForEach-Object {{ {block.text} }}", mode=mode)
                assert said.errors == []
                assert said.output or "DisconnectTime" in (block.text or "")


def test_windows_own_compiler_is_given_all_it_needs(prompt: Prompt, tmp_path: Path) -> None:
    checkout = ROOT / "windows" / "LogoffBot"
    package = tmp_path / "package"
    shutil.copytree(checkout, package)
    (package / "src" / "agent").mkdir()
    for name in build.AGENT_SOURCES:
        shutil.copy(build.AGENT / name, package / "src" / "agent" / name)
    line = "& '{}' -Destination '{}'"
    assert "Windows PowerShell 5.1" in prompt.run(line.format(checkout / "build.ps1", tmp_path / "no")).wrong
    for number, source in enumerate((checkout, package)):
        made = tmp_path / str(number)
        script = ADD_TYPE + "$PSVersionTable.PSEdition = 'Desktop'\n" + line.format(source / "build.ps1", made)
        said = prompt.run(script)
        prompt.run("$PSVersionTable.PSEdition = 'Core'")
        assert (said.errors, said.failed) == ([], None)
        dll = made / "LogoffBot" / "LogoffBot.dll"
        assert said.output == printed(dll, made / "SHA256SUMS")
        assert files_in(made / "LogoffBot") == files_in(prompt.module)
        before = dll.read_bytes()
        again = prompt.run(script)
        prompt.run("$PSVersionTable.PSEdition = 'Core'")
        assert "is not empty" in again.wrong
        assert dll.read_bytes() == before


def printed(*files: Path) -> list[str]:
    """What the build says of the files that it wrote: the DLL, and the list of all."""
    return [line for path in files for line in (str(path), f"SHA-256 {sha256(path.read_bytes()).hexdigest()}")]


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
