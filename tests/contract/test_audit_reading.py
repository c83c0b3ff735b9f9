"""`audit list`, `requests`, `report` and `export` over a log that somebody has changed, and over hostile texts."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from dataclasses import replace
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from adapters.sql.audit_reader import reading
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.audit.chain import hash_of
from bot.audit.keys import SigningKeys
from bot.audit.selection import AuditFilter, Names
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain.note_kind import NoteKind
from bot.errors import LedgerError, SettingsError
from tests.contract import logs
from tests.support import builders as b
from tests.support.command_line import invoke

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

    from tests.fakes.clock import SettableClock

HALF = logs.KEYS.public.text
STEERING = "\x1b[31m\r\n\x07\t\u202eevil\u2066\u200b\ud83d\x00"
FORMULAS = ("=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "a;=1", "x,  @y", '"=1', "\u22121", "'=1")


@pytest.fixture
def log(url: str) -> Iterator[logs.Log]:
    """On both databases."""
    made = logs.written(url, 24)
    yield made
    made.engine.dispose()


@pytest.fixture
def one(tmp_path: Path) -> Iterator[logs.Log]:
    """On SQLite alone, for what no database decides."""
    upgrade(f"sqlite:///{tmp_path}/one.db")
    made = logs.written(f"sqlite:///{tmp_path}/one.db", 24)
    yield made
    made.engine.dispose()


def run(log: logs.Log, *words: str) -> Result:
    url = log.engine.url.render_as_string(hide_password=False)
    return invoke(["audit", *words, "--database", url])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def rows(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout)))


def meddle(log: logs.Log, *statements: str) -> None:
    with log.engine.begin() as connection:
        logs.unguarded(connection)
        for statement in statements:
            connection.execute(text(statement))


def bad(result: Result, name: str = "seq") -> list[Any]:
    return [each[name] for each in lines(result) if each.get("fault") or each.get("faults")]


CHANGES = {
    "actor": "UPDATE audit_entry SET actor = 'U0EVE' WHERE seq = 4",
    "a row of its targets": "UPDATE audit_target SET \"user\" = 'CORP\\eve' WHERE seq = 2 AND position = 1",
    "a row of its targets is gone": "DELETE FROM audit_target WHERE seq = 2 AND position = 1",
    "a number that is none": "UPDATE audit_entry SET note = 'x' WHERE seq = 7",
    "its signature": "UPDATE audit_entry SET signature = 'x' WHERE seq = 7",
}
SEEN_WITHOUT_KEY = dict.fromkeys(CHANGES, True) | {"its signature": False}


@pytest.mark.parametrize(
    ("where", "change"), [*(("sqlite", change) for change in CHANGES), ("postgresql", "a row of its targets")]
)
def test_an_entry_that_does_not_verify_is_marked_in_every_output(
    request: pytest.FixtureRequest, tmp_path: Path, where: str, change: str
) -> None:
    url = f"sqlite:///{tmp_path}/log.db" if where == "sqlite" else request.getfixturevalue("new_postgresql")()
    upgrade(url)
    log = logs.written(url, 24)
    assert run(log, "list", "--json", "--key", HALF).exit_code == 0
    meddle(log, CHANGES[change])
    number = int(CHANGES[change].rpartition("seq = ")[2].split(" ")[0])
    key = () if SEEN_WITHOUT_KEY[change] else ("--key", HALF)
    listed = run(log, "list", "--json", *key)
    assert (bad(listed), listed.exit_code) == ([number], 1)
    table = run(log, "list", *key)
    assert f"✗ {number} " in table.output
    assert "DOES NOT VERIFY" in " ".join(table.output.split())
    asked = run(log, "requests", "--json", *key)
    assert (bad(asked, "request_id"), asked.exit_code) == (["TS-1"], 1)
    assert "✗ TS-1" in run(log, "requests", *key).output
    report = run(log, "report", "--by", "actor", "--json", *key)
    assert ([one["unverified"] for one in lines(report)], report.exit_code) == ([1, 1], 1)
    assert "asker (U0ASKER): 1 do not verify" in " ".join(run(log, "report", "--by", "actor", *key).output.split())
    for form in ("csv", "json"):
        export = run(log, "export", "--format", form, "--output", "-", *key)
        marked = (
            [int(each["seq"]) for each in rows(export) if each["does_not_verify"]] if form == "csv" else bad(export)
        )
        assert (marked, export.exit_code) == ([number], 1)
    assert f"This does not verify: entry {number}. Run: logoff-bot audit verify" in " ".join(listed.stderr.split())
    log.engine.dispose()


@pytest.mark.parametrize(
    "command",
    ["requests", "report --json", "export --requests --output -", "export --format html --output -"],
)
def test_a_request_whose_id_was_taken_away_is_named_by_its_entry(one: logs.Log, command: str) -> None:
    meddle(one, "UPDATE audit_entry SET request_id = '' WHERE seq = 1")
    result = run(one, *command.split())
    assert "This does not verify: entry 1. Run: logoff-bot audit verify" in " ".join(result.stderr.split())
    assert result.exit_code == 1


def test_a_command_that_was_changed_is_marked_wherever_it_is_shown(one: logs.Log) -> None:
    meddle(one, "UPDATE audit_entry SET text = '/logoff comp9 --all' WHERE seq = 1")
    shown = lines(run(one, "list", "--verdict", "gone", "--json"))
    assert [("its command is that of entry 1" in each["fault"]) for each in shown if each["request_id"] == "TS-1"]
    assert all(each["fault"] for each in shown if each["request_id"] == "TS-1")
    assert not any(each["fault"] for each in shown if each["request_id"] != "TS-1")


def test_a_hash_that_was_made_anew_is_found_with_the_public_half(one: logs.Log) -> None:
    forged = replace(one.entries[3], actor="U0EVE")
    hash_ = hash_of(forged, one.entries[2].hash)
    meddle(one, f"UPDATE audit_entry SET actor = 'U0EVE', hash = '{hash_}' WHERE seq = 4")  # noqa: S608 - our own words
    assert bad(run(one, "list", "--json")) == [5], "the entry behind it no longer follows"
    assert bad(run(one, "list", "--json", "--key", HALF)) == [5, 4]


def test_any_half_to_which_a_key_that_was_given_leads_is_believed_and_no_other(
    url: str, sql_ledger: SqlLedger, clock: SettableClock
) -> None:
    engine = open_database(url)
    keys = [SigningKeys(f"key {number}") for number in range(3)]
    for old, new in pairwise(keys):
        ledger = SqlLedger(engine, clock, old, ASK_TYPES)
        ledger.pause("operator ann", "patch day")
        ledger.hand_over("operator ann", new)
    for half in keys:
        with reading(engine, half.public) as reader:
            assert [each.fault for each in reader.entries(AuditFilter(), Names()) if each.fault] == []
    with reading(engine, SigningKeys("another").public) as reader:
        assert all("does not lead to it" in each.fault for each in reader.entries(AuditFilter(), Names()))
    engine.dispose()
    assert sql_ledger.head().seq == 6


DAMAGED = {
    "sqlite": ("UPDATE audit_entry SET at = 'soon' WHERE seq = 5", "UPDATE audit_entry SET forced = 7 WHERE seq = 6"),
    "postgresql": (
        "UPDATE audit_entry SET at = 'infinity' WHERE seq = 5",
        "UPDATE audit_entry SET expires_at = '-infinity' WHERE seq = 6",
    ),
}  # fmt: skip


def test_a_row_that_is_no_entry_is_marked_and_hides_no_other(log: logs.Log) -> None:
    meddle(log, *DAMAGED[log.engine.dialect.name])
    listed = run(log, "list", "--json")
    assert (len(lines(listed)), sorted(bad(listed))) == (24, [5, 6])
    assert run(log, "list").exit_code == 1
    assert bad(run(log, "requests", "--json"), "request_id") == ["TS-1"]


def hostile(ledger: SqlLedger) -> None:
    for number, formula in enumerate(FORMULAS):
        name = f"TS-{number}"
        ledger.open(b.request(name, text=f"comp1 {STEERING}{formula}"))
        ledger.record(name, e.Noted(kind=NoteKind.OUTSIDER_PRESS, by=b.OTHER, detail=formula))
        ledger.record(name, e.Refused(rule=formula, message=f"{formula}{STEERING}"))


def test_nothing_that_steers_or_turns_and_no_formula_comes_out(url: str, sql_ledger: SqlLedger, tmp_path: Path) -> None:
    hostile(sql_ledger)
    outputs = {}
    for words in ("list", "list --json", "requests", "requests --json", "report --by rule", "report --by rule --json"):
        outputs[words] = invoke(["audit", *words.split(), "--database", url])
    for number, words in enumerate(
        ("", "--requests", "--format json", "--requests --format json", "--before 2100-01-01 --format json")
    ):
        file = tmp_path / f"{number}.out"
        done = invoke(["audit", "export", "--output", str(file), *words.split(), "--database", url])
        assert done.exit_code == 0, done.output
        told = file.read_text(encoding="utf-8")
        assert steering_in(told) == set(), words
        if "json" not in words:
            cells = [cell for row in csv.reader(io.StringIO(told)) for cell in row]
            assert [cell for cell in cells if cell[:1] in tuple("=+-@\uff1d\u2212\t\r")] == []
            assert [cell for cell in cells if ";=" in cell or ",  @" in cell] == []
            assert sum("'" in cell for cell in cells) >= len(FORMULAS)
    for words, done in outputs.items():
        assert done.exit_code == 0, done.output
        assert steering_in(done.output) == set(), words
    found = [json.loads(line) for line in outputs["list --json"].stdout.splitlines()]
    assert {each["text"] for each in found if each["event"] == "noted"} == set(FORMULAS), "JSON has the exact texts"


def steering_in(told: str) -> set[str]:
    kinds = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return {
        unicodedata.name(each, hex(ord(each))) for each in told if unicodedata.category(each) in kinds and each != "\n"
    }


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Twice as many entries take no more memory: they are read a few at a time."""
    import tracemalloc  # noqa: PLC0415 - only here

    from audit_year import Year  # noqa: PLC0415 - the same

    peaks = []
    for requests in (80, 200):
        url = f"sqlite:///{tmp_path}/{requests}.db"
        Year(url, signed=False).write(requests)
        engine = open_database(url)
        with reading(engine) as reader:
            for _ in reader.requests(AuditFilter(), Names(), limit=80):
                pass  # what is kept for good is there now
            tracemalloc.start()
            read = sum(1 for _ in reader.entries(AuditFilter(), Names()))
            asked = sum(1 for _ in reader.requests(AuditFilter(), Names()))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        engine.dispose()
        assert (read > 6 * requests, asked) == (True, requests)
    assert peaks[1] < 1.5 * peaks[0]


def test_a_pattern_that_means_too_many_names_is_refused_with_the_next_step(
    one: logs.Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.sql.audit_names.MOST_NAMES", 1)
    result = run(one, "list", "--host", "comp*")
    assert isinstance(result.exception, LedgerError)
    assert "Name fewer" in result.exception.message


def test_a_name_that_the_log_does_not_have_is_said_and_nothing_is_listed(one: logs.Log) -> None:
    for option in ("user", "host", "actor", "approver", "rule"):
        for command in ("list", "requests", "report"):
            result = run(one, command, f"--{option}", "nobody", "--json")
            assert result.exit_code == 0
            assert f"The log has no {option} `nobody`" in " ".join(result.stderr.split())
            assert [each for each in lines(result) if each.get("requests") != 0] == []


def test_what_is_asked_for_is_a_question_and_never_code(log: logs.Log) -> None:
    odd = ("x' OR '1'='1", ":users", "%", "'; DROP TABLE audit_entry; --", "\x00", "\ud83d")
    with reading(log.engine) as reader:
        for option, text_ in product(("user", "host", "actor", "approver", "rule", "request", "event", "verdict"), odd):
            wanted = replace(AuditFilter(), **{option: text_})  # type: ignore[arg-type] # all of them are texts
            names = reader.names(wanted)
            assert (reader.count(wanted, names), list(reader.entries(wanted, names))) == (0, [])
            assert (reader.count_requests(wanted, names), list(reader.requests(wanted, names))) == (0, [])
        assert reader.count(AuditFilter(), Names()) == 24


def segment_of(log: logs.Log, file: Path, *words: str) -> Result:
    return run(log, "export", "--format", "json", "--output", str(file), "--before", "2100-01-01", *words)


def test_a_segment_is_verified_by_the_public_half_alone_and_every_change_of_it_is_found(
    log: logs.Log, tmp_path: Path
) -> None:
    file = tmp_path / "segment.jsonl"
    assert segment_of(log, file).exit_code == 0
    verify = ["audit", "verify", "--file", str(file), "--key", HALF]
    held = invoke(verify)
    assert held.exit_code == 0, held.output
    assert "Entries 1 to 24, and the segment holds" in " ".join(held.output.split())
    whole = file.read_text(encoding="ascii").splitlines()
    assert len(whole) == 25
    tampered = {
        "cut": whole[:-1],
        "one is missing": whole[:5] + whole[6:],
        "two are swapped": [*whole[:5], whole[6], whole[5], *whole[7:]],
        "changed": [line.replace("U0ASKER", "U0EVE00") for line in whole],
        "no JSON": [*whole[:5], "x", *whole[6:]],
        "a list": [*whole[:5], "[]", *whole[6:]],
        "a field more": [*whole[:5], whole[5].replace('"seq"', '"more":1,"seq"'), *whole[6:]],
        "a row of targets": [line.replace('"role":"target"', '"role":"kept"') for line in whole],
        "another type": [*whole[:5], whole[5].replace('"forced":false', '"forced":0'), *whole[6:]],
        "empty": whole[:1],
        "the head says less": [whole[0].replace('"last":24', '"last":23'), *whole[1:]],
        "the head says another place": [whole[0].replace('"first":1', '"first":2'), *whole[1:]],
    }
    for what, left in tampered.items():
        file.write_text("\n".join(left) + "\n", encoding="utf-8")
        assert invoke(verify).exit_code == 1, what
    file.write_text("\n".join(whole), encoding="utf-8")
    assert invoke([*verify[:-1], SigningKeys("another").public.text]).exit_code == 1


def test_a_segment_follows_the_one_before_it(one: logs.Log, tmp_path: Path) -> None:
    middle = one.entries[13].at
    assert middle
    first, second = tmp_path / "first", tmp_path / "second"
    when = middle.isoformat()
    assert run(one, "export", "--format", "json", "--output", str(first), "--before", when).exit_code == 0
    assert segment_of(one, second, "--since", when).exit_code == 0
    last = one.entries[12]
    told = invoke(["audit", "verify", "--file", str(first), "--key", HALF])
    assert f"The last is 13:{last.hash}" in told.output
    anchor = ["--anchor", f"13:{last.hash}"]
    told = invoke(["audit", "verify", "--file", str(second), "--key", HALF, *anchor])
    assert (told.exit_code, "Entries 14 to 24" in told.output) == (0, True)
    assert f"It follows entry 13:{last.hash}" in " ".join(told.output.split())
    wrong = ["--anchor", f"13:{one.entries[10].hash}"]
    assert invoke(["audit", "verify", "--file", str(second), "--key", HALF, *wrong]).exit_code == 1


@pytest.mark.parametrize(
    "words", ["--user alice", "--refused", "--until 2026-01-01", "--requests", "--format csv", "--request TS-1"]
)
def test_a_segment_has_every_entry_or_is_refused(one: logs.Log, tmp_path: Path, words: str) -> None:
    result = segment_of(one, tmp_path / "x", *words.split())
    assert result.exit_code == 2
    assert "leave all filters out" in " ".join(result.output.replace("│", " ").split())
    assert list(tmp_path.glob("x*")) == []


def test_a_segment_without_an_entry_is_refused_and_leaves_no_file(one: logs.Log, tmp_path: Path) -> None:
    result = run(one, "export", "--format", "json", "--output", str(tmp_path / "x"), "--before", "2001-01-01")
    assert isinstance(result.exception, SettingsError)
    assert [path.name for path in tmp_path.iterdir() if "one.db" not in path.name] == []


def test_a_file_that_is_there_is_not_replaced_and_a_new_one_is_for_its_owner_alone(
    one: logs.Log, tmp_path: Path
) -> None:
    file = tmp_path / "entries.csv"
    assert run(one, "export", "--output", str(file)).exit_code == 0
    assert file.stat().st_mode & 0o077 == 0
    before = file.read_bytes()
    again = run(one, "export", "--output", str(file), "--refused")
    assert isinstance(again.exception, SettingsError)
    assert "is there already" in again.exception.message
    nowhere = run(one, "export", "--output", str(tmp_path / "no" / "folder.csv"))
    assert isinstance(nowhere.exception, SettingsError)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "what", ["", "{}", "[1]", '{"segment":2}', '{"segment":1,"first":1,"last":"x","before":""}', "\ud800"]
)
def test_what_is_no_segment_is_said_in_one_sentence(tmp_path: Path, what: str) -> None:
    file = tmp_path / "x"
    file.write_text(what, encoding="utf-8", errors="surrogateescape" if what != "\ud800" else "surrogatepass")
    result = invoke(["audit", "verify", "--file", str(file), "--key", HALF])
    assert isinstance(result.exception, SettingsError)
    assert "is no segment that audit export --before has written" in result.exception.message
    gone = invoke(["audit", "verify", "--file", str(tmp_path / "y"), "--key", HALF])
    assert isinstance(gone.exception, SettingsError)
