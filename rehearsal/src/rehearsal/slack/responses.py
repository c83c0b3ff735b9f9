"""Answers of an app without the Web API: in its ack to a command, or through a response URL."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from rehearsal.slack.arguments import Arguments, read_arguments
from rehearsal.slack.content import read_content
from rehearsal.slack.context import Context
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.response_urls import ResponseUrl

LONGEST_REPLY: Final = 40_000
STATUS: Final = {"used_url": 404, "expired_url": 404}


def reply_in_ack(context: Context, person: str, channel: str, body: Any) -> str:
    """Posts the message in an ack to a command and returns its text; empty when the ack has no message.

    Raises SlackError("invalid_command_response") when Slack could not show it.
    """
    if isinstance(body, str):
        body = {"text": body}
    if not isinstance(body, dict) or not (body.get("text") or body.get("blocks")):
        return ""
    try:
        return _post(context, person, channel, Arguments(body)).text
    except SlackError as exc:
        raise SlackError("invalid_command_response", (exc.error, *exc.messages)) from exc


async def answer_response_url(context: Context, request: Request) -> Response:
    """Every use counts, also one whose content is refused."""
    try:
        with context.store.lock:
            url = context.response_urls.use(request.path_params["name"])
        _reply(context, url, await read_arguments(request))
    except SlackError as exc:
        return PlainTextResponse(exc.error, STATUS.get(exc.error, 400))
    return PlainTextResponse("ok")


def _reply(context: Context, url: ResponseUrl, arguments: Arguments) -> None:
    with context.store.lock:
        original = context.store.find_message(url.channel, url.message_ts or "")
        if arguments.flag("delete_original"):
            context.store.delete(_expect(original))
        elif arguments.flag("replace_original"):
            content = read_content(arguments, LONGEST_REPLY)
            context.store.edit(_expect(original), content.text, content.blocks)
        else:
            _post(context, url.person, url.channel, arguments)


def _expect(message: Message | None) -> Message:
    """A command has no original, and one that was deleted is gone."""
    if message is None:
        raise SlackError("message_not_found")
    return message


def _post(context: Context, person: str, channel: str, arguments: Arguments) -> Message:
    content = read_content(arguments, LONGEST_REPLY)
    only_for = None if arguments.text("response_type") == "in_channel" else person
    thread = arguments.text("thread_ts") or None
    bot = context.store.settings.bot.id
    return context.store.post(channel, bot, content.text, content.blocks, thread_ts=thread, only_for=only_for)
