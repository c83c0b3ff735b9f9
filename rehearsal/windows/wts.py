"""The WTS calls the Python double makes: what `wtsapi32.c` does, over the same file.

A call answers 0 or the Win32 code it is refused with; see the C file for the sources.
"""

from rehearsal.windows.sessions import FOREVER, LogoffMode, Session, SessionFile, Table, now_ticks

FILE_NOT_FOUND = 2
WINSTATION_NOT_FOUND = 7022
CLOSE_PENDING = 7007
_TICKS_PER_MILLISECOND = 10_000


def enumerate_sessions(file: SessionFile) -> list[Session]:
    """In the order Windows would list them: as they were opened."""
    with file.locked() as table:
        return list(table.sessions.values())


def log_off(file: SessionFile, session_id: int) -> int:
    """WTSLogoffSession with bWait=FALSE: 0 means asked, not gone."""
    with file.locked() as table:
        code = _begin_logoff(table, session_id)
        file.note("logoff", session_id, code)
        return code


def _begin_logoff(table: Table, session_id: int) -> int:
    session = table.sessions.get(session_id)
    if session is None:
        return FILE_NOT_FOUND
    if session.closing:
        return CLOSE_PENDING
    match table.rule.mode:
        case LogoffMode.ERROR:
            return table.rule.number
        case LogoffMode.NEVER:
            table.change(session_id, closing=FOREVER)
        case LogoffMode.AFTER:
            table.change(session_id, closing=now_ticks() + table.rule.number * _TICKS_PER_MILLISECOND)
        case LogoffMode.AT_ONCE:
            del table.sessions[session_id]
    return 0
