r"""Names of accounts: what Windows can never report, and with what a way to a host cannot log on.

Windows reports who is logged on as the short domain name and the user, `CORP\svc`. A protection in another spelling
would protect nobody.
"""

from __future__ import annotations

import re

from bot.domain.letters import python_upper

_FORBIDDEN = re.compile(r'["\[\]:;|=,+<>@/]')
_NO_LOGIN = re.compile(r'["\[\]:;|=,+<>@/*?\\]')
_PLAIN = re.compile(r"[\w.$-]+")
_LONGEST_DOMAIN = 15
_REPORTED = "Windows reports the short domain name and the user"
_EXAMPLE = r"CORP\svc-logoff"


def fault_in_pattern(pattern: str) -> str:
    """Return why no account that Windows reports can match the pattern, and the right spelling; empty when one can."""
    domain, user = _parted(pattern)
    if not pattern.strip():
        return rf"is empty. Write an account like `{_EXAMPLE}`"
    if any(not letter.isprintable() for letter in pattern):
        return "has a character that cannot be seen. Type the name by hand"
    clean = _spelt(domain, user)
    if pattern != (f"{domain}\\{user}" if domain else user) or not user or "." in domain:
        return f"can match nobody: {_REPORTED}. Write `{clean}`"
    if _FORBIDDEN.search(pattern) or "\\" in user:
        return f"can match nobody: no account has such a name. Write `{_EXAMPLE}`; only * and ? stand for other letters"
    if "*" not in domain and len(domain) > _LONGEST_DOMAIN:
        return f"can match nobody: a short domain name has {_LONGEST_DOMAIN} letters at most"
    return ""


def fault_in_login(username: str, transport: str, hosts: frozenset[str] = frozenset()) -> str:
    """Return why the account cannot log on by this transport, and the right spelling; empty when it can.

    `hosts` are the first labels of the names of the computers, in capitals: accounts of their own are local ones.
    What was written is not repeated unless it reads like an account: it may be a secret in the wrong place.
    """
    if not username or transport == "certificate":
        return ""
    domain, user = _parted(username)
    shown = (domain, user) if _PLAIN.fullmatch(domain) and _PLAIN.fullmatch(user) else ("", "")
    meant = _principal(*shown) if transport == "kerberos" else (_spelt(*shown) if shown[1] else _EXAMPLE)
    spelt = f"{user}@{domain}" if "@" in username else f"{domain}\\{user}" if domain else user
    is_whole = spelt == username and user and username.isprintable() and not username.endswith("@")
    if not is_whole or _NO_LOGIN.search(user) or _NO_LOGIN.search(domain):
        return f"is no account. Write one like `{meant}`"
    if transport == "kerberos" and domain and username != _principal(domain, user):
        return f"is no name for Kerberos. Write `{meant}`: the user, @ and the realm in capitals"
    if transport == "basic" and domain not in ("", ".") and ("@" in username or python_upper(domain) not in hosts):
        return (
            "is an account of a domain, and basic knows local accounts only. Write it without domain, or use kerberos"
        )
    return ""


def user_alone(username: str) -> str:
    """Return the user name without its domain or realm: what Windows reports as the user, whoever vouches for them."""
    return _parted(username)[1]


def _parted(name: str) -> tuple[str, str]:
    r"""Domain and user out of `DOMAIN\user`, `DOMAIN/user`, `user@realm`, `.\user`, without spaces around them."""
    before, sign, after = re.sub(r"[\\/]+", r"\\", name).partition("\\")
    if sign:
        return before.strip(), after.strip().partition("@")[0].strip()
    user, _, realm = name.partition("@")
    return realm.strip(), user.strip()


def _spelt(domain: str, user: str) -> str:
    """As Windows reports it. The short name of a domain is nearly always the first part of the long one."""
    short = "*" if domain == "." else python_upper(domain.partition(".")[0]) if "." in domain else domain
    return f"{short}\\{user or '*'}" if short else user


def _principal(domain: str, user: str) -> str:
    realm = "CORP.EXAMPLE" if domain in ("", ".") else python_upper(domain)
    return f"{user or 'svc-logoff'}@{realm if '.' in realm else realm + '.EXAMPLE'}"
