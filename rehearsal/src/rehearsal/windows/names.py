"""The names of a host and of its domain, and the spellings of the account that it accepts."""

from collections.abc import Collection
from dataclasses import dataclass

from rehearsal.windows.settings import Account

_LONGEST_NETBIOS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    r"""A member of a domain, or of a workgroup: then it is its own domain, and `forest` is empty.

    `host` is the name in the farm's file. `logons` are the spellings of the account that the host takes, in capitals:
    DOMAIN\NAME, NAME@DOMAIN or NAME.
    """

    host: str
    computer: str
    domain: str
    dns_computer: str
    dns_domain: str
    forest: str
    logons: frozenset[str]

    def knows(self, logon: str) -> bool:
        return logon.upper() in self.logons


def names_in(hosts: Collection[str], account: Account) -> dict[str, Names]:
    """By host. An account whose domain is `.`, or one of the hosts, is a local one; then the farm is a workgroup."""
    is_local = account.domain == "." or account.domain.upper() in {_netbios(each) for each in hosts}
    describe = _alone if is_local else _member
    return {host: describe(host, account) for host in hosts}


def _alone(host: str, account: Account) -> Names:
    """A local account has no domain, or any spelling of its host's name; no other host knows it.

    Windows looks up a name with an unknown domain among its local accounts, too. The farm takes none.
    """
    computer = _netbios(host)
    domains = (f"{computer}\\", ".\\", "") if account.domain.upper() in (".", computer) else ()
    return Names(
        host=host,
        computer=computer,
        domain=computer,
        dns_computer=host,
        dns_domain=host,
        forest="",
        logons=_logons(*(f"{domain}{account.name}" for domain in domains)),
    )


def _member(host: str, account: Account) -> Names:
    """The DNS domain is the principal's realm, else what the host's own name ends in, else the domain in .example.

    A name without a domain is refused: a member looks it up among its local accounts.
    """
    short, _, suffix = host.partition(".")
    domain = account.domain.upper()
    dns = (account.principal.partition("@")[2] or suffix or f"{domain}.example").lower()
    return Names(
        host=host,
        computer=_netbios(host),
        domain=domain,
        dns_computer=f"{short}.{suffix or dns}".lower(),
        dns_domain=dns,
        forest=dns,
        logons=_logons(
            account.username, f"{dns}\\{account.name}", f"{account.name}@{dns}", *filter(None, [account.principal])
        ),
    )


def _netbios(host: str) -> str:
    return host.partition(".")[0][:_LONGEST_NETBIOS].upper()


def _logons(*spellings: str) -> frozenset[str]:
    return frozenset(each.upper() for each in spellings)
