"""Files that are written together: all of them, or none, with the folders on the way to them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class NewFiles:
    """What one command has made so far. `take_back` leaves what was there before."""

    def __init__(self) -> None:
        self._made: list[Path] = []

    def write(self, path: Path, content: bytes, *, mode: int = 0o666) -> None:
        """Write a file that was not there, and the folders above it. Raises `OSError`."""
        self._make_folder(path.parent)
        path.touch(mode=mode, exist_ok=False)
        self._made.append(path)
        path.write_bytes(content)

    def take_back(self) -> None:
        """Delete the files, and each folder that was made and has nothing of somebody else in it."""
        for path in reversed(self._made):
            with suppress(OSError):
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink()
        self._made.clear()

    def _make_folder(self, folder: Path) -> None:
        for each in reversed((folder, *folder.parents)):
            if not each.exists():  # asked as they are made: `new/..` is there once `new` is
                each.mkdir()
                self._made.append(each)
