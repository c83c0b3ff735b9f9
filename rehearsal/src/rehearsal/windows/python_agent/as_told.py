"""Values of Windows as the agent tells them: texts cut, times known or 0, addresses as RFC 5952 says."""

from ipaddress import IPv6Address, ip_address

_EARLIEST, _LATEST = 125_911_584_000_000_000, 189_025_920_000_000_000
"""Ticks of 2000-01-01 and 2200-01-01: a time outside is no time of a session."""

_MOST_LETTERS = 1024


def cut(text: str) -> tuple[str, int]:
    """The text in units of UTF-16, cut as the agent cuts it, and how many units are left out."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units[: 2 * _MOST_LETTERS].decode("utf-16-le", "surrogatepass"), max(0, len(units) // 2 - _MOST_LETTERS)


def known(ticks: int) -> int:
    return ticks if _EARLIEST <= ticks < _LATEST else 0


def plain_address(text: str) -> str:
    """As WTS_CLIENT_ADDRESS tells it: bytes, without a zone; written as RFC 5952 says."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if "%" in text:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return f"::ffff:{mapped}" if mapped else address.compressed
