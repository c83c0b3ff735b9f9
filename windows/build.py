"""Build the module with mcs: `python windows/build.py FOLDER` writes FOLDER/LogoffBot, as Windows would load it.

On Windows nobody needs this: `LogoffBot/build.ps1` builds the same sources with the compiler that is there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULE = HERE / "LogoffBot"
AGENT = HERE.parent / "adapters" / "windows" / "agent"
AGENT_SOURCES = ("Acting.cs", "Machine.cs", "Target.cs", "Request.cs", "Wts.cs", "Processes.cs")
"""The agent's own files, in place of a second form of the same rules."""
INSTALLED = ("LogoffBot.psd1", "LogoffBot.format.ps1xml", "LogoffBot.pssc", "RoleCapabilities", "en-US")
STRICT = ("-langversion:5", "-warn:4", "-warnaserror", "-optimize", "-target:library")

PUBLIC_KEY = bytes.fromhex(
    "002400000480000094000000060200000024000052534131000400000100010"
    "0b5fc90e7027f67871e773a8fde8938c81dd402ba65b9201d60593e96c492651e889cc13f1415ebb53fac1131ae0bd333c5ee6021672d971"
    "8ea31a8aebd0da0072f25d87dba6fc90ffd598ed4da35e44c398c454307e8e33b8426143daec9f596836f97c8f74750e5975c64e2189f45d"
    "ef46b2a2b1247adc3652bf5c308055da9"
)
"""That of System.Management.Automation: a DLL names what it was built against by it."""


def sources() -> list[Path]:
    """What the DLL is made of. The file with the assembly's attributes comes first, so that the texts can be joined."""
    own = sorted((MODULE / "src").glob("*.cs"), key=lambda path: (path.name != "ModuleInfo.cs", path.name))
    return [*own, *(AGENT / name for name in AGENT_SOURCES)]


def build(folder: Path, mcs: str = "mcs") -> Path:
    """Return the folder of the module, complete and loadable. Raises `subprocess.CalledProcessError` with the words."""
    module = folder / "LogoffBot"
    module.mkdir(parents=True, exist_ok=True)
    for name in INSTALLED:
        if (MODULE / name).is_dir():
            shutil.copytree(MODULE / name, module / name, dirs_exist_ok=True)
        else:
            shutil.copyfile(MODULE / name, module / name)
    reference = _reference(folder / "reference", mcs)
    _run([mcs, *STRICT, f"-r:{reference}", f"-out:{module / 'LogoffBot.dll'}", *map(str, sources())])
    return module


def member_session(folder: Path) -> Path:
    """Write what a member of the role's group gets as one file, for an engine that takes no role definitions."""
    session = (MODULE / "LogoffBot.pssc").read_text("utf-8")
    role = (MODULE / "RoleCapabilities" / "LogoffBot.psrc").read_text("utf-8")
    windows_alone = r"(?m)^ *(RunAsVirtualAccount|TranscriptDirectory|RoleDefinitions|#).*\n"
    shown = re.findall(r"(?m)^ *(?:ModulesToImport|VisibleCmdlets) .*\n", role)
    path = folder / "member.pssc"
    path.write_text(re.sub(windows_alone, "", session).replace("\n}", "\n" + "".join(shown) + "}"), "utf-8")
    return path


def _reference(folder: Path, mcs: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "public.key"
    key.write_bytes(PUBLIC_KEY)
    path = folder / "System.Management.Automation.dll"
    source = str(HERE / "reference" / "System.Management.Automation.cs")
    _run([mcs, "-target:library", "-delaysign+", f"-keyfile:{key}", f"-out:{path}", source])
    return path


def _run(words: list[str]) -> None:
    subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603 - the compiler of this machine


def main(words: list[str]) -> int:
    """Return the exit code."""
    if len(words) != 1 or not shutil.which("mcs"):
        sys.stderr.write(f"{__doc__}\n" if shutil.which("mcs") else "mcs is not here: install mono-mcs\n")
        return 2
    try:
        module = build(Path(words[0]))
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.stdout)
        return 1
    sys.stdout.write(f"{module}\n{member_session(Path(words[0]))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
