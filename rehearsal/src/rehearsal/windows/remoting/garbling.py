"""What comes of an endpoint's words on a host that garbles them."""

import re
from collections.abc import Iterator
from html import escape

from rehearsal.windows.remoting.fragments import MESSAGE_HEADER, Piece, Reading, pieces_of
from rehearsal.windows.remoting_faults import Garbles

_WHOLE = 3
"""The flags of a fragment that is an object by itself."""
_ANOTHER = 2**40
"""Added to the id of an object: no endpoint counts so far."""
_NOISE = b"\xff\xfe\x00G\x00a\x00r\x00b\x00a\x00g\x00e\r\n"
_FILLING, _PIECES = b"<S>" * 21_845, 160
_ELSEWHERE = b"ELSEWHERE"


def garble(garbles: Garbles, data: bytes) -> Iterator[bytes]:
    """The fragments of one answer, changed, one by one."""
    for piece in pieces_of(data):
        yield from _changed(garbles, piece)


def _changed(garbles: Garbles, piece: Piece) -> Iterator[bytes]:
    kind, head, text = piece.kind, piece.blob[:MESSAGE_HEADER], piece.blob[MESSAGE_HEADER:]
    if garbles.how == "no-end" and Reading(kind, text).is_end:
        return
    if not piece.is_output or piece.flags != _WHOLE:
        yield piece.to_bytes()
        return
    match garbles.how:
        case "noise":
            yield _NOISE
        case "flood":
            yield piece.to_bytes()
            for number in range(_PIECES):
                blob = head + _FILLING if number == 0 else _FILLING
                yield Piece(piece.object_id + _ANOTHER, number, int(number == 0), blob).to_bytes()
        case "torn":
            yield piece.to_bytes()[: -len(text) // 2]
        case "miscounted":
            yield piece._replace(number=piece.number + 7).to_bytes()
        case "malformed":
            yield piece._replace(blob=head + text.replace(b"</", b"<", 1)).to_bytes()
        case "silence":
            return
        case "doubled":
            yield piece.to_bytes()
            yield piece._replace(object_id=piece.object_id + _ANOTHER).to_bytes()
        case "no-end":
            yield piece.to_bytes()
        case _:
            yield piece._replace(blob=head + _retold(garbles, text)).to_bytes()


def _retold(garbles: Garbles, text: bytes) -> bytes:
    match garbles.how:
        case "lacks":
            return re.sub(_property(garbles.property), b"", text)
        case "says":
            value = escape(garbles.value).encode()
            return re.sub(_property(garbles.property), lambda found: found[1] + value + found[3], text)
        case _:
            names = _property("Server") + b"|" + _property("DnsName")
            return re.sub(names, lambda found: (found[1] or found[4]) + _ELSEWHERE + (found[3] or found[6]), text)


def _property(name: str) -> bytes:
    """Three groups: what is before the value, the value, what is behind it."""
    return rb'(<(?:S|I32|I64|B) N="%s">)([^<]*)(</(?:S|I32|I64|B)>)' % re.escape(name).encode()
