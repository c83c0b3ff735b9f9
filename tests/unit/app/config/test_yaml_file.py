"""The file is plain values: what makes YAML more than that is refused, with its line and never with the value."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.config import yaml_file as yamlfile
from app.config.findings import Fault
from bot.errors import SettingsError
from tests.support.cases import for_each
from tests.support.effort import examples

if TYPE_CHECKING:
    from pathlib import Path

BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))


def refusal(folder: Path, text: str) -> str:
    path = folder / "app.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        yamlfile.read(path, {})
    assert "hidden" not in caught.value.message
    return caught.value.message


@for_each(
    ("text", "line"),
    [
        ("team: T1\na: &a [*a]\n", 2),
        ("team: T1\na: &a {b: *a}\n", 2),
        ("team: &hidden T1\n", 1),
        ("team: T1\npassword: *hidden\n", 2),
        ("password: &hidden\n", 1),
        ("a: {<<: *hidden}\n", 1),
        (BOMB, 1),
    ],
)
def test_an_anchor_and_an_alias_are_refused_with_their_line(tmp_path: Path, text: str, line: int) -> None:
    first = refusal(tmp_path, text).splitlines()[1]
    assert first.startswith(f"  line {line}: a value may not begin with & or *. Write it out, or put it in quotes.")


@for_each(
    ("text", "line"),
    [
        ("team: !!python/object/apply:os.system ['hidden']\n", 1),
        ("team: T1\nport: !!int hidden\n", 2),
        ("team: !!float ''\n", 1),
        ("team: !!timestamp x\n", 1),
        ("rules: !!set {a}\n", 1),
        ("team: T1\npassword: !hidden\n", 2),
        ("password: !hidden!hidden\n", 1),
        ("password: ! hidden\n", 1),
        ("password: !<tag:yaml.org,2002:str> hidden\n", 1),
        ("!!str team: T1\n", 1),
    ],
)
def test_a_tag_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    assert refusal(tmp_path, text).splitlines()[1:] == [
        f"  line {line}: a value may not begin with !. Put it in quotes."
    ]


def test_all_that_is_more_than_plain_is_told_at_once(tmp_path: Path) -> None:
    said = refusal(tmp_path, "a: &a 1\nb: !!str 2\nc: *a\n").splitlines()
    assert said[0].endswith("has 2 faults:")
    assert [line.split(":")[0] for line in said[1:]] == ["  line 1", "  line 2"]
    assert said[1].endswith("(and 1 more like it: line 3)")


@pytest.mark.parametrize("deep", ["[" * 5000, "{a: " * 5000, "- " * 5000, "? " * 5000])
def test_a_bottomless_file_is_refused_with_its_line(tmp_path: Path, deep: str) -> None:
    assert "  line 2: the blocks stand too deep in each other." in refusal(tmp_path, f"# first\n{deep}")


@pytest.mark.parametrize("one", ["- [x]\n", "- {a: x}\n", "- - x\n", "- a: x\n"])
def test_many_blocks_beside_each_other_are_not_deep(tmp_path: Path, one: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text("a:\n" + one * 100, encoding="utf-8")
    file = yamlfile.read(path, {})
    assert (len(file.values), file.faults) == (1, ())


@pytest.mark.parametrize("key", ["? [hidden]\n: b\n", "? {hidden: x}\n: b\n", "{[hidden]: b}\n"])
def test_a_key_that_is_a_block_is_a_fault_with_its_line(tmp_path: Path, key: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(key, encoding="utf-8")
    file = yamlfile.read(path, {})
    assert (file.values, file.faults) == ({}, (Fault(1, "", "a key has to be one word."),))


@pytest.mark.parametrize("value", ["2026-01-01", "2026-13-45", "=", "0b_"])
def test_a_scalar_that_is_not_plain_is_a_fault_with_its_line(tmp_path: Path, value: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(f"a: 1\nteam: {value}\n", encoding="utf-8")
    assert yamlfile.read(path, {}).faults == (Fault(2, "", "the value cannot be understood. Put it in quotes."),)


def test_plain_scalars_keep_their_kind_and_signs_in_quotes_are_text(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text("a: [1, 2.5, true, null, word, '*x', \"&x\", '!x', '2026-01-01', a*b&c!d]\n", encoding="utf-8")
    file = yamlfile.read(path, {})
    assert file.values == {"a": [1, 2.5, True, None, "word", "*x", "&x", "!x", "2026-01-01", "a*b&c!d"]}
    assert file.faults == ()


@settings(max_examples=examples(3), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="a0b1xe_.:-+ \n[]{},?&*!<>='\"#%|~/\\@", max_size=40))
def test_nothing_in_a_file_ends_in_a_traceback(tmp_path: Path, text: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        file = yamlfile.read(path, {})
    except SettingsError:
        return
    assert isinstance(file.values, dict)


@for_each("value", ["svc:Hunter2: x", '"Hunter2', "[Hunter2", "{svc:Hunter2", '"\\qHunter2"', "@Hunter2"])
def test_a_line_that_is_no_yaml_is_not_repeated_because_it_may_hold_a_password(tmp_path: Path, value: str) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(f"team: T0HOME\ndatabase: {value}\n")
    with pytest.raises(SettingsError, match="is no YAML") as caught:
        yamlfile.read(file, {})
    assert "Hunter2" not in "".join(traceback.format_exception(caught.value, limit=0))


@for_each(
    ("content", "sentence"),
    [
        (b"", "is empty. Copy the one that ships with the bot and change it, or make one with: logoff-bot init"),
        (b"# nothing\n", "is empty. Copy"),
        (b"just a text", "is a list or a text, and has to be `key: value` lines. Copy"),
        (b"- a\n", "is a list or a text, and has to be `key: value` lines. Copy"),
        (b"a: 1\nteam: caf\xe9\n", "is no text in UTF-8: look at line 2. Save it as UTF-8."),
        ("team: T1\n".encode("utf-16"), "is no text in UTF-8: look at line 1. Save it as UTF-8."),
        (b"a:\n\tb: 1\n", "is no YAML at line 2: the line begins with a tab. Indent it with spaces."),
        (b"a:\n  b: 1\n \tc: 2\n", "is no YAML at line 3: the line begins with a tab. Indent it with spaces."),
        (b"a: 1\nb: [1\nc: 2\n", "is no YAML at line 3: "),
        (b"a: \x07", "is no YAML: it has a control character in it. Remove it with a text editor."),
    ],
)
def test_a_file_that_is_none_is_told_with_its_path_the_cause_and_what_to_do(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "app.yaml"
    path.write_bytes(content)
    assert refusal_of(path).startswith(f"{path} {sentence}")


def test_a_file_that_is_not_there_and_a_folder_say_what_to_name(tmp_path: Path) -> None:
    nowhere = tmp_path / "none.yaml"
    assert refusal_of(nowhere) == (
        f"{nowhere} cannot be read: No such file or directory. Name the file with --config, "
        "or make one with: logoff-bot init"
    )
    assert refusal_of(tmp_path) == f"{tmp_path} is a folder. Name the file in it: --config {tmp_path}/app.yaml"


def test_a_mark_of_windows_at_the_begin_is_no_letter(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_bytes(b"\xef\xbb\xbfteam: T1\r\nb: 1\r\n")
    assert yamlfile.read(path, {}).values == {"team": "T1", "b": 1}


def refusal_of(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        yamlfile.read(path, {})
    return caught.value.message
