"""Wrong output of a command: text that the agent did not write, and C# that cannot be compiled."""

from rehearsal.windows.misbehaviour.program import NONCE, Run, inner_of, run_on
from rehearsal.windows.shells import Command

_PIECE = b"\x07garbage\r\n" * 6_500
_PIECES = 160  # some 10 MB
_DEPTH = 100_000


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
    inner, _ = inner_of(command, data, run)
    lines = inner.written.splitlines(keepends=True)
    command.write(b"".join(_spoil(how, lines, data[NONCE])))
    return 0


def break_source(command: Command, run: Run) -> int:
    """Runs it with C# that no compiler takes."""
    data = command.read_all().replace(b"namespace LogoffBot\n", b"#error rehearsal\nnamespace LogoffBot\n", 1)
    return run_on(command, data, run)


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
