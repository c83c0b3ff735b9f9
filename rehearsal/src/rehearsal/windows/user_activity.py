"""What people do at their desks while the farm runs; each asks for a session that exists (KeyError)."""

from rehearsal.windows.sessions import State, Table, now_ticks

_RDP = 2


def sign_out(table: Table, session_id: int) -> None:
    """Signs out, as from the start menu."""
    del table.sessions[session_id]


def return_to_work(table: Table, session_id: int) -> None:
    """Connects again to the session that was left: the same logon, Active, and typing."""
    now = now_ticks()
    station = f"RDP-Tcp#{session_id}"
    table.change(session_id, state=State.ACTIVE, station=station, connect=now, disconnect=0, input=now)


def disconnect(table: Table, session_id: int) -> None:
    """Closes the window: programs go on running, nobody sits there."""
    table.change(session_id, state=State.DISCONNECTED, station="", disconnect=now_ticks(), input=0)


def take_over(table: Table, session_id: int, account: str) -> None:
    """The id is given to another person who logs on now; `account` is named with its domain."""
    domain, _, user = account.partition("\\")
    now = now_ticks()
    table.change(
        session_id,
        domain=domain,
        user=user,
        state=State.ACTIVE,
        station=f"RDP-Tcp#{session_id}",
        protocol=_RDP,
        logon=now,
        connect=now,
        disconnect=0,
        input=now,
        closing=0,
    )
