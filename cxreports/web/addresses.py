"""Where a request comes from, and whether it was encrypted, behind proxies too."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tornado.httputil import HTTPServerRequest


def client_address(request: HTTPServerRequest, trusted: Sequence[str]) -> str:
    """Address of who asks: what trusted proxies forwarded for, else the connection's own."""
    address = request.remote_ip or ""
    forwarded = ",".join(request.headers.get_list("X-Forwarded-For")).split(",")
    for before in reversed([each.strip() for each in forwarded]):
        if not _is_trusted(address, trusted) or _parsed(before) is None:
            break
        address = before
    return address


def client_protocol(request: HTTPServerRequest, trusted: Sequence[str]) -> str:
    """Protocol that the browser speaks: what a trusted proxy says, else the connection's own."""
    protocols = request.headers.get_list("X-Forwarded-Proto")
    if protocols and _is_trusted(request.remote_ip or "", trusted):
        return protocols[-1].rpartition(",")[2].strip().lower()
    return request.protocol


def _is_trusted(address: str, trusted: Sequence[str]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in ip_network(each, strict=False) for each in trusted)


def _parsed(address: str) -> Any:
    try:
        return ip_address(address)
    except ValueError:
        return None
