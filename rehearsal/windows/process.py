"""A real process behind a command: its pipes are the command's, and it ends when the command is killed."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from rehearsal.windows.shells import Command

_PIECE = 65536


def run_process(
    words: list[str], *, environment: Mapping[str, str], folder: Path, command: Command, data: Iterable[bytes]
) -> int:
    """The exit code. `data` goes to standard input as it comes; output goes to the command as it is written."""
    process = subprocess.Popen(  # noqa: S603  # running what was sent is what the farm is for; the program is the engine
        words,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        command.on_kill(lambda: _kill(process))
        pumps = [_start_pump(process.stdout, "stdout", command), _start_pump(process.stderr, "stderr", command)]
        _feed(process.stdin, data)
        for pump in pumps:
            pump.join()
        return process.wait()


def _start_pump(pipe: IO[bytes] | None, stream: str, command: Command) -> threading.Thread:
    def pump() -> None:
        while pipe is not None and (data := os.read(pipe.fileno(), _PIECE)):
            command.write(data, stream)

    thread = threading.Thread(target=pump, name=f"{stream} of {command.id}", daemon=True)
    thread.start()
    return thread


def _feed(pipe: IO[bytes] | None, data: Iterable[bytes]) -> None:
    """A program that has ended does not read; Windows tells the next Send, this one is lost."""
    with suppress(BrokenPipeError):
        for piece in data:
            if pipe is not None:
                pipe.write(piece)
                pipe.flush()
    with suppress(BrokenPipeError):
        if pipe is not None:
            pipe.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process leads a group of its own, so what it started goes with it."""
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
