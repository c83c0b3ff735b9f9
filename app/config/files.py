"""The files that people name: each is read whole, in a bounded time and size, whatever stands in its place.

A pipe may be named, as a shell's `<(...)` does. One that nobody writes into, or a device without an end, is an error.
"""

from __future__ import annotations

import errno
import os
import select
import stat
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 8 * 1024 * 1024
"""Bytes. A configuration of ten thousand computers has less than half a megabyte."""

WITHIN = 10.0
"""Seconds in which all of it has to arrive."""


def bytes_in(path: Path) -> bytes:
    """Return all of the file. Raises `OSError`, whose `strerror` says what is wrong."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as exc:
        raise OSError(errno.EINVAL, "the path has a NUL character in it") from exc
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


def text_in(path: Path) -> str:
    """Return it as text, without the mark that Windows puts at its begin. Raises as `bytes_in`.

    Raises `UnicodeDecodeError` for what is no UTF-8.
    """
    return bytes_in(path).decode("utf-8-sig")


def is_missing(path: Path) -> bool:
    """Return whether nothing stands there. What cannot be looked at may be there: reading it says why."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        pass
    return False


def why_not_there(path: Path) -> str:
    """Return what to say behind the path when no file is seen there; empty when one is. Links are followed."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "is not there"
    except OSError as exc:
        return f"cannot be looked at: {exc.strerror or exc}"
    except ValueError:
        return "cannot be looked at: the path has a NUL character in it"
    return ""


def is_read_by_all(path: Path) -> bool:
    """Return whether every user of the machine may read what stands there."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except (OSError, ValueError):
        return False


def _read(descriptor: int) -> bytes:
    until, got, waiting = monotonic() + WITHIN, bytearray(), select.poll()
    waiting.register(descriptor, select.POLLIN)
    while waiting.poll(max(0.0, until - monotonic()) * 1000):
        if not (part := os.read(descriptor, 1 << 16)):
            return bytes(got)
        got += part
        if len(got) > LARGEST:
            raise OSError(errno.EFBIG, f"it has more than {LARGEST // 1024 // 1024} megabytes")
    raise OSError(errno.ETIMEDOUT, "nobody writes into it")
