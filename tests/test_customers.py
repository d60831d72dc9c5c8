"""The customers' file: written by hand or by the demo, read by pages."""

from decimal import Decimal
from pathlib import Path

import pytest

from cxreports.customers import FILE_NAME, Customer, add_customers, customer, read_customers
from cxreports.errors import BadCustomersFile

ACME = Customer("acme", "Acme Telecom", "USD", 1000, "America/New_York", Decimal("1284.06"))


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert read_customers(tmp_path) == {}
    assert customer(tmp_path, "acme") == Customer("acme", "acme", None, None, "UTC", None)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    odd = Customer("a.b c", 'Rádio "Táxi"\\', "EUR", None, "Europe/Lisbon", Decimal("-0.10"))
    assert add_customers(tmp_path, [ACME, odd]) == ["acme", "a.b c"]
    assert read_customers(tmp_path) == {"acme": ACME, "a.b c": odd}
    assert customer(tmp_path, "acme") is not None


def test_what_somebody_wrote_by_hand_stays(tmp_path: Path) -> None:
    by_hand = '# ours\n[acme]\nname = "ACME"   # since 2019\n'
    (tmp_path / FILE_NAME).write_text(by_hand, "utf-8")
    other = Customer("other", "Other", "EUR")
    assert add_customers(tmp_path, [ACME, other]) == ["other"]
    assert (tmp_path / FILE_NAME).read_text("utf-8").startswith(by_hand)
    assert read_customers(tmp_path)["acme"].name == "ACME"
    assert add_customers(tmp_path, [ACME, other]) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[acme", "is not TOML"),
        ("acme = 1", r"acme should be a table"),
        ("[acme]\nnmae = 'x'", r"\[acme\] nmae: known keys are name"),
        ("[acme]\nchannel_limit = '1000'", r"\[acme\] channel_limit: '1000' should be a int"),
        ("[acme]\nbalance = 12.5", r'\[acme\] balance: 12.5 should be a text such as "12.50"'),
        ("[acme]\nbalance = 'much'", r"\[acme\] balance: not a number: 'much'"),
        ("[acme]\nzone = 'Mars/Olympus'", r"\[acme\] zone: 'Mars/Olympus' is not an IANA zone"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(text, "utf-8")
    with pytest.raises(BadCustomersFile, match=complaint) as caught:
        read_customers(tmp_path)
    assert str(tmp_path / FILE_NAME) in str(caught.value)
