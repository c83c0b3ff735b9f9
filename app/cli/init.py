"""`logoff-bot init`: a complete configuration out of a few answers."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.sql.database_url import read_url
from app.cli.options import stderr
from app.config.draft import ACCOUNTS, Draft
from app.config.meant import hint, meant_by
from app.config.schema import schema
from app.new_files import NewFiles
from app.printing import letters
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APP_YAML, ENVIRONMENT, SCHEMA = "app.yaml", "logoff-bot.env", "app.schema.json"

QUESTIONS: Mapping[str, str] = {
    "team": "Id of the Slack workspace (T...)",
    "database": "Database: a SQLite file on a local disk, or postgresql://NAME@HOST/DATABASE without the password",
    "computers": "The first computers, for example comp1, rds-[01-40]",
    "transport": "How the bot logs on there: kerberos, ntlm, certificate, basic",
    "account": "The bot's Windows account",
    "certificate": "The PEM file of its client certificate",
    "key": "The PEM file of the key of that certificate",
    "ca_file": "The PEM file of the authority of the computers' certificates; empty: a public one",
    "groups": "Who may log sessions off: user groups (@oncall) or user ids (U...)",
    "approve_in": "Id of the channel where others approve (C...); empty: where the command was typed",
    "contact": "Whom people ask about the bot, for example @ts-leads",
}
"""The keys of `Draft` in the order in which they are asked for."""

_LISTS = ("computers", "groups")
_OF_CERTIFICATES = ("certificate", "key")
_PATHS = (*_OF_CERTIFICATES, "ca_file")
_MAY_BE_EMPTY = ("approve_in", "contact", "ca_file")

Team = Annotated[str | None, typer.Option(help=QUESTIONS["team"])]
Database = Annotated[str | None, typer.Option(help=QUESTIONS["database"])]
Computers = Annotated[str | None, typer.Option(help=QUESTIONS["computers"])]
Transport = Annotated[str | None, typer.Option(help=QUESTIONS["transport"])]
Account = Annotated[str | None, typer.Option(help=QUESTIONS["account"])]
Certificate = Annotated[str | None, typer.Option(help=QUESTIONS["certificate"])]
Key = Annotated[str | None, typer.Option(help=QUESTIONS["key"])]
CaFile = Annotated[str | None, typer.Option(help=QUESTIONS["ca_file"])]
Groups = Annotated[str | None, typer.Option(help=QUESTIONS["groups"])]
ApproveIn = Annotated[str | None, typer.Option(help=QUESTIONS["approve_in"])]
Contact = Annotated[str | None, typer.Option(help=QUESTIONS["contact"])]


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files are written.")] = Path(),
    team: Team = None,
    database: Database = None,
    computers: Computers = None,
    transport: Transport = None,
    account: Account = None,
    certificate: Certificate = None,
    key: Key = None,
    ca_file: CaFile = None,
    groups: Groups = None,
    approve_in: ApproveIn = None,
    contact: Contact = None,
) -> None:
    """Write a complete app.yaml and a file for its secrets. What no option says is asked for.

    Every key stands in the file, set or as a comment. Nothing is overwritten, and nothing is asked of Slack or a host.
    """
    said = (team, database, computers, transport, account, certificate, key, ca_file, groups, approve_in, contact)
    answers = dict(zip(QUESTIONS, said, strict=True))
    folder = folder.absolute()
    _refuse_to_overwrite(folder)
    try:
        draft = _drafted(answers, folder)
    except typer.Abort as exc:
        raise SettingsError(
            "Nothing was written, because not every question has its answer. Options answer them, too: "
            "logoff-bot init --help"
        ) from exc
    _write(folder, draft)
    sys.stdout.write(_told(folder, draft))


def _refuse_to_overwrite(folder: Path) -> None:
    for name in (APP_YAML, ENVIRONMENT):
        if os.path.lexists(folder / name):
            raise SettingsError(f"{folder / name} is there already, and I overwrite nothing. Name another folder.")
    try:
        is_other = folder.exists() and not folder.is_dir()
    except OSError as exc:
        raise _not_written(folder, exc) from exc
    if is_other:
        raise SettingsError(f"{folder} is no folder. Name the one that the files are written into.")


def _drafted(answers: Mapping[str, str | None], folder: Path) -> Draft:
    """Return the answers, checked. What is wrong with an option is said and ends; any other answer is asked again."""
    draft = Draft()
    for name, question in QUESTIONS.items():
        said = answers[name]
        if name in _OF_CERTIFICATES and draft.transport != "certificate":
            if said:
                raise typer.BadParameter("counts with --transport certificate alone.", param_hint=_option(name))
            continue
        if said is not None:
            draft, fault = _with(draft, name, said)
            if fault:
                raise typer.BadParameter(fault, param_hint=_option(name))
            continue
        while True:
            draft, fault = _with(draft, name, typer.prompt(question, default=_default(draft, name, folder)))
            if not fault:
                break
            stderr.print(letters(fault), style="red", soft_wrap=True)
    return draft


def _default(draft: Draft, name: str, folder: Path) -> str | None:
    """Return what Enter alone says; None where it says nothing."""
    match name:
        case "database":
            return f"sqlite:///{folder / 'logoff-bot.db'}"
        case "transport":
            return draft.transport
        case "groups":
            return "@oncall"
        case "approve_in" | "contact" | "ca_file":
            return ""
        case "account":
            return ACCOUNTS[draft.transport] if draft.transport == "certificate" else None
        case _:
            return None


def _with(draft: Draft, name: str, said: str) -> tuple[Draft, str]:
    """Return the draft with the answer, and why it cannot be; then the draft is as it was."""
    text = said.strip()
    fault = next(_faults_alone(draft, name, text), "")
    if fault:
        return draft, fault
    changed = replace(draft, **_value(name, text))
    fault = changed.fault()
    return (draft, fault) if fault else (changed, "")


def _value(name: str, text: str) -> dict[str, Any]:
    return {name: tuple(dict.fromkeys(re.split(r"[\s,]+", text))) if name in _LISTS else text}


def _faults_alone(draft: Draft, name: str, text: str) -> Iterator[str]:
    """Yield what only this command asks of an answer. The rest is what `config check` and `policy check` ask."""
    if not text.isprintable():
        yield "Write it in letters that can be seen, on one line."
    if not text and name not in _MAY_BE_EMPTY:
        yield "An answer is needed."
    if name == "transport" and text not in ACCOUNTS:
        yield f"There is no `{text}`. Write one of {', '.join(ACCOUNTS)}.{hint(meant_by(text, ACCOUNTS))}"
    if name == "database":
        yield from _faults_in_database(text)
    if name in _PATHS and text and not Path(text).is_absolute():
        yield f"Write the whole path: /etc/logoff-bot/{'ca' if name == 'ca_file' else 'client'}.pem"
    if name == "account" and text and draft.transport == "ntlm" and not set(text) & set("\\/@"):
        yield rf"Write the domain, too: {ACCOUNTS['ntlm']}. An account of each computer itself is .\{text}"


def _faults_in_database(text: str) -> Iterator[str]:
    try:
        url = read_url(text)
    except SettingsError as error:
        yield error.message.removeprefix("database: ")
        return
    if url.password or {"password", "sslpassword"} & {*url.query}:
        yield (
            "The password stays out of the file, and out of the command line, which every user of the machine reads. "
            "Write the URL without it: postgresql://NAME@HOST/DATABASE"
        )
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_absolute():
        yield "Write the whole path, with four slashes: sqlite:////var/lib/logoff-bot/bot.db"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _write(folder: Path, draft: Draft) -> None:
    """Write the files, for their owner alone. Raises `SettingsError` and leaves nothing when one cannot be written."""
    texts = {APP_YAML: draft.text(), ENVIRONMENT: draft.environment()}
    if not os.path.lexists(folder / SCHEMA):
        texts[SCHEMA] = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    made = NewFiles()
    try:
        for name, text in texts.items():
            made.write(folder / name, text.encode(), mode=0o600)
    except OSError as exc:
        made.take_back()
        raise _not_written(folder, exc) from exc


def _not_written(folder: Path, exc: OSError) -> SettingsError:
    where = exc.filename or folder
    return SettingsError(f"{where} cannot be written: {exc.strerror}. Name a folder of your own.")


def _told(folder: Path, draft: Draft) -> str:
    names = [line.removesuffix("=") for line in draft.environment().splitlines() if line.endswith("=")]
    config = f"--config {quote(str(folder / APP_YAML))}"
    create = "" if draft.is_postgresql else " --create"
    return f"""Written: {folder / APP_YAML}, and {folder / ENVIRONMENT} for its secrets.
1. Write the values behind {", ".join(names)} in {ENVIRONMENT}. The audit key: openssl rand -hex 32
2. Take them into this shell: set -a; . {quote(str(folder / ENVIRONMENT))}; set +a
3. logoff-bot config check {config}
4. logoff-bot policy check {config}
5. logoff-bot db upgrade{create} {config}
6. logoff-bot doctor {config}
7. logoff-bot policy check --live {config}
8. logoff-bot run {config}
"""
