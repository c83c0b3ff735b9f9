"""Sessions of people and of nobody as Windows reports them every day, at the console, and in each state."""

from __future__ import annotations

from bot.domain.session import KNOWN_STATES, WITHOUT_USER, SessionState
from tests.corpus.model import (
    ABSENT,
    HOUR,
    LOGON,
    NO,
    OPEN,
    TYPED,
    YES,
    Report,
    Row,
    Said,
    changed,
    protected,
    unread,
)

NO_NAME = {"user": NO, "account": NO}
NOT_LEFT = {"state": NO}
NO_TIMES = {"idle for long": OPEN, "not idle for long": OPEN}
ON = "RDP-Tcp#3"


def at_work(**changes: object) -> Report:
    values: dict[str, object] = {"state": 0, "station": ON, "disconnect": 0, "input": TYPED}
    return Report(**(values | changes))  # type: ignore[arg-type]  # names of Report's own fields


AT_WORK = {"state": NO, "station": YES}
SAID_AT_WORK = Said(state=0, since=TYPED)

ORDINARY = (
    Row(name="as shown"),
    Row(name="at work as shown", report=at_work(), said=SAID_AT_WORK, idle=3600, filters=AT_WORK),
    Row(
        name="as shown, in other letters",
        report=Report(user="ALICE", domain="corp", client="laptop-7"),
    ),
    Row(name="foreign letters in other case", report=Report(user="JOSÉ"), said=Said(user="josé"), filters=NO_NAME),
    Row(name="not there", report=None, gone=True, same=False, touch=ABSENT, idle=None),
    Row(name="not listed", report=Report(listed=False), gone=True, same=False, touch=ABSENT, idle=None),
    Row(
        name="another person",
        report=Report(user="mallory"),
        gone=True,
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
    ),
    Row(
        name="another domain",
        report=Report(domain="OTHER"),
        gone=True,
        same=False,
        touch=changed("person"),
        filters={"account": NO},
    ),
    Row(name="logged on again", report=Report(logon=LOGON + 1), gone=True, same=False, touch=changed("person")),
    Row(
        name="an earlier logon",
        report=Report(logon=LOGON - 1),
        gone=True,
        same=False,
        touch=changed("person"),
        filters={"logged on since": NO, "logged on before": YES},
    ),
    Row(
        name="another person by another logon",
        report=Report(user="mallory", logon=LOGON + HOUR),
        gone=True,
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
    ),
    Row(name="a filter that does not hold", said=Said(filters=("user", "idle for long")), touch=changed("filter")),
    Row(
        name="all filters hold",
        said=Said(filters=("user", "account", "state", "client", "address", "not idle for long", "logged on since")),
    ),
    Row(
        name="a filter on somebody who came back",
        report=at_work(),
        said=Said(filters=("state",)),
        touch=changed("came_back"),
        idle=3600,
        filters=AT_WORK,
    ),
    Row(
        name="even if active, a filter still counts",
        report=at_work(),
        said=Said(even_if_active=True, filters=("state",)),
        touch=changed("filter"),
        idle=3600,
        filters=AT_WORK,
    ),
    Row(name="an IPv6 address", report=Report(address="2001:DB8:0::5"), filters={"address": NO}),
    Row(name="a name that is hostile", report=Report(client="$(whoami)'@"), filters={"client": NO}),
    Row(
        name="the services",
        is_session_0=True,
        report=Report(user="", domain="", logon=0, disconnect=0, station="Services"),
        same=False,
        touch=protected("session 0"),
        guard="services",
        idle=None,
        filters={**NO_NAME, "idle for long": NO, "not idle for long": NO, "logged on since": NO},
    ),
    Row(
        name="a listener",
        id=65536,
        report=Report(state=6, user="", domain="", logon=0, disconnect=0, station="RDP-Tcp"),
        gone=True,
        same=False,
        touch=protected("listener"),
        guard="listener",
        idle=None,
        filters={**NO_NAME, "state": NO, "station": YES, "not idle for long": NO, "logged on since": NO},
    ),
    Row(name="an id above those of people", id=65537, touch=protected("listener"), guard="listener"),
    Row(
        name="a listener that cannot be read",
        id=65538,
        report=Report(state=6, user="", domain="", unreadable={"user": 5}),
        same=False,
        touch=protected("listener"),
        guard="listener",
        idle=None,
        filters={
            "user": OPEN,
            "account": OPEN,
            **NO_TIMES,
            "state": NO,
            "logged on since": YES,
            "logged on before": OPEN,
        },
    ),
)

CONSOLE = (
    Row(
        name="at the console",
        report=at_work(station="Console"),
        said=SAID_AT_WORK,
        touch=protected("console"),
        guard="console",
        idle=3600,
        filters={"state": NO},
    ),
    Row(
        name="at the console, in other letters",
        report=at_work(station="CONSOLE"),
        said=SAID_AT_WORK,
        touch=protected("console"),
        guard="console",
        idle=3600,
        filters={"state": NO},
    ),
    Row(
        name="at the console, which is allowed",
        report=at_work(station="console"),
        said=Said(state=0, since=TYPED, not_at_console=False),
        guard="console",
        idle=3600,
        filters={"state": NO},
    ),
    Row(
        name="another person at the console",
        report=at_work(station="Console", user="mallory"),
        said=SAID_AT_WORK,
        gone=True,
        same=False,
        touch=changed("person"),
        guard="console",
        idle=3600,
        filters={**NO_NAME, "state": NO},
    ),
    Row(
        name="came back at the console",
        report=at_work(station="Console"),
        touch=protected("console"),
        guard="console",
        idle=3600,
        filters={"state": NO},
    ),
    Row(
        name="a station that is called alike",
        report=at_work(station="Console2"),
        said=SAID_AT_WORK,
        idle=3600,
        filters={"state": NO},
    ),
)

STATES = (
    *(
        Row(
            name=f"nobody, {state.label}",
            report=Report(state=int(state), user="", domain="", logon=0, disconnect=0),
            gone=state in WITHOUT_USER,
            same=False,
            touch=protected("listener" if state is SessionState.LISTENING else "no user"),
            guard="listener" if state is SessionState.LISTENING else "no user",
            idle=None,
            filters={
                **NO_NAME,
                "state": YES if state in (SessionState.CONNECTED, SessionState.DISCONNECTED) else NO,
                "not idle for long": NO,
                "logged on since": NO,
            },
        )
        for state in KNOWN_STATES
    ),
    *(
        Row(
            name=f"alice, {state.label}",
            report=Report(state=int(state)),
            said=Said(state=int(state), since=0),
            idle=None,
            filters={"state": YES if state is SessionState.CONNECTED else NO, "not idle for long": NO},
        )
        for state in KNOWN_STATES
        if state not in (SessionState.ACTIVE, SessionState.DISCONNECTED, SessionState.LISTENING)
    ),
    *(
        Row(
            name=f"a state that Windows does not have, {state}",
            report=Report(state=state),
            touch=unread(13),
            guard="unread",
            idle=None,
            filters={"state": OPEN, "logged on before": OPEN, **NO_TIMES},
        )
        for state in (-(2**31), -1, 10, 2**31 - 1)
    ),
)

FIELDS = (
    *(
        Row(name=f"the address {address or 'that is none'}", report=Report(address=address), filters={"address": NO})
        for address in (
            "",
            "somewhere",
            "0.0.0.0",  # noqa: S104 - nothing listens there
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%3",
            "::ffff:10.0.4.17",
            "::10.0.4.17",
            "::ffff:0:10.0.4.17",
            "64:ff9b::10.0.4.17",
            "2001:db8:0:0:1:0:0:1",
            "2001:0db8:1:0:1:1:1:1",
            "2001:db8::5efe:10.0.4.17",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        )
    ),
    *(Row(name=f"the protocol {number}", report=Report(protocol=number)) for number in (0, 1, 32768, 65535)),
    *(Row(name=f"the build {number}", report=Report(build=number)) for number in (0, 2**31, 2**32 - 1)),
    *(
        Row(name=f"the display {display}", report=Report(display=display))
        for display in ("1x1x4", "1920x1080x8", "1920x1080x15", "1920x1080x24", "4294967295x4294967295x32")
    ),
)
