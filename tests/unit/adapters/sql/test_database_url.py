"""A database URL is read as people paste it, and no answer shows a part of its password."""

from __future__ import annotations

import traceback

import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters.sql.database_url import for_libpq, read_url
from bot.errors import SettingsError
from tests.support.cases import for_each

pytest.importorskip("psycopg", reason="PostgreSQL: install the extra postgres (psycopg)")

PASSWORDS = {
    "secret": "secret",
    "p@ss": "p@ss",
    "p@ss/word": "p@ss/word",
    "a#b": "a#b",
    "a:b:c": "a:b:c",
    "a/b@c:d#e": "a/b@c:d#e",
    "wh?t": "wh?t",
    "w?h@t": "w?h@t",
    "a@b?x=1": "a@b?x=1",
    "100%": "100%",
    "%zz": "%zz",
    "a%4": "a%4",
    "%ff": "%ff",
    "p%40ss": "p@ss",
    "p%2Fq%25": "p/q%",
    "[1]": "[1]",
    "": None,
}


@for_each("rest", ["host", "host:5433", "host/name", "host:5433/name?sslmode=require", "[::1]:5433/name"])
@for_each(("pasted", "meant"), PASSWORDS.items())
def test_a_password_holds_any_sign(pasted: str, meant: str | None, rest: str) -> None:
    url = read_url(f"postgresql://svc:{pasted}@{rest}")
    assert (url.username, url.password) == ("svc", meant)
    assert url.host == ("::1" if rest.startswith("[") else "host")
    assert url.port == (5433 if "5433" in rest else None)
    assert url.database == ("name" if "/name" in rest else None)
    assert dict(url.query) == ({"sslmode": "require"} if "?" in rest else {})


@for_each(
    ("text", "host", "database", "query"),
    [
        ("postgresql://host/name", "host", "name", {}),
        ("postgresql:///name?host=/run/postgresql", None, "name", {"host": "/run/postgresql"}),
        ("postgresql://svc:@/name?host=/srv/x", None, "name", {"host": "/srv/x"}),
        ("postgresql+psycopg2://svc@host/na%20me", "host", "na me", {}),
        ("POSTGRESQL://host/name", "host", "name", {}),
        ("  postgresql://host/name\n", "host", "name", {}),
        ("postgresql://svc:pw@host/name?application_name=a@b", "host", "name", {"application_name": "a@b"}),
    ],
)
def test_a_url_of_postgresql_is_read(text: str, host: str | None, database: str, query: dict[str, str]) -> None:
    url = read_url(text)
    assert (url.drivername, url.host, url.database) == ("postgresql+psycopg", host, database)
    assert dict(url.query) == query


@for_each(
    "text",
    [
        "",
        "sqlite:////srv/Hunter2\0.db",
        "postgresql://svc:Hunter2%00@host/name",
        "Hunter2",
        "svc:Hunter2@host/name",
        "Hunter2://svc@host",
        "postgresql:svc:Hunter2@host",
        "postgresql://svc:Hunter2",
        "postgresql://svc:Hunter2@host:port/name",
        "postgresql://svc:Hunter2@host:99999/name",
        "postgresql://svc:Hunter2@ho st/name",
        "postgresql://svc:Hunter2@host/name?Hunter2=1",
        "postgresql://svc:Hunter2@host/name?Hunter2",
        "postgresql://a/b:Hunter2@host",
        "mysql://svc:Hunter2@host/name",
        "sqlite://svc:Hunter2@host/name",
        "sqlite://svc:Hunter2@host:port/name",
        "sqlite:///file:Hunter2?uri=true",
        "sqlite://",
    ],
)
def test_what_cannot_be_used_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^database: ") as caught:
        read_url(text)
    shown = "".join(traceback.format_exception(caught.value, limit=0))
    assert "Hunter2" not in shown


def test_an_ordinary_file_is_an_ordinary_file() -> None:
    assert read_url("sqlite:////srv/a@b/x.db").database == "/srv/a@b/x.db"
    assert read_url("sqlite:///x.db").drivername == "sqlite+pysqlite"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://bot:x@db:5433/bot", {"user": "bot", "host": "db", "port": "5433", "dbname": "bot"}),
        ("postgresql://bot@/bot?host=/run/pg&connect_timeout=9", {"host": "/run/pg", "connect_timeout": "9"}),
        ("postgresql+psycopg://db/bot", {"host": "db", "connect_timeout": "2"}),
    ],
)
def test_the_library_of_postgresql_reads_the_same_place(url: str, says: dict[str, str]) -> None:
    found = conninfo_to_dict(for_libpq(url))
    assert says.items() <= found.items()
    assert "idle_in_transaction_session_timeout=10s" in str(found["options"])


def test_options_of_the_url_are_kept() -> None:
    found = conninfo_to_dict(for_libpq("postgresql://db/bot?options=-csearch_path%3Dtwo"))
    assert str(found["options"]).startswith("-csearch_path=two -c ")


def test_a_password_is_kept_as_it_is() -> None:
    assert conninfo_to_dict(for_libpq("postgresql://bot:a@b/c d'e@db/bot"))["password"] == "a@b/c d'e"
