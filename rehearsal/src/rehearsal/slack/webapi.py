"""The Web API: check the token, play a planned fault, run the method, note the call, answer."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from rehearsal.slack.arguments import Arguments, read_arguments, read_token
from rehearsal.slack.connections import Connections
from rehearsal.slack.context import Context, Method
from rehearsal.slack.errors import SlackError
from rehearsal.slack.faults import Fault, FaultKind
from rehearsal.slack.journal import Call
from rehearsal.slack.methods import METHODS
from rehearsal.slack.serializers import Json


class WebApi:
    def __init__(self, context: Context, connections: Connections) -> None:
        self._context = context
        self._connections = connections

    async def answer(self, request: Request) -> Response:
        """Slack answers 200 even to nonsense; the error stands in the body."""
        method = request.path_params["method"]
        try:
            arguments = await read_arguments(request)
            arguments = arguments.with_token(self._check_token(request, arguments, method))
        except SlackError as exc:
            self._note(method, Arguments({}), exc.error, None)
            return JSONResponse(exc.to_json())
        fault = self._context.faults.take(method)
        if fault is not None and fault.kind in REFUSALS:
            self._note(method, arguments, str(fault.error if fault.kind is FaultKind.ERROR else fault.kind), fault)
            return REFUSALS[fault.kind](fault)
        if fault is not None and fault.kind is FaultKind.LATENCY:
            await asyncio.sleep(fault.wait.total_seconds())
        answer = self._run(method, arguments, fault)
        if fault is not None and fault.kind is FaultKind.ANSWER_LOST:
            self._connections.cut(request)
        return JSONResponse(answer, headers={"x-oauth-scopes": ",".join(self._context.store.settings.app.scopes)})

    def _run(self, name: str, arguments: Arguments, fault: Fault | None) -> Json:
        try:
            method = _find_method(name)
            with self._context.store.lock:
                self._check_scope(method)
                answer = {"ok": True, **method.run(self._context, arguments)}
        except SlackError as exc:
            self._note(name, arguments, exc.error, fault)
            return exc.to_json()
        self._note(name, arguments, None, fault)
        return answer

    def _check_token(self, request: Request, arguments: Arguments, name: str) -> str:
        """The token, empty where none is needed. Raises SlackError for one that the method does not take."""
        if name == "api.test":
            return ""
        token = read_token(request, arguments)
        of_apps = {self._context.app_token, self._context.other_app_token}
        if token not in {self._context.bot_token, *of_apps}:
            raise SlackError("invalid_auth")
        method = METHODS.get(name)
        if method is not None and method.by_app_token != (token in of_apps):
            raise SlackError("not_allowed_token_type")
        return token

    def _check_scope(self, method: Method) -> None:
        provided = self._context.store.settings.app.scopes
        if method.scopes and not any(scope in provided for scope in method.scopes):
            raise SlackError("missing_scope", needed=",".join(method.scopes), provided=",".join(provided))

    def _note(self, method: str, arguments: Arguments, error: str | None, fault: Fault | None) -> None:
        call = Call(
            method=method,
            arguments=arguments.to_log(),
            error=error,
            fault=str(fault.kind) if fault else None,
            called_at=self._context.store.clock.now(),
        )
        self._context.store.note_call(call)


def _find_method(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    return METHODS[name]


def _refuse_rate(fault: Fault) -> Response:
    seconds = max(1, round(fault.wait.total_seconds()))
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(seconds)})


def _refuse_broken(_fault: Fault) -> Response:
    return PlainTextResponse("Internal Server Error", 500)


def _refuse_named(fault: Fault) -> Response:
    return JSONResponse(SlackError(fault.error).to_json())


REFUSALS: dict[FaultKind, Callable[[Fault], Response]] = {
    FaultKind.RATE_LIMITED: _refuse_rate,
    FaultKind.SERVER_ERROR: _refuse_broken,
    FaultKind.ERROR: _refuse_named,
}
