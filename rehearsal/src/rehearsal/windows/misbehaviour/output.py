"""Wrong output of a command: text that the agent did not write, and C# that cannot be compiled."""

from collections.abc import Callable
from dataclasses import replace

from rehearsal.windows.codepages import UTF8
from rehearsal.windows.shells import Command

_PIECE = b"\x07garbage\r\n" * 6_500
_PIECES = 160  # some 10 MB
_DEPTH = 100_000
_NONCE = slice(len("$nonce = '"), len("$nonce = '") + 32)

Run = Callable[[Command], int]


def spoil_output(how: str, command: Command, run: Run) -> int:
    """The exit code, which is 0 whatever was written."""
    data = command.read_all()
    match how:
        case "silence":
            return 0
        case "flood":
            for _ in range(_PIECES):
                command.write(_PIECE)
            return 0
    lines = _output_of(command, data, run).splitlines(keepends=True)
    command.write(b"".join(_spoil(how, lines, data[_NONCE])))
    return 0


def break_source(command: Command, run: Run) -> int:
    """Runs it with C# that no compiler takes."""
    data = command.read_all().replace(b"namespace LogoffBot\n", b"#error rehearsal\nnamespace LogoffBot\n", 1)
    command.write(_output_of(command, data, run))
    return 0


def _output_of(command: Command, data: bytes, run: Run) -> bytes:
    around = replace(command.around, code_page=UTF8, has_console=False)  # the outer command's ends see to both
    inner = Command(command.line, around=around)
    inner.send(data, end=True)
    command.on_kill(inner.kill)
    inner.end(run(inner))
    return inner.written


def _spoil(how: str, lines: list[bytes], nonce: bytes) -> list[bytes]:
    match how:
        case "torn":
            return [lines[0][: len(lines[0]) // 2] + b"\n", *lines[1:]]
        case "deep":
            return [nonce + b'{"session": ' + b"[" * _DEPTH + nonce + b"\n", *lines]
        case "other-nonce":
            return [line.replace(nonce, nonce[::-1]) for line in lines]
        case _:
            return lines[:-1]
