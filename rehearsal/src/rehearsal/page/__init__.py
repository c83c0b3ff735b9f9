"""The page of the rehearsal: the workspace, and beside it the farm and the audit log, in a browser."""

from rehearsal.page.farm import WatchedFarm
from rehearsal.page.scene import Scene
from rehearsal.page.server import Page

__all__ = ["Page", "Scene", "WatchedFarm"]
