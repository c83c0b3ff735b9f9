"""Who am I, and where is the socket."""

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.context import Context, Method
from rehearsal.slack.errors import SlackError
from rehearsal.slack.serializers import Json


def echo(_context: Context, arguments: Arguments) -> Json:
    if "error" in arguments:
        raise SlackError(arguments.text("error"))
    return {"args": arguments.to_log()}


def identify(context: Context, _arguments: Arguments) -> Json:
    settings = context.store.settings
    return {
        "url": f"{context.url}/",
        "team": settings.team.name,
        "user": settings.bot.handle,
        "team_id": settings.team.id,
        "user_id": settings.bot.id,
        "bot_id": settings.app.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(context: Context, arguments: Arguments) -> Json:
    is_ours = arguments.text("token") == context.app_token
    app = context.store.settings.app.id if is_ours else OTHER_APP
    ticket = context.socket_mode.issue_ticket(app)
    return {"url": f"{(context.socket_url or context.url).replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={app}"}


OTHER_APP = "A0ANOTHER1"
"""The app that `Context.other_app_token` belongs to."""

METHODS = {
    "api.test": Method(run=echo),
    "auth.test": Method(run=identify),
    "apps.connections.open": Method(run=open_connection, by_app_token=True),
}
