"""What is wrong with a database, for whoever runs the bot: the path or the host, the cause, and what to do.

People in Slack read other sentences (`errors.py`): they can do nothing about it, and are to know no host.
"""

from __future__ import annotations

import os
import pwd
import socket
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from adapters.sql.database_url import read_url
from bot.errors import KeyChanged, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL

ASK_WITHIN = 5
"""How many seconds a server has for an answer when it is asked why it let nobody in."""

_POSTGRESQL_PORT = 5432
_LONGEST = 300

_SQLITE = {
    sqlite3.SQLITE_NOTADB: "is no SQLite database. It was left as it is. Name another file, or restore a backup.",
    sqlite3.SQLITE_CORRUPT: "is damaged. Restore a backup.",
    sqlite3.SQLITE_BUSY: "is locked by another program. Run fuser {path} to see which; end it, and try again.",
    sqlite3.SQLITE_LOCKED: "is locked by another program. Run fuser {path} to see which; end it, and try again.",
    sqlite3.SQLITE_FULL: "cannot grow, because the disk is full. Make room, and try again.",
    sqlite3.SQLITE_READONLY: "cannot be written by {user}. Give the file and its folder to {user}.",
}


@contextmanager
def reported(url: str) -> Iterator[None]:
    """Raise a `LedgerError` for whoever runs the bot in the place of one for people, where its cause is the database.

    An error that the bot itself found, such as a row that was changed, passes as it is.
    """
    try:
        yield
    except KeyChanged as error:
        raise LedgerError(
            f"audit_key does not fit the record of {place_of(url)}: the key {error.signing} signs it, and the "
            f"configuration has the key {error.own}. Set the key that signs it (logoff-bot audit key prints its id). "
            "Another one begins with: logoff-bot audit rotate-key"
        ) from error
    except LedgerError as error:
        if isinstance(error.__cause__, (SQLAlchemyError, sqlite3.Error, OSError, UnicodeDecodeError)):
            raise LedgerError(sentence(url, error.__cause__)) from error.__cause__
        raise


def own_account() -> str:
    """Return the account that runs this program, as the system knows it: the environment may say any name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # as in a container that was given a number alone
        return str(os.getuid())


def place_of(url: str) -> str:
    """Return where the database is, as a part of a sentence and without a password."""
    where = read_url(url)
    if where.get_backend_name() == "sqlite":
        return f"the database {Path(str(where.database)).absolute()}"
    return f"the database {_name_of(where)} at {_host_of(where)}"


def sentence(url: str, cause: BaseException) -> str:
    """Return why the database cannot be used, and what to do. It may ask the server once more."""
    where = read_url(url)
    if where.get_backend_name() == "sqlite":
        return _of_sqlite(Path(str(where.database)).absolute(), cause)
    return _of_postgresql(where, cause)


def _of_sqlite(path: Path, cause: BaseException) -> str:
    code = getattr(getattr(cause, "orig", cause), "sqlite_errorcode", 0) & 0xFF
    user = own_account()
    if why := _why_not(path, user):
        return why
    if isinstance(cause, UnicodeDecodeError):
        code = sqlite3.SQLITE_CORRUPT
    if said := _SQLITE.get(code):
        return f"The database {path} {said.format(path=path, user=user)}"
    return f"The database {path} cannot be used: {_words(cause)}. Look at the file, its folder and its disk."


def _why_not(path: Path, user: str) -> str:
    """Return what the file system itself says against the file; empty when it says nothing."""
    try:
        return _why_not_there(path, user)
    except OSError as exc:
        look = f"Let {user} reach each folder of the path, or correct database."
        return f"The database {path} cannot be looked at by {user}: {exc.strerror}. {look}"


def _why_not_there(path: Path, user: str) -> str:
    """Raises `OSError` where a folder of the path lets nobody in, or the path is none."""
    folder = path.parent
    if not folder.exists():
        return f"The folder of the database, {folder}, is not there. Make it, or correct database: mkdir -p {folder}"
    if not folder.is_dir():
        return f"The folder of the database, {folder}, is a file. Correct database."
    if path.is_dir():
        return f"The database {path} is a folder. Name a file in it in database."
    give = f"cannot be written by {user}. Give it to {user}: chown {user}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"The folder of the database, {folder}, {give} {folder}"
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"The database {path} {give} {path}"
    return ""


def _of_postgresql(where: URL, cause: BaseException) -> str:
    if getattr(getattr(cause, "orig", None), "sqlstate", None):
        return f"The database {_name_of(where)} at {_host_of(where)} refused a statement: {_words(cause)}."
    if silence := _nobody_there(where):
        return silence
    words = _words(cause)
    there = _lets_in(where)
    if there is None:
        return (
            f"PostgreSQL at {_host_of(where)} does not let {where.username or 'the account'} in: {words}. Correct name "
            "and password where database takes them from, or let the account in (pg_hba.conf)."
        )
    if not there:
        return (
            f"PostgreSQL at {_host_of(where)} has no database {_name_of(where)}. Correct database, or make it: "
            f"createdb --owner {where.username or 'ACCOUNT'} {_name_of(where)}"
        )
    return (
        f"PostgreSQL at {_host_of(where)} does not open the database {_name_of(where)} for "
        f"{where.username or 'the account'}: {words}."
    )


def _no_socket(folder: str) -> str:
    """Return why no server is reached by a socket in the folder; empty when there is one."""
    try:
        if list(Path(folder).glob(".s.PGSQL.*")):
            return ""
    except OSError as exc:
        return (
            f"The folder {folder} of PostgreSQL's socket cannot be looked at: {exc.strerror or exc}. Let the bot's "
            "user reach it, or correct host in database."
        )
    return f"No PostgreSQL has its socket in {folder}. Start it, or correct host in database."


def _nobody_there(where: URL) -> str:
    """Return why no server is reached; empty when one is, or its place is no host and port."""
    if not where.host:
        folder = where.query.get("host")
        return _no_socket(folder) if isinstance(folder, str) and folder.startswith("/") else ""
    try:
        socket.create_connection((where.host, where.port or _POSTGRESQL_PORT), timeout=ASK_WITHIN).close()
    except socket.gaierror:
        return f"This machine knows no address of {where.host}. Correct the host in database, or the name service."
    except OSError as exc:
        why = exc.strerror or "no answer in time"
        return (
            f"No PostgreSQL answers at {_host_of(where)} ({why}). Start the server, correct host and port in "
            "database, or open the way there."
        )
    return ""


def _lets_in(where: URL) -> bool | None:
    """Return whether the server has the database; None when it lets this account in nowhere."""
    engine = sqlalchemy.create_engine(
        where.set(database="postgres"), hide_parameters=True, connect_args={"connect_timeout": ASK_WITHIN}
    )
    try:
        with engine.connect() as connection:
            named = sqlalchemy.text("SELECT 1 FROM pg_database WHERE datname = :name")
            return connection.execute(named, {"name": _name_of(where)}).first() is not None
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()


def _name_of(where: URL) -> str:
    return where.database or where.username or "postgres"


def _host_of(where: URL) -> str:
    if not where.host:
        return str(where.query.get("host") or "this machine")
    host = f"[{where.host}]" if ":" in where.host else where.host
    return f"{host}:{where.port or _POSTGRESQL_PORT}"


def _words(cause: BaseException) -> str:
    """Return what the driver said, on one line: the server's own words, which never hold a password."""
    said = str(getattr(cause, "orig", None) or cause)
    lines = [line.rpartition("FATAL: ")[2].strip() for line in said.splitlines() if line.strip()]
    return (lines[-1] if lines else type(cause).__name__)[:_LONGEST].rstrip(".")
