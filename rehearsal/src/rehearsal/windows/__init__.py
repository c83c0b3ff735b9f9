"""A farm of Windows hosts that speak real WS-Management, for trying the bot without Windows.

`Farm` is all that is used from outside. Inside, a message goes down these steps, one file each:

    listeners -> http (auth, message_encryption) -> host -> service (soap, shells)
                          -> text_shell -> engines, process | python_agent -> sessions
                          -> remoting (pool, front) -> engine | double -> sessions

`negotiation` is what `auth` needs beside pyspnego, with the `names` that each host goes by.
"""

from pathlib import Path
from typing import Final

from rehearsal.windows.behaviours import BEHAVIOURS
from rehearsal.windows.engines import EngineMissingError
from rehearsal.windows.farm import Farm, SessionLine
from rehearsal.windows.negotiation import KerberosMissingError
from rehearsal.windows.sessions import Call
from rehearsal.windows.settings import Account, FarmFileError

SHIPPED_FARM: Final = Path(__file__).parents[1] / "farm.yaml"

__all__ = [
    "BEHAVIOURS",
    "SHIPPED_FARM",
    "Account",
    "Call",
    "EngineMissingError",
    "Farm",
    "FarmFileError",
    "KerberosMissingError",
    "SessionLine",
]
