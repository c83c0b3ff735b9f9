"""Reading a database URL, without a word of its password in what is said of it.

People paste passwords as they are. So a password may hold `@`, `/`, `#`, `:`, `?` and `%`: it ends at the last `@`
before the host. What stands behind that `@` alone goes to a driver as a host, and may come back in its errors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_URL = (
    "database: this is no database URL. Write sqlite:///file or postgresql://host/name. I do not show it, "
    "because it may hold a password."
)
NO_NUL = "database: it has a NUL character in it, which no path and no name may have. Correct it; I do not show it."
NO_DRIVER = "database: for PostgreSQL install the driver: uv sync --locked --inexact --extra postgres"
NO_FILE = "database: the audit log needs a file. Write sqlite:///file."

_OTHERS = frozenset({"mysql", "mariadb", "mssql", "oracle", "cockroachdb", "redshift", "postgres"})
"""Kinds of databases that may be named in an answer. Any other word before `://` may be a part of a secret."""

_PLACE = re.compile(
    r"(?:(?P<name>[\w.-]*)|\[(?P<ipv6>[0-9A-Fa-f:.]+(?:%\w+)?)\])(?::(?P<port>\d{1,5}))?(?:/(?P<db>.*))?"
)
_OF_THE_SERVER = ("-c statement_timeout=10s", "-c lock_timeout=5s", "-c idle_in_transaction_session_timeout=10s")
_OF_THE_KERNEL = {
    "connect_timeout": "2",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_NOT_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})")
_HIGHEST_PORT = 65535


def read_url(text: str) -> URL:
    """Return the URL of a SQLite file or of PostgreSQL. Raises `SettingsError`, which shows no part of the text."""
    if "\0" in unquote(text):
        raise SettingsError(NO_NUL)
    scheme, divider, rest = text.strip().partition("://")
    kind = scheme.partition("+")[0].lower()
    match kind if divider else "":
        case "sqlite":
            return _sqlite(rest)
        case "postgresql":
            return _postgresql(rest)
        case other if other in _OTHERS:
            raise SettingsError(f"database: {other} is not supported. Use sqlite:///file or postgresql://host/name.")
        case _:
            raise SettingsError(NO_URL)


def for_libpq(text: str) -> str:
    """Return the URL of PostgreSQL as a text of its own library, with limits for connections that never wait long.

    The server ends what a replica that was suspended has left behind: its locks would stop the others.
    """
    url = read_url(text)
    said = url.query.get("options", "")
    options = " ".join([said if isinstance(said, str) else " ".join(said), *_OF_THE_SERVER]).strip()
    _, values = url.get_dialect()().create_connect_args(url)
    return _conninfo({**_OF_THE_KERNEL, **values, "options": options})


def _sqlite(rest: str) -> URL:
    try:
        url = make_url(f"sqlite://{rest}")
    except (ArgumentError, ValueError):
        raise SettingsError(NO_URL) from None
    if url.database in (None, "", ":memory:") or url.username or url.password or url.host or url.port:
        raise SettingsError(NO_FILE)
    if str(url.database).startswith("file:"):
        raise SettingsError("database: write the path of the file itself: sqlite:////var/lib/logoff-bot/bot.db.")
    return url.set(drivername="sqlite+pysqlite")


def _postgresql(rest: str) -> URL:
    before, query = _parts(rest)
    userinfo, _, place = before.rpartition("@")
    name, _, password = userinfo.partition(":")
    found = _PLACE.fullmatch(place)
    if not found or "/" in name or int(found["port"] or 0) > _HIGHEST_PORT:
        raise SettingsError(NO_URL)
    return URL.create(
        "postgresql+psycopg",
        username=_decoded(name) or None,
        password=_decoded(password) or None,
        host=found["name"] or found["ipv6"] or None,
        port=int(found["port"]) if found["port"] else None,
        database=_decoded(found["db"] or "") or None,
        query=query,
    )


def _parts(rest: str) -> tuple[str, dict[str, str | tuple[str, ...]]]:
    """Return what stands before the options, and the options. A `?` before the last `@` may be of the password."""
    before, _, options = rest.partition("?")
    found = _options(options)
    if found is not None and ("@" in before or "@" not in options):
        return before, found
    userinfo, at, place = rest.rpartition("@")
    place, _, options = place.partition("?")
    found = _options(options) if at else None
    if found is None:
        raise SettingsError(NO_URL)
    return f"{userinfo}@{place}", found


def _options(text: str) -> dict[str, str | tuple[str, ...]] | None:
    """Return the options of the driver; None when the text holds anything else."""
    if not text:
        return {}
    try:
        pairs = parse_qsl(text, strict_parsing=True)
    except ValueError:
        return None
    if not {name for name, _ in pairs} <= _known_options():
        return None
    several = {name: tuple(value for other, value in pairs if other == name) for name, _ in pairs}
    return {name: values if len(values) > 1 else values[0] for name, values in several.items()}


def _conninfo(values: Mapping[str, Any]) -> str:
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - the driver is an extra

    return make_conninfo(**values)


def _known_options() -> frozenset[str]:
    try:
        from psycopg.pq import Conninfo  # noqa: PLC0415 - the driver is an extra
    except ModuleNotFoundError as exc:
        raise SettingsError(NO_DRIVER) from exc
    return frozenset(option.keyword.decode() for option in Conninfo.get_defaults())


def _decoded(text: str) -> str:
    """Return the text without its percent signs, or as it is where it was pasted and never encoded."""
    if _NOT_ENCODED.search(text):
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
