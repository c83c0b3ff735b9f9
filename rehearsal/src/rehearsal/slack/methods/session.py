"""Who am I, and where is the socket."""

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.context import Method, Site
from rehearsal.slack.errors import SlackError
from rehearsal.slack.serializers import Json


def echo(_site: Site, arguments: Arguments) -> Json:
    if "error" in arguments:
        raise SlackError(arguments.text("error"))
    return {"args": arguments.to_log()}


def identify(site: Site, _arguments: Arguments) -> Json:
    cast = site.store.cast
    return {
        "url": f"{site.url}/",
        "team": cast.team.name,
        "user": cast.bot.handle,
        "team_id": cast.team.id,
        "user_id": cast.bot.id,
        "bot_id": cast.app.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(site: Site, _arguments: Arguments) -> Json:
    ticket = site.sockets.issue_ticket()
    return {"url": f"{site.url.replace('http:', 'ws:', 1)}/link/?ticket={ticket}&app_id={site.store.cast.app.id}"}


METHODS = {
    "api.test": Method(run=echo),
    "auth.test": Method(run=identify),
    "apps.connections.open": Method(run=open_connection, by_app_token=True),
}
