"""Code pages: the encoding of what a program reads and writes.

Engines speak UTF-8; a client may have asked its shell for another code page.
"""

import codecs

UTF8 = 65001
DEFAULT = 437
"""Of a shell whose client names none: Windows takes the one of its language, and the farm's hosts are American."""

_NAMES = {UTF8: "utf-8", 20127: "ascii"} | {28590 + part: f"iso8859-{part}" for part in (*range(1, 10), 13, 15)}


def encoding_of(number: int) -> str:
    """Python's name for the code page; LookupError where there is none."""
    return codecs.lookup(_NAMES.get(number, f"cp{number}")).name


class Recoder:
    """Text on its way from one encoding into another, piece by piece: a character may be cut anywhere.

    What the other encoding cannot say becomes a question mark, as on Windows.
    """

    def __init__(self, source: str, target: str) -> None:
        self._is_idle = source == target
        self._decoder = codecs.getincrementaldecoder(source)("replace")
        self._encoder = codecs.getincrementalencoder(target)("replace")

    def turn(self, data: bytes, *, final: bool = False) -> bytes:
        return data if self._is_idle else self._encoder.encode(self._decoder.decode(data, final), final)
