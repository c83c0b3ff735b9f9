"""The farm as the page shows it: each session with its state and times, and the trouble of each host."""

from typing import Any, Self

from rehearsal.windows import Farm
from rehearsal.windows.sessions import ALWAYS_NOW, FOREVER, TICKS_PER_SECOND, Call, Session

Json = dict[str, Any]
_EPOCH_1601 = 11_644_473_600
_ORDINARY = "none"


class WatchedFarm(Farm):
    """Unknown host names are KeyErrors everywhere, as they are in the farm."""

    def start(self) -> None:
        super().start()
        self._troubles = {name: _name(host.behaviour) for name, host in self._settings.hosts.items()}
        self.reset_marks = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def look(self) -> dict[str, Json]:
        """Every host by its name, as the file orders them. Times are seconds since 1970."""
        return {name: self._look_at(name) for name in self._hosts}

    def set_behaviour(self, host: str, name: str, **options: Any) -> None:
        super().set_behaviour(host, name, **options)
        self._troubles[host] = name

    def restore(self) -> None:
        """`reset_marks` is odd meanwhile, and two more than before in the end."""
        self.reset_marks += 1
        try:
            super().restore()
            self._troubles = {name: _name(host.behaviour) for name, host in self._settings.hosts.items()}
        finally:
            self.reset_marks += 1

    def _look_at(self, name: str) -> Json:
        sessions = self._hosts[name].machine.sessions
        return {
            "up": self._plain[name].listener is not None,
            "trouble": self._troubles[name],
            "engine": self._hosts[name].engine.title,
            "sessions": [_session_json(each) for each in sessions.all() if each.user],
            "popups": [_popup_json(each) for each in sessions.calls() if each.name == "message"],
        }


def _session_json(session: Session) -> Json:
    """`since` is when a disconnected person left, or when an active one typed last; None when Windows does not say."""
    since = session.disconnect or (0 if session.input == ALWAYS_NOW else session.input)
    return {
        "id": session.id,
        "user": session.account,
        "state": session.state_word,
        "station": session.station,
        "client": session.client,
        "address": session.address,
        "logged_on": _to_seconds(session.logon),
        "since": _to_seconds(since),
        "is_closing": session.closing != 0,
        "hangs": session.closing == FOREVER,
    }


def _popup_json(call: Call) -> Json:
    return {
        "session_id": call.session_id,
        "title": call.title,
        "text": call.text,
        "at": _to_seconds(call.at),
        "code": call.code,
    }


def _to_seconds(ticks: int) -> float | None:
    return round(ticks / TICKS_PER_SECOND - _EPOCH_1601, 3) if ticks > 0 else None


def _name(behaviours: tuple[Any, ...]) -> str:
    return ", ".join(each.name for each in behaviours) or _ORDINARY
