"""The WTS calls the Python double makes: what `wtsapi32.c` does, over the same file.

A call answers 0 or the Win32 code it is refused with; see the C file for the sources.
"""

from rehearsal.windows import user_activity
from rehearsal.windows.programs import Program
from rehearsal.windows.sessions import FOREVER, Mode, Rule, Session, SessionFile, Table, now_ticks

FILE_NOT_FOUND = 2
ACCESS_DENIED = 5
INVALID_DATA = 13
WINSTATION_NOT_FOUND = 7022
CLOSE_PENDING = 7007
MALLORY = "CORP\\mallory"
"""Who takes a session over, here as in the C file."""
_TICKS_PER_MILLISECOND = 10_000


class RefusedError(Exception):
    """The list of sessions is refused, with a Win32 `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Win32 error {code}")
        self.code = code


def enumerate_sessions(file: SessionFile) -> list[Session]:
    """In the order Windows would list them: as they were opened."""
    with file.locked() as table:
        if table.rule.mode is Mode.BLIND:
            raise RefusedError(table.rule.number)
        if table.rule.mode is Mode.EMPTY:
            return []
        return [each for each in table.sessions.values() if not (each.how_odd("listed") or each.how_odd("after"))]


def query_code(session: Session, info_class: int) -> int:
    """0, or why this class cannot be read. An answer without its bytes is INVALID_DATA, as the agent reads it."""
    how = session.how_odd(str(info_class))
    if not how or how in {"nothing", "short"}:
        return INVALID_DATA if how else 0
    return int(how) or INVALID_DATA


def enumerate_processes(file: SessionFile, session_id: int) -> list[Program]:
    """WTSEnumerateProcessesExW of one session: none where nobody has the id."""
    with file.locked() as table:
        session = table.sessions.get(session_id)
        if session is None or session.how_odd("after"):
            return []
        if code := session.how_odd("programs"):
            raise RefusedError(int(code))
        return file.programs.of(session_id)


def log_off(file: SessionFile, session_id: int) -> int:
    """WTSLogoffSession with bWait=FALSE: 0 means asked, not gone."""
    with file.locked() as table:
        hit = table.sessions.get(session_id)
        code = _begin_logoff(table, session_id)
        file.note("logoff", session_id, code, hit=hit)
        return code


def disconnect(file: SessionFile, session_id: int) -> int:
    """WTSDisconnectSession with bWait=FALSE."""
    with file.locked() as table:
        hit = table.sessions.get(session_id)
        code = _refusal(table, session_id)
        if not code and table.rule.mode is not Mode.NEVER and not table.become_ordered(session_id):
            user_activity.disconnect(table, session_id)
        file.note("disconnect", session_id, code, hit=hit)
        return code


def send_message(file: SessionFile, session_id: int, title: str, text: str) -> int:
    """WTSSendMessageW with bWait=FALSE."""
    with file.locked() as table:
        code = _refusal(table, session_id)
        file.note("message", session_id, code, title, text, hit=table.sessions.get(session_id))
        return code


def _refusal(table: Table, session_id: int) -> int:
    if session_id not in table.sessions:
        return FILE_NOT_FOUND
    return table.rule.number if table.rule.mode is Mode.ERROR else 0


def _begin_logoff(table: Table, session_id: int) -> int:
    if session_id in table.sessions and table.sessions[session_id].closing:
        return CLOSE_PENDING
    if code := _refusal(table, session_id):
        return code
    match table.rule.mode:
        case _ if table.become_ordered(session_id):
            pass
        case Mode.NEVER:
            table.change(session_id, closing=FOREVER)
        case Mode.AFTER:
            table.change(session_id, closing=now_ticks() + table.rule.number * _TICKS_PER_MILLISECOND)
        case _:
            del table.sessions[session_id]
    if table.rule.mode is Mode.SEIZE and table.rule.number in table.sessions:
        user_activity.take_over(table, table.rule.number, MALLORY)
        table.rule = Rule()
    return 0
