"""What an administrator pastes into Windows PowerShell: to build the module, install it, check it and take it away."""

from __future__ import annotations

from dataclasses import dataclass, fields

from app.module_group import quoted

_FOLDER = r"C:\Program Files\WindowsPowerShell\Modules"
_KEPT = r"C:\ProgramData\LogoffBot"
_BUILT = r"C:\Program Files\LogoffBot-Build"
"""Only administrators can write there. Below `C:\\` every user may make a folder, and put files into it."""
_BUILDER = r"powershell.exe -NoProfile -ExecutionPolicy Bypass -File LogoffBot\build.ps1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Lines of Windows PowerShell 5.1. Where they are run stands in `WHERE`."""

    build: tuple[str, ...]
    install: tuple[str, ...]
    check: tuple[str, ...]
    undo: tuple[str, ...]

    def text(self, release: str) -> str:
        """Return them as a page for whoever installs the module."""
        parts = [
            f"LogoffBot {release}: the module and its endpoint for the hosts of logoff-bot",
            EXPERIMENTAL,
            *(f"{name.upper()}: {WHERE[name]}\n{_indented(lines)}" for name, lines in self.named().items()),
            "NEVER\n" + "\n".join(f"- {each}" for each in NEVER),
        ]
        return "\n\n".join(parts) + "\n"

    def named(self) -> dict[str, tuple[str, ...]]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


EXPERIMENTAL = "Experimental: no real Windows host has been seen with it yet. Begin with one host that nobody needs."
WHERE = {
    "build": "once, in Windows PowerShell 5.1 of any Windows, elevated, in this folder, copied to where only\n"
    "administrators can write. It stops unless all files are those of SHA256SUMS. The build prints two SHA-256:\n"
    "that of the DLL, which a policy may allow, and that of a new SHA256SUMS, which the installation asks for. Copy\n"
    f"{_BUILT} to all hosts, to the same place.",
    "install": "on each host, as a whole, in an elevated Windows PowerShell at the machine itself or from a scheduled\n"
    "task, in a maintenance window: the last step restarts WinRM and ends the remote sessions of the host. It stops\n"
    "before it changes anything unless all files are those that were built.",
    "check": "on the host. The second line lists four commands of the module and eight of every such session.",
    "undo": "on the host, in a maintenance window: the first line restarts WinRM.",
}
NEVER = (
    "register it on a domain controller: who connects would be an administrator of the domain;",
    "put the bot's account into Administrators or Remote Management Users: ordinary shells stay open to it then;",
    "put anybody else into the group, or the account into other groups that may open a session;",
    "give a role capability of another module the name LogoffBot: Windows takes the first that it finds.",
)


def commands_for(group: str) -> Commands:
    """Return the commands for this group, which has been checked."""
    account = quoted(group.partition("\\")[0] + r"\svc-logoff")
    return Commands(
        build=(
            "& {",
            "    $ErrorActionPreference = 'Stop'",
            *_compared("$PWD", "logoff-bot jea-package"),
            rf"    {_BUILDER} -Destination '{_BUILT}'",
            "}",
        ),
        install=(
            "& {",
            "    $ErrorActionPreference = 'Stop'",
            *_compared(f"'{_BUILT}'", "build.ps1"),
            rf"    $module = '{_FOLDER}\LogoffBot'",
            "    $role = (Get-CimInstance Win32_ComputerSystem).DomainRole",
            "    if ($role -ge 4) { throw 'This is a domain controller: never here.' }",
            rf"    Copy-Item '{_BUILT}\LogoffBot' '{_FOLDER}' -Recurse -Force",
            rf"    New-Item -ItemType Directory -Force {_KEPT}\Transcripts",
            rf"    icacls {_KEPT} /inheritance:r /grant:r '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-18:(OI)(CI)F'",
            r"    if (-not (Test-PSSessionConfigurationFile $module\LogoffBot.pssc)) { throw 'Its pssc is wrong.' }",
            r"    Register-PSSessionConfiguration -Name LogoffBot -Path $module\LogoffBot.pssc -Force",
            "}",
        ),
        check=(
            "Get-PSSessionConfiguration LogoffBot | Format-List Name, Permission, RunAsVirtualAccount",
            f"Get-PSSessionCapability -ConfigurationName LogoffBot -Username {account}   # the bot's account",
        ),
        undo=(
            "Unregister-PSSessionConfiguration -Name LogoffBot -Force",
            rf"Remove-Item '{_FOLDER}\LogoffBot', '{_BUILT}' -Recurse -Force",
            rf"Remove-Item {_KEPT} -Recurse -Force   # the transcripts: only when nobody needs them",
        ),
    )


def _compared(folder: str, by: str) -> tuple[str, ...]:
    """Return the lines that stop unless the folder holds the files of its list, and the list is the one expected."""
    return (
        f"    $digest = ''   # put in the SHA-256 that {by} has printed for SHA256SUMS",
        "    if ($digest -notmatch '^[0-9a-f]{64}$') {",
        f"        throw 'Put in $digest first: the SHA-256 that {by} has printed for SHA256SUMS.'",
        "    }",
        f"    $from = {folder}",
        r"    $found = (Get-FileHash -LiteralPath $from\SHA256SUMS).Hash",
        '    if ($found -ne $digest) { throw "SHA256SUMS is another list, or $digest is not its SHA-256: $found" }',
        r"    $lines = @(Get-Content -LiteralPath $from\SHA256SUMS)",
        "    foreach ($line in $lines) {",
        "        $sum, $name = $line -split '  ', 2",
        r"        $found = (Get-FileHash -LiteralPath $from\$name).Hash",
        '        if ($found -ne $sum) { throw "This is another file: $name" }',
        "    }",
        "    $files = @(Get-ChildItem -LiteralPath $from -Recurse -File -Force)",
        '    if ($files.Count -ne $lines.Count + 1) { throw "SHA256SUMS does not list all files of $from" }',
    )


def _indented(lines: tuple[str, ...]) -> str:
    return "\n".join(f"    {line}" for line in lines)
