"""A Kerberos realm on this machine's loopback: MIT's own KDC, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from pathlib import Path

REALM = "CORP.TEST"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
NEEDED = "Kerberos: install krb5-kdc krb5-admin-server krb5-user libkrb5-dev gcc, and the extra kerberos"
CONF = """
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
KDC = """
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
  }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """`environment` is what a process of this realm needs; `keytab` holds the keys of the hosts."""

    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Skips the test where something is missing."""
        if any(shutil.which(name, path=PATH) is None for name in PROGRAMS) or not find_spec("kerberos"):
            pytest.skip(NEEDED)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        files = {"krb5.conf": CONF, "kdc.conf": KDC}
        for name, text in files.items():
            (folder / name).write_text(text.format(realm=REALM, port=port, folder=folder), encoding="ascii")
        environment = {
            "KRB5_CONFIG": str(folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
            "KRB5_KTNAME": str(folder / "hosts.keytab"),
            "KRB5CCNAME": f"FILE:{folder / 'tickets'}",
        }
        run(environment, "kdb5_util", "create", "-s", "-P", "master", "-r", REALM)
        words = [shutil.which("krb5kdc", path=PATH) or "", "-n", "-r", REALM]
        process = subprocess.Popen(  # noqa: S603 - the KDC of this test, in its own folder
            words, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until_heard(port, process)
        return cls(folder=folder, environment=environment, process=process)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def add(self, principal: str, keytab: Path) -> None:
        """A principal with a random key, which is put into the keytab."""
        run(self.environment, "kadmin.local", "-q", f"addprinc -randkey {principal}")
        run(self.environment, "kadmin.local", "-q", f"ktadd -norandkey -k {keytab} {principal}")

    def log_on(self, principal: str, keytab: Path, *, cache: Path, lifetime: str = "1h") -> None:
        words = ("kinit", "-c", f"FILE:{cache}", "-l", lifetime, "-k", "-t", str(keytab), principal)
        run(self.environment, *words)


def wait_until_heard(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    process.kill()
    raise RuntimeError("the KDC did not start")


def run(environment: dict[str, str], program: str, *words: str) -> None:
    found = shutil.which(program, path=PATH) or program
    subprocess.run(  # noqa: S603 - the tools of the realm of this test
        [found, *words], env=os.environ | environment, check=True, capture_output=True, stdin=subprocess.DEVNULL
    )
