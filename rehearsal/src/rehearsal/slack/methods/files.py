"""Uploads in their second form: docs.slack.dev/messaging/working-with-files."""

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.context import Context, Method
from rehearsal.slack.errors import SlackError
from rehearsal.slack.files import BIGGEST
from rehearsal.slack.message import File
from rehearsal.slack.methods.places import find_known, is_member
from rehearsal.slack.serializers import Json, file_json


def get_upload_url(context: Context, arguments: Arguments) -> Json:
    name, size = arguments.needed("filename"), arguments.number("length", 0)
    if not 0 < size <= BIGGEST:
        raise SlackError("invalid_arguments", (f"length must be between 1 and {BIGGEST}",))
    file, ticket = context.files.expect(name, size)
    return {"upload_url": f"{context.url}/upload/{ticket}", "file_id": file.id}


def complete_upload(context: Context, arguments: Arguments) -> Json:
    """Without a channel the files stay private. Membership is asked for, whatever `chat:write.public` allows."""
    wanted = arguments.listed("files")
    channel_id = arguments.text("channel_id")
    channel = find_known(context, channel_id) if channel_id else None
    if channel is not None and not is_member(context, channel):
        raise SlackError("not_in_channel")
    files = tuple(_name(context, one) for one in wanted)
    if channel is not None:
        text, thread = arguments.text("initial_comment"), arguments.text("thread_ts") or None
        bot = context.store.settings.bot.id
        context.store.post(channel.id, bot, text, [], thread_ts=thread, files=files)
    return {"files": [file_json(file) for file in files]}


def get_file(context: Context, arguments: Arguments) -> Json:
    return {"file": file_json(context.files.find(arguments.needed("file")))}


def _name(context: Context, wanted: object) -> File:
    if not isinstance(wanted, dict) or not isinstance(wanted.get("id"), str):
        raise SlackError("invalid_arguments", ("each file needs an id",))
    return context.files.name(wanted["id"], str(wanted.get("title") or ""))


METHODS = {
    "files.getUploadURLExternal": Method(run=get_upload_url, scopes=("files:write",)),
    "files.completeUploadExternal": Method(run=complete_upload, scopes=("files:write",)),
    "files.info": Method(run=get_file, scopes=("files:read", "files:write")),
}
