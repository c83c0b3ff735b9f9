"""People, channels and messages as the JSON that Slack sends."""

from mimetypes import guess_type
from typing import Any

from rehearsal.slack.clock import to_seconds
from rehearsal.slack.message import File, Message
from rehearsal.slack.views import View
from rehearsal.slack.workspace_file import App, Channel, ChannelKind, Person, UserGroup, WorkspaceSettings

Json = dict[str, Any]
FOUNDED = 1_700_000_000
"""When everything in the workspace was made, as far as Slack's dates go."""


def person_json(person: Person, settings: WorkspaceSettings) -> Json:
    """Slack gives no roles for a deleted user, so a reader must look at `deleted` first."""
    fields: Json = {
        "id": person.id,
        "team_id": person.team or settings.team.id,
        "name": person.handle,
        "deleted": person.deleted,
        "profile": {"real_name": person.name, "display_name": person.handle, "team": person.team or settings.team.id},
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": FOUNDED,
    }
    if person.teams and settings.enterprise:
        fields["enterprise_user"] = {
            "id": person.id,
            "enterprise_id": settings.enterprise.id,
            "enterprise_name": settings.enterprise.name,
            "is_admin": False,
            "is_owner": False,
            "teams": list(person.teams),
        }
    if person.deleted:
        return fields
    if person.is_workflow_bot:
        fields["is_workflow_bot"] = True
    if person.team is not None:
        fields["is_stranger"] = person.is_stranger
    return fields | {
        "real_name": person.name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": True,
    }


def channel_json(channel: Channel, settings: WorkspaceSettings) -> Json:
    is_direct = channel.kind is ChannelKind.DIRECT
    fields: Json = {
        "id": channel.id,
        "created": FOUNDED,
        "is_archived": channel.is_archived,
        "is_im": is_direct,
        "is_org_shared": False,
        "context_team_id": settings.team.id,
    }
    if is_direct:
        return fields | {
            "user": next(one for one in channel.members if one != settings.bot.id),
            "is_user_deleted": False,
        }
    return fields | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind is ChannelKind.PUBLIC,
        "is_group": channel.kind is ChannelKind.PRIVATE,
        "is_mpim": False,
        "is_private": channel.kind is ChannelKind.PRIVATE,
        "is_general": False,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": False,
        "is_member": settings.bot.id in channel.members,
        "creator": channel.members[0] if channel.members else settings.bot.id,
        "num_members": len(channel.members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def user_group_json(group: UserGroup, settings: WorkspaceSettings, *, with_users: bool) -> Json:
    fields: Json = {
        "id": group.id,
        "team_id": settings.team.id,
        "is_usergroup": True,
        "is_external": False,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "date_create": FOUNDED,
        "date_update": FOUNDED,
        "date_delete": 0,
        "user_count": len(group.members),
    }
    return fields | {"users": list(group.members)} if with_users else fields


def message_json(message: Message, settings: WorkspaceSettings, version: int = -1) -> Json:
    """`version` is an index into its versions; a message with blocks is never marked as edited."""
    shown = message.versions[version]
    fields: Json = {
        "type": "message",
        "user": message.author,
        "team": settings.team.id,
        "ts": message.ts,
        "text": shown.text,
    }
    if message.author == settings.bot.id:
        fields |= {
            "bot_id": settings.app.bot_id,
            "app_id": settings.app.id,
            "bot_profile": bot_json(settings.app, settings),
        }
    if shown.blocks:
        fields["blocks"] = list(shown.blocks)
    elif message.edited_at is not None:
        fields["edited"] = {"user": message.author, "ts": f"{to_seconds(message.edited_at)}.000000"}
    if message.thread_ts is not None:
        fields["thread_ts"] = message.thread_ts
    if message.files:
        fields["files"] = [file_json(file) for file in message.files]
    return fields


def file_json(file: File) -> Json:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "size": file.size,
        "created": to_seconds(file.made_at),
        "mimetype": guess_type(file.name)[0] or "application/octet-stream",
        "mode": "hosted",
        "url_private": f"/files/{file.id}",
    }


def view_json(view: View, settings: WorkspaceSettings) -> Json:
    """A view with everything that Slack adds to what the app gave."""
    body = view.body
    return {
        "id": view.id,
        "team_id": settings.team.id,
        "type": body["type"],
        "blocks": body["blocks"],
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": view.values},
        "hash": view.hash,
        "title": body.get("title"),
        "clear_on_close": body.get("clear_on_close", False),
        "notify_on_close": body.get("notify_on_close", False),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": settings.app.id,
        "external_id": body.get("external_id", ""),
        "app_installed_team_id": settings.team.id,
        "bot_id": settings.app.bot_id,
    }


def bot_json(app: App, settings: WorkspaceSettings) -> Json:
    return {
        "id": app.bot_id,
        "app_id": app.id,
        "user_id": settings.bot.id,
        "name": app.name,
        "deleted": False,
        "updated": FOUNDED,
        "team_id": settings.team.id,
    }
