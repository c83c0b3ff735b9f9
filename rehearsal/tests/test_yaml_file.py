"""A broken file of the rehearsal, a farm, a workspace or a scene, is told in a sentence with its path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rehearsal.scenario import ScenarioError, read_scenario
from rehearsal.slack import Workspace, WorkspaceFileError
from rehearsal.windows import Farm, FarmFileError

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[type[Exception], Callable[[Path], object]] = {
    FarmFileError: Farm.from_file,
    WorkspaceFileError: Workspace.from_file,
    ScenarioError: lambda path: read_scenario(str(path)),
}
BROKEN: list[tuple[bytes, str]] = [
    (b"", "is empty. Copy the one that ships and change it."),
    (b"# nothing\n", "is empty. Copy the one that ships and change it."),
    (b"a: 1\nb: [1\nc: 2\n", "is no YAML at line 3: "),
    (b"a:\n\tb: 1\n", "is no YAML at line 2: found character '\\t' that cannot start any token."),
    (b"a: caf\xe9\n", "is no text in UTF-8. Save it as UTF-8."),
    (b"a: \x07", "is no YAML: it has a control character in it."),
    (b"a: 2026-13-45", "is no YAML that can be read: month must be in 1..12. Put such a value in quotes."),
    (b"a: !!python/name:os.system\n", "is no YAML at line 1: could not determine a constructor for the tag "),
    (b"[" * 5000, "is no YAML"),
    (b"just a text\n", "has 1 fault:\n  the file: "),
    (b"- a\n", "has 1 fault:\n  the file: "),
    (b"unheard: of\n", "has "),
]


@pytest.mark.parametrize("error", READERS, ids=lambda kind: kind.__name__)
def test_a_file_that_is_none_is_a_sentence_with_its_path(tmp_path: Path, error: type[Exception]) -> None:
    for content, sentence in BROKEN:
        (tmp_path / "x.yaml").write_bytes(content)
        with pytest.raises(error) as caught:
            READERS[error](tmp_path / "x.yaml")
        assert str(caught.value).startswith(f"{tmp_path}/x.yaml {sentence}"), content


@pytest.mark.parametrize("error", READERS, ids=lambda kind: kind.__name__)
def test_a_folder_is_said(tmp_path: Path, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"{tmp_path} is a folder. Name a file in it."):
        READERS[error](tmp_path)


@pytest.mark.parametrize("error", READERS, ids=lambda kind: kind.__name__)
def test_a_pipe_and_a_device_are_said_and_nobody_waits_for_them(tmp_path: Path, error: type[Exception]) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(error, match=f"{path} is a pipe or a device. Name a file."):
            READERS[error](path)


def test_a_range_without_an_end_makes_no_hosts(tmp_path: Path) -> None:
    for name in ("rds-[1-999999999]", "rds-[5-1]"):
        (tmp_path / "farm.yaml").write_text(
            f"account: {{username: 'CORP\\svc', password: fiction}}\nhosts: {{'{name}': {{}}}}\n", encoding="utf-8"
        )
        with pytest.raises(FarmFileError, match="hosts: a range runs upwards, over 1000 hosts at the most"):
            Farm.from_file(tmp_path / "farm.yaml")


@pytest.mark.parametrize("error", READERS, ids=lambda kind: kind.__name__)
def test_a_path_that_cannot_be_looked_at_is_said(tmp_path: Path, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"{'x' * 300} cannot be read: File name too long. Name another file"):
        READERS[error](tmp_path / ("x" * 300))
