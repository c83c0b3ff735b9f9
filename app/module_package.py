"""The module for Windows hosts as an administrator installs it: its files, and their digests.

Windows PowerShell 5.1 reads a file without a mark in the code page of the machine, so all files are ASCII. Lines end as
Notepad of Windows Server 2016 wants them. The same release gives the same bytes on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.windows.agent import script
from app.module_commands import commands_for
from app.module_group import quoted
from app.new_files import NewFiles
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULE = Path(__file__).resolve().parents[1] / "windows" / "LogoffBot"
"""In a checkout and in an installed release alike."""
NAME, SESSION = MODULE.name, "LogoffBot.pssc"
SUMS, INSTALL = "SHA256SUMS", "INSTALL.txt"
_KINDS = frozenset({".cs", ".ps1", ".ps1xml", ".psd1", ".psrc", ".pssc", ".txt", ".xml"})
_MARK = b"\xef\xbb\xbf"
_IN_SESSION = "'CORP\\logoff-bot-callers'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Files by their paths below the folder, in order, with `SHA256SUMS` as the last one."""

    files: Mapping[str, bytes]

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file that `SHA256SUMS` lists."""
        return {path: sha256(content).hexdigest() for path, content in self.files.items() if path != SUMS}

    @property
    def digest(self) -> str:
        """The SHA-256 of `SHA256SUMS`, and so of the whole."""
        return sha256(self.files[SUMS]).hexdigest()

    def write(self, folder: Path) -> None:
        """Write the files into a folder that is new or empty. Raises `SettingsError`, and leaves nothing then."""
        made = NewFiles()
        try:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise SettingsError(f"{folder} is not an empty folder, and nothing is overwritten. Name a new one.")
            for path, content in self.files.items():
                made.write(folder / path, content)
        except OSError as exc:
            made.take_back()
            raise SettingsError(
                f"{exc.filename or folder} cannot be written: {exc.strerror or exc}. Name a folder of your own."
            ) from exc


def package_for(group: str) -> Package:
    """Return the package whose endpoint is for this group. Raises `SettingsError` for what can be no such group."""
    named = quoted(group)
    files = {f"{NAME}/{path}": content for path, content in _sources().items()}
    session = files[f"{NAME}/{SESSION}"].decode("ascii")
    if session.count(_IN_SESSION) != 1:
        raise SettingsError(f"{MODULE / SESSION} does not name its group once. Install the release anew.")
    files[f"{NAME}/{SESSION}"] = _encoded(session.replace(_IN_SESSION, named))
    files[INSTALL] = _encoded(commands_for(group).text(version("logoff-bot")))
    lines = [f"{sha256(content).hexdigest()}  {path}\n" for path, content in sorted(files.items())]
    return Package(files=dict(sorted(files.items())) | {SUMS: "".join(lines).encode("ascii")})


def _sources() -> dict[str, bytes]:
    """Return the module's own files, and those of the agent that it is built from. Raises `SettingsError`."""
    paths = {path.relative_to(MODULE).as_posix(): path for path in MODULE.rglob("*") if path.suffix in _KINDS}
    paths |= {f"src/agent/{name}": Path(script.__file__).parent / name for name in script.SHARED_SOURCES}
    try:
        files = {name: _encoded(path.read_text("ascii")) for name, path in sorted(paths.items())}
    except (OSError, ValueError) as exc:
        raise SettingsError(f"The module's files cannot be read: {exc}. Install the release anew.") from exc
    if SESSION not in files:
        raise SettingsError(f"{MODULE} is not part of this installation. Install the release anew.")
    return files


def _encoded(text: str) -> bytes:
    """Return the text with line ends of Windows; with a mark where it is not ASCII, as a group's name may be."""
    content = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    return content if content.isascii() else _MARK + content
