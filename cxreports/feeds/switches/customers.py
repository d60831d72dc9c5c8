"""From a call under way to its customer, by the rules of its switch in ``feeds.toml``."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from cxreports.feeds.configuration import CustomerRule
    from cxreports.portal.feeds.under_way import Dialog


def with_customers(calls: Iterable[Dialog], rules: Sequence[CustomerRule]) -> list[Dialog]:
    """Calls with their customers, where a rule says so; the others are nobody's."""
    return [replace(call, customer=customer_of(call, rules)) for call in calls]


def customer_of(call: Dialog, rules: Iterable[CustomerRule]) -> str:
    """Customer of a call by the first rule that gives one; empty for none."""
    attributes = {"caller": call.caller, "callee": call.callee, **dict(call.attributes)}
    for rule in rules:
        customer = _by(rule, attributes.get(rule.attribute, ""))
        if customer:
            return customer
    return ""


def _by(rule: CustomerRule, value: str) -> str:
    if rule.regex:
        found = re.search(rule.regex, value)
        value = "" if found is None else found[1 if found.re.groups else 0] or ""
    if not value or not rule.map:
        return value
    if rule.by == "prefix":
        fitting = [prefix for prefix in rule.map if value.startswith(prefix)]
        return rule.map[max(fitting, key=len)] if fitting else ""
    if rule.by == "network":
        return _by_network(value, rule.map)
    return rule.map.get(value, "")


def _by_network(value: str, customers: Mapping[str, str]) -> str:
    """Customer of the narrowest network that an address is in."""
    try:
        address = ip_address(value)
    except ValueError:
        return ""
    fitting = [name for name in customers if address in _network(name)]
    return customers[max(fitting, key=lambda name: _network(name).prefixlen)] if fitting else ""


@lru_cache(maxsize=10_000)
def _network(name: str) -> IPv4Network | IPv6Network:
    return ip_network(name, strict=False)
