"""The operator's customers: names, currencies, channel limits, zones, balances.

What CDRs do not say, pages read here, from ``customers.toml`` in the home folder. The demo writes one; an
operator writes the real one by hand, a table for each customer, every key but the name optional::

    [acme]
    name = "Acme Telecom"
    currency = "USD"
    channel_limit = 1000
    zone = "America/New_York"
    balance = "1284.06"

A customer that has CDRs but no table here goes by its id and has no limit.
"""

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from cxreports.errors import BadCustomersFile

FILE_NAME: Final = "customers.toml"


@dataclass(frozen=True)
class Customer:
    """A customer as the portal shows it.

    Attributes
    ----------
    id
        The id that its CDRs bear.
    name
        The company's name.
    currency
        ISO 4217 code, or None where its CDRs say.
    channel_limit
        Channels configured for it, or None for no limit.
    zone
        IANA name of its local time.
    balance
        Current balance in its currency, or None where nobody keeps one.
    """

    id: str
    name: str
    currency: str | None = None
    channel_limit: int | None = None
    zone: str = "UTC"
    balance: Decimal | None = None


def read_customers(home: Path) -> dict[str, Customer]:
    """Return the customers of a home folder by id, in the file's order; none without a file.

    Raises
    ------
    BadCustomersFile
        Naming the file, the customer, the key and what was expected there.
    """
    path = home / FILE_NAME
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCustomersFile(f"{path}: is not TOML: {error}") from error
    return {name: _customer(path, name, table) for name, table in document.items()}


def customer(home: Path, customer_id: str) -> Customer:
    """Return one customer; one that the file does not name goes by its id."""
    return read_customers(home).get(customer_id) or Customer(customer_id, customer_id)


def add_customers(home: Path, customers: Iterable[Customer]) -> list[str]:
    """Append those customers that the file does not name yet; return their ids.

    Tables that are there, with every comment between them, stay as they are.
    """
    path = home / FILE_NAME
    known = read_customers(home)
    new = [entry for entry in customers if entry.id not in known]
    if new:
        before = path.read_text("utf-8") if path.exists() else _HEAD
        home.mkdir(parents=True, exist_ok=True)
        _replace(path, before.rstrip("\n") + "\n" + "".join(map(_as_toml, new)))
    return [entry.id for entry in new]


_HEAD: Final = "# Customers of this operator: what their CDRs do not say.\n"

_KEYS: Final[Mapping[str, tuple[type, ...]]] = {
    "name": (str,),
    "currency": (str,),
    "channel_limit": (int,),
    "zone": (str,),
    "balance": (str, int),
}


def _customer(path: Path, customer_id: str, table: Any) -> Customer:
    if not isinstance(table, dict):
        raise BadCustomersFile(f"{path}: {customer_id} should be a table: [{customer_id}]")
    for key, value in table.items():
        if key not in _KEYS:
            raise BadCustomersFile(f"{path}: [{customer_id}] {key}: known keys are {', '.join(_KEYS)}")
        if isinstance(value, bool) or not isinstance(value, _KEYS[key]):
            wanted = 'a text such as "12.50"' if key == "balance" else f"a {_KEYS[key][0].__name__}"
            raise BadCustomersFile(f"{path}: [{customer_id}] {key}: {value!r} should be {wanted}")
    zone = table.get("zone", "UTC")
    try:
        ZoneInfo(zone)
        balance = None if "balance" not in table else Decimal(table["balance"])
    except InvalidOperation as error:
        raise BadCustomersFile(
            f"{path}: [{customer_id}] balance: not a number: {table['balance']!r}"
        ) from error
    except (KeyError, ValueError, OSError) as error:
        raise BadCustomersFile(f"{path}: [{customer_id}] zone: {zone!r} is not an IANA zone") from error
    name = table.get("name", customer_id)
    return Customer(customer_id, name, table.get("currency"), table.get("channel_limit"), zone, balance)


def _as_toml(entry: Customer) -> str:
    values: dict[str, str | int | None] = {
        "name": entry.name,
        "currency": entry.currency,
        "channel_limit": entry.channel_limit,
        "zone": entry.zone,
        "balance": None if entry.balance is None else str(entry.balance),
    }
    # JSON's strings and integers are TOML's too.
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
        if value is not None
    ]
    return f"\n[{json.dumps(entry.id)}]\n" + "\n".join(lines) + "\n"


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, "utf-8")
    beside.replace(path)
