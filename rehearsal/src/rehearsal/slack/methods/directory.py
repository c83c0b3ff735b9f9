"""People and user groups."""

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.context import Method, Site
from rehearsal.slack.errors import SlackError
from rehearsal.slack.methods.pages import cut_page
from rehearsal.slack.serializers import Json, draw_person, draw_user_group
from rehearsal.slack.workspace_file import UserGroup


def get_user(site: Site, arguments: Arguments) -> Json:
    person = site.store.people.get(arguments.text("user"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": draw_person(person, site.store.cast)}


def list_users(site: Site, arguments: Arguments) -> Json:
    people = [draw_person(person, site.store.cast) for person in site.store.cast.people]
    return cut_page("members", people, arguments, default=1000)


def list_groups(site: Site, arguments: Arguments) -> Json:
    cast = site.store.cast
    with_users = arguments.flag("include_users")
    return {"usergroups": [draw_user_group(group, cast, with_users=with_users) for group in cast.user_groups]}


def list_group_users(site: Site, arguments: Arguments) -> Json:
    return {"users": list(_find_group(site, arguments.text("usergroup")).members)}


def _find_group(site: Site, group_id: str) -> UserGroup:
    for group in site.store.cast.user_groups:
        if group.id == group_id:
            return group
    raise SlackError("no_such_subteam")


METHODS = {
    "users.info": Method(run=get_user, scopes=("users:read",)),
    "users.list": Method(run=list_users, scopes=("users:read",)),
    "usergroups.list": Method(run=list_groups, scopes=("usergroups:read",)),
    "usergroups.users.list": Method(run=list_group_users, scopes=("usergroups:read",)),
}
