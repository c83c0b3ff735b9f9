"""A Kerberos realm on this machine's loopback: MIT's own KDC, with its database in a folder."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self

PROGRAMS: Final = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
PACKAGES: Final = "krb5-kdc krb5-admin-server krb5-user libkrb5-dev gcc"
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_START_SECONDS: Final = 10
_CONF: Final = """
[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  dns_canonicalize_hostname = false
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
"""
_KDC: Final = """
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
  }}
"""


class RealmError(RuntimeError):
    """The realm does not start; the message says why."""


def missing() -> str:
    """What this machine lacks for a realm, with the command that gives it; empty when all is there."""
    if any(shutil.which(name, path=_PATH) is None for name in PROGRAMS):
        return f"install {PACKAGES}"
    return "" if find_spec("kerberos") and find_spec("krb5") else "install the extra kerberos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """`environment` is what a process of this realm needs. The database in `folder` outlives the KDC."""

    name: str
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, name: str, port: int = 0) -> Self:
        """Returns when the KDC listens, by default on a free port. Raises RealmError, and OSError for a taken port."""
        with _held(port) as held:
            return cls._start(folder, name, held.getsockname()[1])

    @classmethod
    def _start(cls, folder: Path, name: str, port: int) -> Self:
        for file, text in {"krb5.conf": _CONF, "kdc.conf": _KDC}.items():
            (folder / file).write_text(text.format(realm=name, port=port, folder=folder), encoding="utf-8")
        environment = {
            "KRB5_CONFIG": str(folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
            "KRB5_KTNAME": str(folder / "hosts.keytab"),
            "KRB5CCNAME": f"FILE:{folder / 'tickets'}",
        }
        if not (folder / "principal").exists():
            _run(environment, "kdb5_util", "create", "-s", "-P", "master", "-r", name)
        words = [shutil.which("krb5kdc", path=_PATH) or "", "-n", "-r", name]
        process = subprocess.Popen(  # noqa: S603 - MIT's KDC, in its own folder
            words, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _wait_until_heard(port, process)
        return cls(name=name, folder=folder, environment=environment, process=process)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def add(self, principal: str, keytab: Path) -> None:
        """A principal with a random key, which is put into the keytab. One that is there keeps its key."""
        _run(self.environment, "kadmin.local", "-q", f"addprinc -randkey {principal}")
        _run(self.environment, "kadmin.local", "-q", f"ktadd -norandkey -k {keytab} {principal}")

    def change_key(self, principal: str) -> None:
        """The KDC has another key from now on, and no keytab has it."""
        _run(self.environment, "kadmin.local", "-q", f"cpw -randkey {principal}")

    def log_on(self, principal: str, keytab: Path, *, cache: Path, lifetime: str = "1h") -> None:
        words = ("kinit", "-c", f"FILE:{cache}", "-l", lifetime, "-k", "-t", str(keytab), principal)
        _run(self.environment, *words)


@contextmanager
def _held(port: int) -> Iterator[socket.socket]:
    """The system gives the port to nobody else meanwhile. The KDC asks for it by its number, and may listen there."""
    with socket.socket() as held:
        if port:  # a number of the system's choice would be shared with others so
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield held


def _wait_until_heard(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    process.kill()
    raise RealmError("The KDC did not start.")


def _run(environment: dict[str, str], program: str, *words: str) -> None:
    found = shutil.which(program, path=_PATH) or program
    try:
        subprocess.run(  # noqa: S603 - the tools of MIT's Kerberos, in the realm's folder
            [found, *words], env=os.environ | environment, check=True, capture_output=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        raise RealmError(f"{program} failed: {said.decode(errors='replace').strip()}") from error
