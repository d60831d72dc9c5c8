"""From a call to its customer."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cxreports.feeds.configuration import CustomerRule
from cxreports.feeds.switches.customers import customer_of
from cxreports.portal.feeds.under_way import Dialog

CALL = Dialog(
    "1",
    "34910000001",
    "1001#442070000001",
    attributes=(("customer", "acme"), ("source_ip", "192.0.2.77"), ("from_uri", "sip:ana@bravo.example")),
)


@pytest.mark.parametrize(
    ("rules", "customer"),
    [
        ([], ""),
        ([{"attribute": "customer"}], "acme"),
        ([{"attribute": "nothing"}], ""),
        ([{"attribute": "nothing"}, {"attribute": "customer"}], "acme"),
        ([{"attribute": "customer", "map": {"acme": "ACME Ltd"}}], "ACME Ltd"),
        ([{"attribute": "customer", "map": {"other": "x"}}], ""),
        ([{"attribute": "from_uri", "regex": "@(.+)$"}], "bravo.example"),
        ([{"attribute": "from_uri", "regex": "[a-z]+[.]example"}], "bravo.example"),
        ([{"attribute": "callee", "regex": "^([0-9]{4})#", "map": {"1001": "carol"}}], "carol"),
        (
            [{"attribute": "callee", "by": "prefix", "map": {"1": "x", "1001#": "carol", "1001#5": "y"}}],
            "carol",
        ),
        (
            [
                {
                    "attribute": "source_ip",
                    "by": "network",
                    "map": {"192.0.2.0/24": "x", "192.0.2.64/26": "dora"},
                }
            ],
            "dora",
        ),
        ([{"attribute": "source_ip", "by": "network", "map": {"2001:db8::/32": "x"}}], ""),
        ([{"attribute": "caller", "by": "network", "map": {"192.0.2.0/24": "x"}}], ""),
    ],
)
def test_the_first_rule_that_gives_one_counts(rules: list[dict[str, Any]], customer: str) -> None:
    assert customer_of(CALL, [CustomerRule(**each) for each in rules]) == customer


@pytest.mark.parametrize(
    "rule",
    [
        {"attribute": "source_ip", "by": "network"},
        {"attribute": "source_ip", "by": "network", "map": {"192.0.2.0/99": "x"}},
        {"attribute": "source_ip", "by": "guess"},
        {"attribut": "source_ip"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CustomerRule(**rule)
