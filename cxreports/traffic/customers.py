"""The demo operator: twelve customers, how each one calls, and what each one pays.

A description only; ``traffic`` makes the calls and ``tariff`` prices them. Every name is invented,
numbers of the customers' own lie in ranges kept for fiction where a country has one, and addresses
in the blocks kept for documentation (RFC 5737).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from cxreports.traffic.endings import OF_CARRIERS, OF_LISTS, OF_PEOPLE, OF_TRANSIT, Mix
from cxreports.traffic.rhythm import (
    BANK,
    COLLECTIONS,
    DIALLER,
    HOTEL,
    NIGHT_SHIFT,
    OFFICE,
    RESIDENTIAL,
    RETAIL,
    TAXI,
    WHOLESALE,
    Rhythm,
)
from cxreports.traffic.tariff import Tariff


@dataclass(frozen=True)
class Customer:
    """A customer of the demo operator.

    Attributes
    ----------
    id, name, currency, channel_limit, zone, balance
        What the portal shows of it; ``zone`` is the IANA name of its local time.
    attempts_per_day
        Expected attempts on an ordinary working day.
    rhythm
        When it calls, in its local time.
    asr_pct
        Answered attempts, per cent.
    acd_s
        Mean talk time of connected calls, seconds.
    spread
        Sigma of the lognormal talk time: how heavy its tail is.
    stub_pct
        Connected calls that end within seconds (voicemail, wrong number), per cent.
    pdd_ms
        Median post-dial delay, milliseconds.
    answer_s
        Mean time until somebody picks up, seconds.
    dtmf_pct
        Connected calls with keypad digits, per cent.
    dtmf_style
        Which digits: ``menu`` (one to three), ``account`` (long, ended by #) or ``mixed``.
    endings
        Weights of the ways its unanswered attempts end (`cxreports.traffic.endings.ENDINGS`).
    destinations
        Weights of the dial codes that it calls (`cxreports.traffic.tariff.DESTINATIONS`).
    tariff
        What it pays.
    numbers
        First and count of its own numbers: it calls from them, or is called on them; None for a carrier.
    direction
        ``outbound`` or ``inbound``.
    caller_codes
        Dial codes of the callers where they are anybody.
    tech_prefix
        Dialled prefix that selects its route, if any.
    addresses
        Where its calls come from.
    switches
        Which switches serve it.
    dial_cycle_s
        Seconds between the bursts of an automatic dialler; 0 for people.
    recorded
        True where its connected calls are recorded.
    """

    id: str
    name: str
    currency: str
    channel_limit: int
    zone: str
    balance: Decimal
    attempts_per_day: float
    rhythm: Rhythm
    asr_pct: float
    acd_s: float
    spread: float
    stub_pct: float
    pdd_ms: float
    answer_s: float
    dtmf_pct: float
    dtmf_style: str
    endings: Mix
    destinations: Mapping[str, int]
    tariff: Tariff
    numbers: tuple[int, int] | None
    direction: str = "outbound"
    caller_codes: tuple[str, ...] = ()
    tech_prefix: str | None = None
    addresses: tuple[str, ...] = ("203.0.113.10",)
    switches: tuple[str, ...] = ("fra1",)
    dial_cycle_s: int = 0
    recorded: bool = False


CUSTOMERS: Final[tuple[Customer, ...]] = (
    Customer(
        "acme", "Acme Telecom", "USD", 60, "America/New_York", Decimal("1284.06"),
        attempts_per_day=6_200, rhythm=RETAIL, asr_pct=46.5, acd_s=191, spread=1.05, stub_pct=11,
        pdd_ms=1_280, answer_s=9, dtmf_pct=8.2, dtmf_style="mixed", endings=OF_CARRIERS,
        destinations={
            "1": 30, "1212": 16, "1312": 8, "1415": 8, "1416": 6, "52": 7, "5255": 6, "573": 4, "447": 4,
            "4420": 4, "919": 4, "639": 3,
        },
        tariff=Tariff(165, 0, 30, 6), numbers=(12125550100, 80),
        addresses=("203.0.113.10", "203.0.113.11"), switches=("nyc1", "nyc2"),
    ),
    Customer(
        "northwind", "Northwind Carrier Services", "USD", 40, "UTC", Decimal("18450.20"),
        attempts_per_day=4_800, rhythm=WHOLESALE, asr_pct=38.5, acd_s=96, spread=1.15, stub_pct=20,
        pdd_ms=2_350, answer_s=8, dtmf_pct=2.4, dtmf_style="menu", endings=OF_TRANSIT,
        destinations={
            "8801": 14, "923": 13, "919": 15, "23480": 11, "2547": 6, "2010": 7, "2126": 6, "905": 6,
            "9715": 6, "84": 5, "54911": 4, "573": 4, "639": 3,
        },
        tariff=Tariff(108, 0, 1, 1), numbers=None,
        caller_codes=("447", "336", "393", "1", "4915", "9715"), tech_prefix="7001",
        addresses=("198.51.100.20", "198.51.100.21", "198.51.100.22"), switches=("fra1", "sin1"),
    ),
    Customer(
        "brightline", "Brightline Contact Centre", "GBP", 60, "Europe/London", Decimal("642.18"),
        attempts_per_day=1_600, rhythm=DIALLER, asr_pct=43, acd_s=118, spread=1.15, stub_pct=34,
        pdd_ms=1_050, answer_s=11, dtmf_pct=21, dtmf_style="menu", endings=OF_LISTS,
        destinations={"447": 58, "44": 28, "4420": 14},
        tariff=Tariff(140, 4_000, 1, 1), numbers=(442079460100, 40),
        addresses=("192.0.2.30",), switches=("lon1",), dial_cycle_s=20, recorded=True,
    ),
    Customer(
        "cobalt", "Cobalt Collections", "USD", 48, "America/Chicago", Decimal("-18.40"),
        attempts_per_day=1_050, rhythm=COLLECTIONS, asr_pct=29, acd_s=64, spread=1.2, stub_pct=46,
        pdd_ms=1_180, answer_s=14, dtmf_pct=13, dtmf_style="account", endings=OF_LISTS,
        destinations={"1": 60, "1312": 22, "1212": 10, "1415": 8},
        tariff=Tariff(135, 0, 6, 6), numbers=(13125550100, 24),
        addresses=("192.0.2.44",), switches=("nyc1",), dial_cycle_s=30, recorded=True,
    ),
    Customer(
        "hartmann", "Hartmann & Partner", "EUR", 12, "Europe/Berlin", Decimal("86.55"),
        attempts_per_day=120, rhythm=OFFICE, asr_pct=71, acd_s=228, spread=1.1, stub_pct=6,
        pdd_ms=980, answer_s=12, dtmf_pct=9, dtmf_style="menu", endings=OF_PEOPLE,
        destinations={"49": 34, "4989": 30, "4930": 10, "4915": 22, "331": 2, "31": 2},
        tariff=Tariff(220, 0, 60, 60), numbers=(4989998765000, 30),
        addresses=("192.0.2.61",), switches=("fra1",),
    ),
    Customer(
        "lumiere", "Lumière Assurances", "EUR", 24, "Europe/Paris", Decimal("311.90"),
        attempts_per_day=260, rhythm=OFFICE, asr_pct=69, acd_s=252, spread=1.1, stub_pct=7,
        pdd_ms=1_020, answer_s=13, dtmf_pct=12, dtmf_style="mixed", endings=OF_PEOPLE,
        destinations={"33": 30, "331": 26, "336": 36, "34": 3, "39": 3, "4420": 2},
        tariff=Tariff(210, 15_000, 1, 1), numbers=(33199000100, 60),
        addresses=("192.0.2.72",), switches=("fra1",), recorded=True,
    ),
    Customer(
        "meridian", "Meridian Hotels", "EUR", 30, "Europe/Madrid", Decimal("154.20"),
        attempts_per_day=240, rhythm=HOTEL, asr_pct=73, acd_s=147, spread=1.25, stub_pct=9,
        pdd_ms=1_240, answer_s=12, dtmf_pct=6, dtmf_style="mixed", endings=OF_PEOPLE,
        destinations={"34": 34, "346": 32, "4420": 6, "447": 8, "33": 5, "4915": 6, "49": 5, "1": 6},
        tariff=Tariff(260, 30_000, 60, 60), numbers=(34910000100, 90),
        addresses=("192.0.2.83", "192.0.2.84"), switches=("fra1",),
    ),
    Customer(
        "radiotaxi", "Rádio Táxi Lisboa", "EUR", 20, "Europe/Lisbon", Decimal("47.75"),
        attempts_per_day=560, rhythm=TAXI, asr_pct=88, acd_s=52, spread=0.75, stub_pct=7,
        pdd_ms=640, answer_s=7, dtmf_pct=4, dtmf_style="menu", endings=OF_PEOPLE,
        destinations={"351": 100}, tariff=Tariff(120, 0, 1, 1), numbers=(351210000600, 2),
        direction="inbound", caller_codes=("3519", "3519", "3519", "351", "346"),
        addresses=("198.51.100.40",), switches=("fra1",),
    ),
    Customer(
        "sakura", "Sakura Trading", "JPY", 15, "Asia/Tokyo", Decimal(18240),
        attempts_per_day=170, rhythm=OFFICE, asr_pct=76, acd_s=204, spread=1.05, stub_pct=5,
        pdd_ms=1_120, answer_s=10, dtmf_pct=7, dtmf_style="menu", endings=OF_PEOPLE,
        destinations={"813": 34, "81": 22, "8190": 24, "8613": 10, "84": 5, "1": 5},
        tariff=Tariff(190, 0, 60, 60), numbers=(81312340100, 25),
        addresses=("192.0.2.95",), switches=("sin1",),
    ),
    Customer(
        "vivacasa", "VivaCasa Telefonia", "BRL", 60, "America/Sao_Paulo", Decimal("905.30"),
        attempts_per_day=1_000, rhythm=RESIDENTIAL, asr_pct=64, acd_s=236, spread=1.2, stub_pct=9,
        pdd_ms=1_650, answer_s=14, dtmf_pct=5, dtmf_style="mixed", endings=OF_PEOPLE,
        destinations={"5511": 30, "55119": 42, "55": 24, "54911": 1, "351": 2, "1": 1},
        tariff=Tariff(175, 0, 30, 6), numbers=(551140030000, 4_000),
        addresses=("198.51.100.60", "198.51.100.61"), switches=("nyc2",),
    ),
    Customer(
        "harbour", "First Harbour Bank", "CAD", 48, "America/Toronto", Decimal("2210.00"),
        attempts_per_day=820, rhythm=BANK, asr_pct=97, acd_s=138, spread=0.95, stub_pct=4,
        pdd_ms=420, answer_s=2, dtmf_pct=81, dtmf_style="account", endings=OF_PEOPLE,
        destinations={"1800": 100}, tariff=Tariff(130, 0, 6, 6), numbers=(18005550142, 3),
        direction="inbound", caller_codes=("1416", "1416", "1514", "1"),
        addresses=("198.51.100.80",), switches=("nyc1", "nyc2"), recorded=True,
    ),
    Customer(
        "deccan", "Deccan Support Services", "INR", 40, "Asia/Kolkata", Decimal("5120.75"),
        attempts_per_day=760, rhythm=NIGHT_SHIFT, asr_pct=57, acd_s=282, spread=1.0, stub_pct=14,
        pdd_ms=1_720, answer_s=10, dtmf_pct=17, dtmf_style="mixed", endings=OF_CARRIERS,
        destinations={"1": 56, "1212": 14, "1415": 12, "1312": 8, "447": 6, "4420": 4},
        tariff=Tariff(150, 0, 30, 6), numbers=(912261230100, 50),
        addresses=("203.0.113.90",), switches=("sin1", "nyc1"), recorded=True,
    ),
)  # fmt: skip
"""The demo operator's customers, the largest first where it matters to nobody."""


@dataclass(frozen=True)
class Outage:
    """A failure of the upstream carrier: most outbound attempts meet a 503.

    Attributes
    ----------
    start, end
        Half-open, UTC.
    lost_pct
        Outbound attempts that fail while it lasts, per cent.
    """

    start: datetime
    end: datetime
    lost_pct: float = 72


def outage_on(day: date) -> Outage:
    """Two hours and ten minutes of a dead upstream in the afternoon (UTC) of a day."""
    start = datetime.combine(day, time(14, 25), UTC)
    return Outage(start, start + timedelta(hours=2, minutes=10))


def crowd(count: int, attempts_per_day: float) -> tuple[Customer, ...]:
    """Many customers of Zipf sizes (the n-th a 1/n of the first), for benchmarks.

    Each behaves like one of `CUSTOMERS` in turn.

    Parameters
    ----------
    count
        How many.
    attempts_per_day
        Expected attempts of all of them together on an ordinary working day.
    """
    harmonic = sum(1 / rank for rank in range(1, count + 1))
    return tuple(
        replace(
            CUSTOMERS[(rank - 1) % len(CUSTOMERS)],
            id=f"c{rank:04d}",
            name=f"Customer {rank}",
            attempts_per_day=attempts_per_day / rank / harmonic,
        )
        for rank in range(1, count + 1)
    )
