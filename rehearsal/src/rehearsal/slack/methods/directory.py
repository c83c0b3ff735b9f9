"""People and user groups."""

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.context import Context, Method
from rehearsal.slack.errors import SlackError
from rehearsal.slack.methods.pages import cut_page
from rehearsal.slack.serializers import Json, bot_json, person_json, user_group_json
from rehearsal.slack.workspace_file import UserGroup


def get_user(context: Context, arguments: Arguments) -> Json:
    person = context.store.people.get(arguments.text("user"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": person_json(person, context.store.settings)}


def get_bot(context: Context, arguments: Arguments) -> Json:
    """Without an id it answers with an empty bot, as Slack does."""
    settings = context.store.settings
    bot_id = arguments.text("bot") if "bot" in arguments else ""
    if bot_id not in {"", settings.app.bot_id}:
        raise SlackError("bot_not_found")
    return {"bot": bot_json(settings.app, settings) if bot_id else {}}


def list_users(context: Context, arguments: Arguments) -> Json:
    people = [person_json(person, context.store.settings) for person in context.store.settings.people]
    return cut_page("members", people, arguments, default=1000)


def list_groups(context: Context, arguments: Arguments) -> Json:
    settings = context.store.settings
    with_users = arguments.flag("include_users")
    return {"usergroups": [user_group_json(group, settings, with_users=with_users) for group in settings.user_groups]}


def list_group_users(context: Context, arguments: Arguments) -> Json:
    return {"users": list(_find_group(context, arguments.text("usergroup")).members)}


def _find_group(context: Context, group_id: str) -> UserGroup:
    for group in context.store.settings.user_groups:
        if group.id == group_id:
            return group
    raise SlackError("no_such_subteam")


METHODS = {
    "bots.info": Method(run=get_bot, scopes=("users:read",)),
    "users.info": Method(run=get_user, scopes=("users:read",)),
    "users.list": Method(run=list_users, scopes=("users:read",)),
    "usergroups.list": Method(run=list_groups, scopes=("usergroups:read",)),
    "usergroups.users.list": Method(run=list_group_users, scopes=("usergroups:read",)),
}
