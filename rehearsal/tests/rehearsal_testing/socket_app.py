"""An app at the end of a socket, without a library of Slack's."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from websockets.sync.client import ClientConnection


class Wire:
    """The app's end of a socket: `take` starts what a person does, and acks what arrives."""

    def __init__(self, socket: ClientConnection, pool: ThreadPoolExecutor) -> None:
        self._socket = socket
        self._pool = pool

    def take(self, act: Any, *arguments: Any, **options: Any) -> Any:
        """The payload, as the app got it."""
        doing: Future[Any] = self._pool.submit(act, *arguments, **options)
        envelope = json.loads(self._socket.recv(5))
        self._socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
        assert doing.result(5).ok
        return envelope["payload"]


def draw_button(text: str, value: str = "TS-1:1", **fields: Any) -> list[dict[str, Any]]:
    face = {"type": "plain_text", "text": text}
    return [{"type": "actions", "elements": [{"type": "button", "text": face, "value": value, **fields}]}]
