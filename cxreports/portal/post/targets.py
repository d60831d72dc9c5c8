"""Targets that messages go to: URLs of webhooks, SFTP folders and S3 buckets, and mail addresses.

A password in a URL is sealed as soon as the URL is taken (`sealed`), kept so in schedules, rules and the
outbox, opened by the carrier alone, and never shown (`shown`).
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from cxreports.errors import BadField, BadKey, NotDelivered
from cxreports.language import _
from cxreports.portal import fields
from cxreports.portal.people.vault import Vault
from cxreports.portal.post.outgoing import Channel

LONGEST: Final = 1_000

_PURPOSE: Final = "delivery target"
_SEALED: Final = "sealed-"
_SCHEMES: Final = {
    "http": Channel.WEBHOOK,
    "https": Channel.WEBHOOK,
    "sftp": Channel.SFTP,
    "s3": Channel.S3,
}
_EXAMPLES: Final = "https://example.org/hook, sftp://user:password@host/folder, s3://KEY:SECRET@bucket/folder?region=eu-west-1"


def channel_of(target: str) -> Channel:
    """Channel of a target: by its scheme; what has none is a mail address."""
    scheme, separator, _rest = target.partition("://")
    if not separator:
        return Channel.MAIL
    if scheme.lower() not in _SCHEMES:
        raise BadField(
            "to",
            _("{target} cannot be sent to: write such as {example}.").format(
                target=target, example=_EXAMPLES
            ),
        )
    return _SCHEMES[scheme.lower()]


def sealed(target: str, vault: Vault, *, field: str = "to") -> str:
    """A URL as it is kept: its password sealed; one that is sealed already stays.

    Raises
    ------
    BadField
        It is no URL of a channel.
    """
    target = fields.line(field, target, most=LONGEST, required=True)
    channel_of(target)
    parts = _split(target)
    if parts is None or not parts.hostname or _has_bad_port(parts):
        raise BadField(
            field,
            _("{target} cannot be sent to: write such as {example}.").format(
                target=shown(target), example=_EXAMPLES
            ),
        )
    if not parts.password or parts.password.startswith(_SEALED):
        return target
    hidden = quote(vault.seal(_PURPOSE, unquote(parts.password)).decode(), safe="")
    return parts._replace(netloc=f"{parts.username}:{_SEALED}{hidden}@{_host(parts)}").geturl()


def shown(target: str) -> str:
    """A target as people may read it: without its password."""
    parts = _split(target)
    if parts is None or not parts.password:
        return target
    return parts._replace(netloc=f"{parts.username}@{_host(parts)}").geturl()


def has_password(target: str) -> bool:
    """Whether a target has a password in it."""
    return shown(target) != target


def password_of(target: str, vault: Vault) -> str:
    """Password of a target, opened; empty for none.

    Raises
    ------
    NotDelivered
        It was sealed with another key.
    """
    parts = _split(target)
    kept = "" if parts is None else parts.password or ""
    if not kept.startswith(_SEALED):
        return unquote(kept)
    try:
        return vault.unseal(_PURPOSE, unquote(kept.removeprefix(_SEALED)).encode())
    except BadKey as error:
        raise NotDelivered(str(error)) from error


def reachable(host: str, port: int, allowed: Iterable[str]) -> str:
    """Address of a host that may be connected to: a public one, or one in a network that the settings allow.

    Connect to the address that is given, not to the name: the name may lead elsewhere the next time.

    Raises
    ------
    NotDelivered
        The name leads nowhere, or to an address that is not public.
    """
    networks = [ipaddress.ip_network(each, strict=False) for each in allowed]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDelivered(f"{host}: {error}") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not _may_reach(ipaddress.ip_address(address.partition("%")[0]), networks):
            raise NotDelivered(
                f"{host} is at {address}, no public address (CXREPORTS_PRIVATE_TARGETS can allow it)"
            )
    return addresses[0]


def _may_reach(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network],
) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    is_public = address.is_global and not address.is_multicast
    return is_public or any(address in network for network in networks)


def _split(target: str) -> SplitResult | None:
    if "://" not in target:
        return None
    try:
        return urlsplit(target)
    except ValueError:
        return None


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _has_bad_port(parts: SplitResult) -> bool:
    try:
        return parts.port == 0
    except ValueError:
        return True
