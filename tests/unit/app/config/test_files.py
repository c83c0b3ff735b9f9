"""Whatever stands where a file was named, it is read in a bounded time and size, or it is said why it cannot be."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from app.config import files, yaml_file
from bot.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def refusal_of(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        yaml_file.read(path, {})
    return caught.value.message


@pytest.mark.slow
def test_a_pipe_that_nobody_writes_into_is_an_error_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WITHIN", 0.1)
    os.mkfifo(pipe := tmp_path / "pipe")
    assert refusal_of(pipe) == f"{pipe} cannot be read: nobody writes into it. Name the file with --config."
    (tmp_path / "app.yaml").write_text(f"audit_key: file:{pipe}\n")
    [wanted] = yaml_file.read(tmp_path / "app.yaml", {}).wanted
    assert wanted.message == f"{pipe} cannot be read: nobody writes into it."


def test_a_pipe_that_somebody_writes_into_is_read_whole(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    text = f"a: {'x' * 200_000}\n"  # more than a pipe holds
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    assert files.text_in(pipe) == text
    writer.join()


def test_what_has_no_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 1024 * 1024)
    zero = tmp_path / "app.yaml"
    zero.symlink_to("/dev/zero")
    assert refusal_of(zero) == f"{zero} cannot be read: it has more than 1 megabytes. Name the file with --config."
    zero.unlink()
    zero.write_bytes(b"#" * 1024 * 1024)
    assert files.text_in(zero) == "#" * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "why"), [("x" * 300, "File name too long"), ("a\0b", "the path has a NUL character in it")]
)
def test_a_path_that_is_none_is_said(tmp_path: Path, name: str, why: str) -> None:
    assert f" cannot be read: {why}. Name the file with --config." in refusal_of(tmp_path / name)
    assert not files.is_missing(tmp_path / name)
    assert files.is_missing(tmp_path / "none")


def test_a_secret_in_a_file_of_windows_has_no_mark_before_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xef\xbb\xbfHunter2\r\n")
    (tmp_path / "app.yaml").write_text(f"audit_key: file:{tmp_path}/key\n")
    assert yaml_file.read(tmp_path / "app.yaml", {}).values == {"audit_key": "Hunter2"}


def test_why_a_file_is_not_seen_is_said_of_any_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "dangling").symlink_to("none")
    assert {name: files.why_not_there(tmp_path / name) for name in ("file", "", "none", "file/below", "dangling")} == {
        "file": "",
        "": "",
        "none": "is not there",
        "file/below": "is not there",
        "dangling": "is not there",
    }
    assert files.why_not_there(tmp_path / ("x" * 300)) == "cannot be looked at: File name too long"
    assert files.why_not_there(tmp_path / "round").startswith("cannot be looked at: ")
    assert files.why_not_there(tmp_path / "a\0b") == "cannot be looked at: the path has a NUL character in it"


def test_a_file_in_a_closed_folder_cannot_be_looked_at(tmp_path: Path) -> None:
    (closed := tmp_path / "closed").mkdir(mode=0)
    mine = os.geteuid()
    os.seteuid(mine or 65534)  # root reaches everything
    try:
        assert files.why_not_there(closed / "ca.pem") == "cannot be looked at: Permission denied"
    finally:
        os.seteuid(mine)
