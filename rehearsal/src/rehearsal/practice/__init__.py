"""The workspace and the farm as servers of their own, over HTTPS, for a program that is set up as a real one."""

from rehearsal.practice.realm import Realm, RealmError
from rehearsal.practice.servers import SHIPPED_PRACTICE_FARM, Practice, PracticeFolderError

__all__ = ["SHIPPED_PRACTICE_FARM", "Practice", "PracticeFolderError", "Realm", "RealmError"]
