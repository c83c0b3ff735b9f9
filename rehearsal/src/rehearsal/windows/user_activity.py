"""Users sign out, come back, disconnect and log on while the farm runs. KeyError for an unknown session."""

from rehearsal.windows.sessions import State, Table, now_ticks

_RDP = 2


def sign_out(table: Table, session_id: int) -> None:
    """The user signs out, as from the start menu."""
    del table.sessions[session_id]


def return_to_work(table: Table, session_id: int) -> None:
    """The user connects to the session again: the same logon, Active, and typing."""
    now = now_ticks()
    station = f"RDP-Tcp#{session_id}"
    table.change(session_id, state=State.ACTIVE, station=station, connect=now, disconnect=0, input=now)


def disconnect(table: Table, session_id: int) -> None:
    """The user closes the client: the session is disconnected and its programs go on running."""
    table.change(session_id, state=State.DISCONNECTED, station="", disconnect=now_ticks(), input=0)


def take_over(table: Table, session_id: int, account: str) -> None:
    """Another user logs on now and gets the id; `account` is named with its domain."""
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
        odd="",
    )
