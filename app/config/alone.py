"""What needs no whole configuration: the faults of a file, and the audit key alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.config import checks, yaml_file
from app.config.files import why_not_there
from app.config.findings import Fault, Finding, gathered, refusal
from app.config.secrets import EVERY_SECRET
from app.config.settings import REHEARSAL_KEY, Settings
from app.config.validation import checked, secret_alone
from app.config.yaml_file import Unresolved, Wanted
from bot.audit.keys import SigningKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.config.yaml_file import Location, YamlFile

PEM_FILES = ("ca_file", "certificate", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found in a file."""

    findings: list[Finding]
    wanted: tuple[Wanted, ...]  # the secrets that it takes from elsewhere, and that are not there
    is_rehearsal: bool


def examine(
    path: Path,
    environment: Mapping[str, str] | None = None,
    fault_in_database: Callable[[str], str] = lambda _: "",
) -> Examined:
    """Return the faults of the file. Nothing but files is read; `fault_in_database` says what is wrong with a URL.

    Raises `SettingsError` when the file cannot be read at all, or is no YAML.
    """
    file = yaml_file.read(path, os.environ if environment is None else environment)
    _, faults = checked(Settings, file, EVERY_SECRET)
    where: Location = ("database",)
    url = file.values.get("database")
    if isinstance(url, str) and not isinstance(url, Unresolved) and (fault := fault_in_database(url)):
        faults.append(Fault(file.line_of(where), "database", fault))
    return Examined(
        findings=gathered(faults),
        wanted=(*file.wanted, *_missing_files(file)),
        is_rehearsal=file.values.get("rehearsal") is True,
    )


def _missing_files(file: YamlFile) -> Iterator[Wanted]:
    """Yield the PEM files that the file names and that are not seen on this machine."""
    computers = file.values.get("computers")
    sections: list[tuple[Location, object]] = [(("winrm",), file.values.get("winrm"))]
    for index, computer in enumerate(computers if isinstance(computers, list) else []):
        if isinstance(computer, dict):
            sections.append((("computers", index, "winrm"), computer.get("winrm")))
    for where, section in sections:
        values: dict[str, object] = section if isinstance(section, dict) else {}
        for key in PEM_FILES:
            said = values.get(key)
            if not said or not isinstance(said, str) or isinstance(said, Unresolved):
                continue
            if why := why_not_there(Path(said)):
                step = "Put the PEM file there" if why == "is not there" else "Let the bot's user reach the PEM file"
                message = f"{'.'.join(map(str, (*where, key)))}: {said} {why}. {step}, or correct it."
                yield Wanted(line=file.line_of((*where, key)), where=(*where, key), message=message)


def keys_in(path: Path, environment: Mapping[str, str] | None = None) -> SigningKeys:
    """Return the keys that sign the audit log, whatever else is wrong with the file. Raises as `database_in` does."""
    file = yaml_file.read(path, os.environ if environment is None else environment)
    is_rehearsal = file.values.get("rehearsal") is True
    key = secret_alone(path, file, "audit_key", REHEARSAL_KEY if is_rehearsal else "", checks.NEEDS_KEY)
    fault = checks.fault_in_key(key.get_secret_value())
    if fault and not is_rehearsal:
        raise refusal(path, [Fault(file.line_of(("audit_key",)), "audit_key", fault)])
    return SigningKeys(key.get_secret_value())
