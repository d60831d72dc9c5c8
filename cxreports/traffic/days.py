"""Synthetic calls: the traffic of an operator, vectorised, and the same whenever it is asked for.

Every call is a function of (seed, customer, UTC day, its number on that day), through a counter-based
hash instead of a stream of random numbers. So a day's calls do not depend on which other days or
customers are asked for, and "up to now" is a cut, not another story. Attempts follow a
non-homogeneous Poisson process: the customer's weekly rhythm in its own time zone, times slow noise.

Neighbours: ``operator`` says who calls, when and how; ``tariff`` prices; ``writers`` puts the calls
into vendors' files.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from cxreports.traffic.customers import CUSTOMERS, Customer, Outage
from cxreports.traffic.draws import GOLDEN, Draws, Words, block_key, hex_ids, mix
from cxreports.traffic.rhythm import SLOT_S, SLOTS, Floats, intensity
from cxreports.traffic.roster import ANSWERED, Roster
from cxreports.traffic.tariff import Integers, billed_seconds, charge_micro

SEED: Final = 20_240_229

LONGEST_S: Final = 4 * 3_600
"""Talk time is cut off here, as session timers do; so a day's calls are over within the next day."""

_EPOCH: Final = date(1970, 1, 1)
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


class Traffic:
    """The calls of some customers, day by day or as their records are delivered.

    Parameters
    ----------
    customers
        Who calls.
    scale
        Multiplies every customer's traffic; calls of one scale are not a part of another's.
    seed
        Another seed, other calls.
    outages
        Times when the upstream carrier is down.
    """

    def __init__(
        self,
        customers: Sequence[Customer] = CUSTOMERS,
        *,
        scale: float = 1.0,
        seed: int = SEED,
        outages: Sequence[Outage] = (),
    ) -> None:
        self._roster = Roster(customers)
        self._scale = scale
        self._seed = seed
        self._outages = tuple(outages)
        self._latest: dict[date, pl.DataFrame] = {}

    def day(self, day: date) -> pl.DataFrame:
        """Calls that were attempted on a UTC day.

        Returns
        -------
        polars.DataFrame
            Columns and types of `SCHEMA`, sorted by ``call_time``; no rows for a day without calls.
        """
        if day not in self._latest:
            # Two days: records of a window end on its day and began on that day or the one before.
            self._latest = dict([*self._latest.items()][-1:])
            self._latest[day] = _calls_of_day(self._roster, day, self._scale, self._seed, self._outages)
        return self._latest[day]

    def delivered(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, pl.DataFrame]]:
        """Yield the calls that ended in [start, end): a switch writes a record when its call is over.

        Split at UTC midnights, so that whole days come out the same whatever the span.

        Yields
        ------
        tuple of datetime, datetime, polars.DataFrame
            Start and end of the part, and its calls (`SCHEMA`) sorted by ``end_time``, then ``call_id``.
        """
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        while start < end:
            midnight = datetime.combine(start.date() + timedelta(days=1), datetime.min.time(), UTC)
            until = min(midnight, end)
            ended = pl.col("end_time").is_between(start, until, closed="left")
            begun = (start.date() - timedelta(days=1), start.date())
            calls = pl.concat([self.day(day).filter(ended) for day in begun])
            yield start, until, calls.sort("end_time", "call_id")
            start = until


def generate(
    first: date,
    days: int,
    *,
    scale: float = 1.0,
    customers: Sequence[Customer] = CUSTOMERS,
    seed: int = SEED,
    outages: Sequence[Outage] = (),
) -> Iterator[pl.DataFrame]:
    """Yield the calls that were attempted on each of ``days`` UTC days from ``first``, a frame a day.

    The parameters are those of `Traffic`, the frames those of `Traffic.day`.
    """
    traffic = Traffic(customers, scale=scale, seed=seed, outages=outages)
    for number in range(days):
        yield traffic.day(first + timedelta(days=number))


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
    draw = Draws(keys, skip=_ATTEMPT_DRAWS)
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
    call_id = hex_ids(draw.words(), draw.words())
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
    edges_ms = np.arange(SLOTS + 1) * (SLOT_S * 1_000)
    slot_hour: Floats = np.asarray((np.arange(SLOTS) + 0.5) * (SLOT_S / 3_600), dtype=np.float64)
    season = 1 + 0.05 * np.sin(2 * np.pi * (day - _EPOCH).days / 365.2425)
    whos: list[Integers] = []
    offsets: list[Integers] = []
    keys: list[Words] = []
    for index, customer in enumerate(roster.customers):
        weight = intensity(customer.rhythm, customer.zone, day)
        ripple = np.exp(_RIPPLE * _at_hour(ripples, index, slot_hour))
        volume = np.cumsum(weight * ripple) * (customer.attempts_per_day * scale * season)
        block = block_key(seed, customer.id, day, "attempts")
        count = int(np.random.default_rng(block).poisson(volume[-1]))
        if not count:
            continue
        counter = np.arange(1, count + 1, dtype=np.uint64)
        key = mix(np.uint64(block) + counter * np.uint64(GOLDEN))
        draw = Draws(key)
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
    """Start as a dialler does: the calls of one cycle within its first two seconds."""
    start = offset_ms // cycle_ms * cycle_ms
    return start + (2_000 * jitter * jitter).astype(np.int64)


def _ripples(roster: Roster, day: date, seed: int, what: str) -> Floats:
    """Draw standard normals, one per customer and hour of the day (25: the last is the next day's first)."""
    words = np.empty((len(roster.customers), 25), dtype=np.uint64)
    hours = np.arange(1, 25, dtype=np.uint64) * np.uint64(GOLDEN)
    tomorrow = day + timedelta(days=1)
    for index, customer in enumerate(roster.customers):
        words[index, :24] = np.uint64(block_key(seed, customer.id, day, what)) + hours
        words[index, 24:] = np.uint64(block_key(seed, customer.id, tomorrow, what)) + hours[:1]
    first, _ = Draws(mix(words)).normals()
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


def _numbers(roster: Roster, who: Integers, rate: Integers, draw: Draws) -> tuple[Integers, Integers]:
    """Calling and called numbers: the customer's own on its side, anybody's on the other."""
    own = roster.own_first[who] + (draw.words() % roster.own_count[who]).astype(np.int64)
    place = roster.place_first[rate] + (draw.words() % roster.place_span[rate]).astype(np.int64)
    origin = roster.origin[who, draw.below(roster.origin.shape[1])]
    anybody = roster.origin_first[origin] + (draw.words() % roster.origin_span[origin]).astype(np.int64)
    outbound = roster.outbound[who]
    source = np.where(outbound & roster.has_numbers[who], own, anybody)
    return source, np.where(outbound, place, own)


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
    unknown = pl.Series([None], dtype=values.dtype).new_from_index(0, len(values))
    return values.zip_with(pl.Series(known), unknown)
