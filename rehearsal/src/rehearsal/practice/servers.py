"""Starts both halves with one certificate authority, tokens that stay, and a KDC where this machine has one."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import trustme

from rehearsal.page import Page, WatchedFarm
from rehearsal.practice.realm import Realm, missing
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal.windows.settings import FarmSettings, read_farm

SHIPPED_PRACTICE_FARM: Final = Path(__file__).parent / "farm.yaml"


class PracticeFolderError(ValueError):
    """What a practice keeps in its folder was changed; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """Running servers. `folder` keeps the authority (`ca.pem`), the tokens and the realm for the next start.

    `keytab` is the account's; None: no Kerberos here, and `lacks` says what to install.
    """

    workspace: Workspace
    farm: WatchedFarm
    ca_file: Path
    environment: Mapping[str, str]
    keytab: Path | None
    lacks: str

    @classmethod
    @contextmanager
    def opened(
        cls, folder: Path, *, port: int = 0, farm_file: Path = SHIPPED_PRACTICE_FARM, commands: Sequence[Any] = ()
    ) -> Iterator[Self]:
        """Yield the servers: the page at `port`; Slack's API, the KDC and the hosts at those after it; 0: at free ones.

        Raises OSError for a taken port, WorkspaceFileError, FarmFileError, EngineMissingError, RealmError,
        PracticeFolderError.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as stack:
            authority = _authority(folder)
            settings = read_farm(farm_file)
            lacks = missing() if settings.account.principal else "name the account's principal in the file of the farm"
            realm = None if lacks else stack.enter_context(_realm(folder, settings, port and port + 2))
            if realm:
                settings = _with_kerberos(settings)
                stack.enter_context(_environment(realm, "KRB5_CONFIG", "KRB5_KTNAME"))
            workspace = Workspace.from_file(
                SHIPPED_WORKSPACE, commands=[each["slash"] for each in commands] if commands else None
            )
            workspace.keep_secrets(folder / "tokens.json")
            page = Page(workspace)
            workspace.start(port, secure_port=port and port + 1, certificate=_certificate(folder, authority))
            stack.callback(workspace.stop)
            farm = WatchedFarm(settings, first_port=port and port + 3, authority=authority)
            stack.enter_context(farm)
            page.show(farm=farm, read_audit=lambda _after: [], commands=commands)
            stack.callback(page.hide)
            yield cls(
                workspace=workspace,
                farm=farm,
                ca_file=folder / "ca.pem",
                environment=_of_kerberos(folder, realm) if realm else {},
                keytab=_keytab(folder) if realm else None,
                lacks=lacks,
            )


def _authority(folder: Path) -> trustme.CA:
    certificate, key = folder / "ca.pem", folder / "ca.key"
    if certificate.exists() and key.exists():
        try:
            return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
        except ValueError as error:
            raise PracticeFolderError(f"{certificate} and {key} hold no authority. Delete them.") from error
    authority = trustme.CA(organization_name="Practice of logoff-bot")
    key.touch(mode=0o600)
    authority.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(certificate)
    return authority


def _certificate(folder: Path, authority: trustme.CA) -> Path:
    path = folder / "slack.pem"
    path.touch(mode=0o600)
    authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(path)
    return path


def _keytab(folder: Path) -> Path:
    return folder / "svc-logoff.keytab"


def _of_kerberos(folder: Path, realm: Realm) -> dict[str, str]:
    """What a client needs. The tickets are those of this realm: another one of its name would have other keys."""
    return {
        "KRB5_CLIENT_KTNAME": str(_keytab(folder)),
        "KRB5_CONFIG": realm.environment["KRB5_CONFIG"],
        "KRB5CCNAME": f"FILE:{folder / 'tickets'}",
    }


@contextmanager
def _environment(realm: Realm, *names: str) -> Iterator[None]:
    """Where the hosts of this process find the realm and their keys."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: realm.environment[name] for name in names})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _realm(folder: Path, settings: FarmSettings, port: int) -> Iterator[Realm]:
    inside = folder / "realm"
    inside.mkdir(mode=0o700, exist_ok=True)
    for keytab in (_keytab(folder), inside / "hosts.keytab"):
        keytab.unlink(missing_ok=True)  # or each start would put the same keys there once more
    realm = Realm.start(inside, settings.account.principal.partition("@")[2], port)
    try:
        for principal, keytab in {
            **{f"HTTP/{host}": inside / "hosts.keytab" for host in settings.hosts},
            settings.account.principal: _keytab(folder),
        }.items():
            realm.add(principal, keytab)
        yield realm
    finally:
        realm.stop()


def _with_kerberos(settings: FarmSettings) -> FarmSettings:
    hosts = {
        name: host.model_copy(update={"auth": tuple(dict.fromkeys((*host.auth, "kerberos")))})
        for name, host in settings.hosts.items()
    }
    return settings.model_copy(update={"hosts": hosts})
