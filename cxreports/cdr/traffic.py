"""Synthetic calls: the traffic of an operator, vectorised, and the same whenever it is asked for.

Every call is a function of (seed, customer, UTC day, its number on that day), through a counter-based
hash instead of a stream of random numbers. So a day's calls do not depend on which other days or
customers are asked for, and "up to now" is a cut, not another story. Attempts follow a
non-homogeneous Poisson process: the customer's weekly rhythm in its own time zone, times slow noise.

Neighbours: ``operator`` says who calls, when and how; ``tariff`` prices; ``writers`` puts the calls
into vendors' files.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from cxreports.cdr.operator import CUSTOMERS, Customer, Outage, Rhythm
from cxreports.cdr.roster import ANSWERED, Roster
from cxreports.cdr.tariff import Integers, billed_seconds, charge_micro

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

SEED: Final = 20_240_229

LONGEST_S: Final = 4 * 3_600
"""Talk time is cut off here, as session timers do; so a day's calls are over within the next day."""

_SLOT_S: Final = 300
_SLOTS: Final = 86_400 // _SLOT_S
_EPOCH: Final = date(1970, 1, 1)
_GOLDEN: Final = 0x9E3779B97F4A7C15
_ATTEMPT_DRAWS: Final = 2
"""Draws of a call's key that its time takes; the rest of the call must not repeat them."""

_RIPPLE: Final = 0.07
"""Standard deviation of the hourly noise on traffic; on talk time half of it."""

SCHEMA: Final[dict[str, pl.DataType]] = {
    "call_id": pl.String(),
    "leg": pl.String(),
    "switch": pl.String(),
    "customer": pl.String(),
    "call_time": pl.Datetime("us", "UTC"),
    "answer_time": pl.Datetime("us", "UTC"),
    "end_time": pl.Datetime("us", "UTC"),
    "source": pl.String(),
    "destination": pl.String(),
    "tech_prefix": pl.String(),
    "lrn": pl.String(),
    "direction": pl.String(),
    "duration_s": pl.Decimal(18, 6),
    "billed_duration_s": pl.Decimal(18, 6),
    "ring_s": pl.Decimal(18, 6),
    "pdd_ms": pl.Decimal(18, 3),
    "sip_code": pl.Int32(),
    "sip_reason": pl.String(),
    "release_reason": pl.String(),
    "dtmf": pl.String(),
    "source_ip": pl.String(),
    "destination_code": pl.String(),
    "destination_name": pl.String(),
    "rate": pl.Decimal(28, 10),
    "connect_cost": pl.Decimal(28, 10),
    "charge": pl.Decimal(28, 10),
    "currency": pl.String(),
    "recording": pl.String(),
    "connected": pl.Boolean(),
}
"""The canonical record's columns but for the loader's bookkeeping."""


def generate(
    first: date,
    days: int,
    *,
    scale: float = 1.0,
    customers: Sequence[Customer] = CUSTOMERS,
    seed: int = SEED,
    outages: Sequence[Outage] = (),
) -> Iterator[pl.DataFrame]:
    """Calls that were attempted on each of some UTC days, a frame a day.

    Parameters
    ----------
    first
        The first day.
    days
        How many.
    scale
        Multiplies every customer's traffic; calls of one scale are not a part of another's.
    customers
        Who calls.
    seed
        Another seed, other calls.
    outages
        Times when the upstream carrier is down.

    Yields
    ------
    polars.DataFrame
        Columns and types of `SCHEMA`, sorted by ``call_time``; empty for a day without calls.
    """
    roster = Roster(customers)
    for number in range(days):
        yield _calls_of_day(roster, first + timedelta(days=number), scale, seed, outages)


def delivered(
    start: datetime,
    end: datetime,
    *,
    scale: float = 1.0,
    customers: Sequence[Customer] = CUSTOMERS,
    seed: int = SEED,
    outages: Sequence[Outage] = (),
) -> Iterator[tuple[datetime, datetime, pl.DataFrame]]:
    """Calls that ended in [start, end): a switch writes a record when its call is over.

    Split at UTC midnights, so that whole days come out the same whatever the span.

    Parameters
    ----------
    start, end
        Half-open, with a time zone. The others are those of `generate`.

    Yields
    ------
    tuple of datetime, datetime, polars.DataFrame
        Start and end of the part, and its calls (`SCHEMA`) sorted by ``end_time``, then ``call_id``.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    before = start.date() - timedelta(days=1)
    blocks = generate(
        before,
        (end.date() - before).days + 1,
        scale=scale,
        customers=customers,
        seed=seed,
        outages=outages,
    )
    yesterday = next(blocks)
    while start < end:
        today = next(blocks)
        midnight = datetime.combine(start.date() + timedelta(days=1), datetime.min.time(), UTC)
        until = min(midnight, end)
        ended = pl.col("end_time").is_between(start, until, closed="left")
        yield (
            start,
            until,
            pl.concat([yesterday.filter(ended), today.filter(ended)]).sort("end_time", "call_id"),
        )
        start, yesterday = until, today


def expected_per_day(customers: Sequence[Customer] = CUSTOMERS) -> float:
    """Expected attempts of an average day of the week, all customers together."""
    return sum(
        customer.attempts_per_day * sum(map(sum, customer.rhythm.week)) / 7 / sum(customer.rhythm.week[2])
        for customer in customers
    )


def _calls_of_day(
    roster: Roster, day: date, scale: float, seed: int, outages: Sequence[Outage]
) -> pl.DataFrame:
    who, offset_ms, keys = _attempts(roster, day, scale, seed)
    draw = _Draws(keys, skip=_ATTEMPT_DRAWS)
    midnight_us = (day - _EPOCH).days * 86_400_000_000
    call_us = midnight_us + offset_ms * 1_000
    hour = offset_ms / 3_600_000
    swing = _ripples(roster, day, seed, "talk")
    mood = _at_hour(swing, who, hour)

    connected = draw.uniform() * 100 < roster.asr_pct[who] * (1 + 0.45 * _RIPPLE * mood)
    lost = roster.outbound[who] & _during(outages, call_us, draw.uniform())
    connected &= ~lost
    ending = roster.ending[who, draw.below(roster.ending.shape[1])]
    ending = np.where(connected, ANSWERED, np.where(lost, roster.outage_ending, ending))

    talk_normal, pdd_normal = draw.normals()
    talk_s = np.exp(roster.talk_mu[who] + roster.spread[who] * talk_normal + 0.5 * _RIPPLE * mood)
    stub = draw.uniform() * 100 < roster.stub_pct[who]
    talk_s = np.where(stub, 0.5 + 11 * draw.uniform(), talk_s)
    duration_s = np.where(connected, np.minimum(talk_s, LONGEST_S), 0).astype(np.int64)

    pdd_ms = np.clip(roster.pdd_ms[who] * np.exp(0.42 * pdd_normal), 90, 12_000).astype(np.int64)
    rings = roster.ending_rings[ending]
    ring_low, ring_span = roster.ring_low[ending], roster.ring_span[ending]
    ring_s = ring_low + (draw.uniform() * ring_span).astype(np.int64)
    picked_up = np.minimum(-np.log1p(-draw.uniform()) * roster.answer_s[who] * 0.8, 58)
    ring_s = np.where(connected, (0.2 * roster.answer_s[who] + picked_up).astype(np.int64), ring_s)

    rate = roster.route[who, draw.below(roster.route.shape[1])]
    billed_s = billed_seconds(duration_s, roster.first_s[rate], roster.step_s[rate])
    charge = charge_micro(roster.rate_micro[rate], roster.connect_micro[rate], billed_s)
    charge = np.where(connected, charge, 0)

    answer_us = call_us + np.where(rings, pdd_ms, 0) * 1_000 + ring_s * 1_000_000
    end_us = answer_us + duration_s * 1_000_000
    source, destination = _numbers(roster, who, rate, draw)
    ported = roster.ported[rate] & (draw.uniform() < 0.3)  # noqa: PLR2004
    lrn = 12_002_000_000 + (draw.words() % np.uint64(7_990_000_000)).astype(np.int64)
    dtmf = np.where(connected & (draw.uniform() * 100 < roster.dtmf_pct[who]), roster.dtmf_style[who], 0)
    call_id = _hex_ids(draw.words(), draw.words())
    spare = draw.words()

    frame = pl.DataFrame(
        {
            "call_id": call_id,
            "leg": pl.Series([None], dtype=pl.String).new_from_index(0, len(who)),
            "switch": roster.pick("switches", who, spare),
            "customer": roster.text("id", who),
            "call_time": _time(call_us),
            "answer_time": _time(answer_us, connected),
            "end_time": _time(end_us),
            "source": pl.Series(source).cast(pl.String),
            "destination": pl.Series(destination).cast(pl.String),
            "tech_prefix": roster.text("tech_prefix", who),
            "lrn": _masked(pl.Series(lrn).cast(pl.String), ported),
            "direction": roster.text("direction", who),
            "duration_s": _decimal(duration_s * 1_000_000, 18, 6),
            "billed_duration_s": _decimal(np.where(connected, billed_s, 0) * 1_000_000, 18, 6),
            "ring_s": _decimal(ring_s * 1_000_000, 18, 6),
            "pdd_ms": _masked(_decimal(pdd_ms * 1_000, 18, 3), rings),
            "sip_code": pl.Series(roster.sip_code[ending]),
            "sip_reason": roster.sip_reason.gather(ending),
            "release_reason": roster.release_reason.gather(ending),
            "dtmf": roster.digits(dtmf, spare >> np.uint64(20)),
            "source_ip": roster.pick("addresses", who, spare >> np.uint64(40)),
            "destination_code": roster.codes.gather(rate),
            "destination_name": roster.names.gather(rate),
            "rate": _decimal(roster.rate_micro[rate] * 10_000, 28, 10),
            "connect_cost": _decimal(roster.connect_micro[rate] * 10_000, 28, 10),
            "charge": _decimal(charge * 10_000, 28, 10),
            "currency": roster.text("currency", who),
            "recording": _masked(call_id + ".mp3", connected & roster.recorded[who]),
            "connected": pl.Series(connected),
        }
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _attempts(roster: Roster, day: date, scale: float, seed: int) -> tuple[Integers, Integers, Words]:
    """Who attempts a call when: customer's index, milliseconds of the day, key of the call; in time order."""
    ripples = _ripples(roster, day, seed, "traffic")
    edges_ms = np.arange(_SLOTS + 1) * (_SLOT_S * 1_000)
    slot_hour = (np.arange(_SLOTS) + 0.5) * (_SLOT_S / 3600)
    season = 1 + 0.05 * np.sin(2 * np.pi * (day - _EPOCH).days / 365.2425)
    whos: list[Integers] = []
    offsets: list[Integers] = []
    keys: list[Words] = []
    for index, customer in enumerate(roster.customers):
        weight = _intensity(customer.rhythm, customer.zone, day)
        ripple = np.exp(_RIPPLE * _at_hour(ripples, index, slot_hour))
        volume = np.cumsum(weight * ripple) * (customer.attempts_per_day * scale * season)
        block = _key(seed, customer.id, day, "attempts")
        count = int(np.random.default_rng(block).poisson(volume[-1]))
        if not count:
            continue
        counter = np.arange(1, count + 1, dtype=np.uint64)
        key = _mix(np.uint64(block) + counter * np.uint64(_GOLDEN))
        draw = _Draws(key)
        where = draw.uniform() * volume[-1]
        offset = np.interp(where, np.concatenate(([0.0], volume)), edges_ms).astype(np.int64)
        if customer.dial_cycle_s:
            offset = _in_bursts(offset, customer.dial_cycle_s * 1_000, draw.uniform())
        whos.append(np.full(count, index, dtype=np.int64))
        offsets.append(offset)
        keys.append(key)
    if not whos:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing.astype(np.uint64)
    who, offset_ms, call_keys = np.concatenate(whos), np.concatenate(offsets), np.concatenate(keys)
    order = np.argsort(offset_ms, kind="stable")
    return who[order], offset_ms[order], call_keys[order]


def _in_bursts(offset_ms: Integers, cycle_ms: int, jitter: Floats) -> Integers:
    """A dialler starts the calls of one cycle within its first two seconds."""
    start = offset_ms // cycle_ms * cycle_ms
    return start + (2_000 * jitter * jitter).astype(np.int64)


@lru_cache(maxsize=4_096)
def _intensity(rhythm: Rhythm, zone: str, day: date) -> Floats:
    """Share of an ordinary working day's attempts in each slot of a UTC day."""
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    hours = [(midnight + timedelta(hours=hour)).astimezone(ZoneInfo(zone)) for hour in range(24)]
    local = np.array([at.weekday() * 24 + at.hour + at.minute / 60 for at in hours])
    within = (np.arange(_SLOTS // 24) + 0.5) * (_SLOT_S / 3600)
    hour_of_week = (local[:, None] + within[None, :]).ravel()
    week = np.array(rhythm.week, dtype=np.float64).ravel()
    weight = np.interp(hour_of_week, np.arange(168) + 0.5, week, period=168)
    return weight / (sum(rhythm.week[2]) * 3600 / _SLOT_S)


def _ripples(roster: Roster, day: date, seed: int, what: str) -> Floats:
    """Standard normals, one per customer and hour of the day (25: the last is the next day's first)."""
    words = np.empty((len(roster.customers), 25), dtype=np.uint64)
    hours = np.arange(1, 25, dtype=np.uint64) * np.uint64(_GOLDEN)
    tomorrow = day + timedelta(days=1)
    for index, customer in enumerate(roster.customers):
        words[index, :24] = np.uint64(_key(seed, customer.id, day, what)) + hours
        words[index, 24:] = np.uint64(_key(seed, customer.id, tomorrow, what)) + hours[:1]
    first, _ = _Draws(_mix(words)).normals()
    return first


def _at_hour(ripples: Floats, who: Integers | int, hour: Floats) -> Floats:
    """Ripples between the hours, linearly."""
    before = hour.astype(np.int64)
    part = hour - before
    value: Floats = ripples[who, before] * (1 - part) + ripples[who, before + 1] * part
    return value


def _during(outages: Sequence[Outage], call_us: Integers, chance: Floats) -> npt.NDArray[np.bool_]:
    lost = np.zeros(len(call_us), dtype=np.bool_)
    for outage in outages:
        start_us, end_us = (int(at.timestamp()) * 1_000_000 for at in (outage.start, outage.end))
        lost |= (call_us >= start_us) & (call_us < end_us) & (chance * 100 < outage.lost_pct)
    return lost


def _numbers(roster: Roster, who: Integers, rate: Integers, draw: "_Draws") -> tuple[Integers, Integers]:
    """Calling and called numbers: the customer's own on its side, anybody's on the other."""
    own = roster.own_first[who] + (draw.words() % roster.own_count[who]).astype(np.int64)
    place = roster.place_first[rate] + (draw.words() % roster.place_span[rate]).astype(np.int64)
    origin = roster.origin[who, draw.below(roster.origin.shape[1])]
    anybody = roster.origin_first[origin] + (draw.words() % roster.origin_span[origin]).astype(np.int64)
    outbound = roster.outbound[who]
    source = np.where(outbound & roster.has_numbers[who], own, anybody)
    return source, np.where(outbound, place, own)


class _Draws:
    """Random numbers as a function of keys: the n-th draw of one key is always the same."""

    def __init__(self, keys: Words, *, skip: int = 0) -> None:
        self._keys = keys
        self._drawn = skip

    def words(self) -> Words:
        """Give the next 64 random bits of every key."""
        self._drawn += 1
        return _mix(self._keys ^ np.uint64(self._drawn * _GOLDEN & 0xFFFFFFFFFFFFFFFF))

    def uniform(self) -> Floats:
        """Give the next number in [0, 1) of every key."""
        return (self.words() >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, bound: int) -> Integers:
        """Give the next integer in [0, bound) of every key."""
        return (self.uniform() * bound).astype(np.int64)

    def normals(self) -> tuple[Floats, Floats]:
        """Give two independent standard normals of every key (Box and Muller, 1958)."""
        radius = np.sqrt(-2 * np.log1p(-self.uniform()))
        angle = 2 * np.pi * self.uniform()
        return radius * np.cos(angle), radius * np.sin(angle)


def _mix(words: Words) -> Words:
    """Scramble 64-bit words (the finaliser of SplitMix64; Steele, Lea and Flood, 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _key(seed: int, customer: str, day: date, what: str) -> int:
    text = f"{seed}|{customer}|{day.isoformat()}|{what}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


_HEX: Final = np.array([f"{word:04x}" for word in range(65_536)], dtype="S4")


def _hex_ids(high: Words, low: Words) -> pl.Series:
    """Ids of 32 hexadecimal digits."""
    quarters = np.column_stack((high, low)).view(np.uint16)
    letters = np.ascontiguousarray(_HEX[quarters])
    offsets = np.arange(len(high) + 1, dtype=np.int32) * 32
    strings = pa.StringArray.from_buffers(len(high), pa.py_buffer(offsets), pa.py_buffer(letters))
    return pl.Series(strings)


def _decimal(unscaled: Integers, precision: int, scale: int) -> pl.Series:
    """Exact decimals from non-negative integers of their last digit."""
    halves = np.zeros((len(unscaled), 2), dtype=np.int64)
    halves[:, 0] = unscaled
    kind = pa.decimal128(precision, scale)
    return pl.Series(pa.Array.from_buffers(kind, len(unscaled), [None, pa.py_buffer(halves)]))


def _time(microseconds: Integers, known: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    times = pl.Series(microseconds).cast(pl.Datetime("us", "UTC"))
    return times if known is None else _masked(times, known)


def _masked(values: pl.Series, known: npt.NDArray[np.bool_]) -> pl.Series:
    """Null where nothing is known."""
    return values.zip_with(pl.Series(known), values.new_from_index(0, 0).extend_constant(None, len(values)))
