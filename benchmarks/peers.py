"""The same work done plainly with pandas, polars, DuckDB and chDB, to hold cxreports against.

Each peer reads the generated ConnexCS API files, types them, drops rows that were delivered
twice, sorts by customer and time and writes Parquet; it then answers the dashboard's questions
from what it wrote. None of them checks values, keeps rejects, guards against loading a file
twice or maintains rollups; pandas sums money in floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TYPED = """
    SELECT strptime(dt, '%Y-%m-%d %H:%M:%S') AS call_time, callid AS call_id, customer_id AS customer,
           dest_cli AS source, dest_number AS destination, duration::DECIMAL(18,6) AS duration_s,
           customer_charge::DECIMAL(28,10) AS charge, customer_duration::DECIMAL(18,6) AS billed_duration_s,
           customer_card_rate::DECIMAL(28,10) AS rate, customer_card_dest_code AS destination_code,
           customer_card_dest_name AS destination_name, customer_card_currency AS currency,
           pdd_out::DECIMAL(18,3) AS pdd_ms, ring_duration::DECIMAL(18,6) AS ring_s,
           sip_code::INTEGER AS sip_code, sip_reason, release_reason
    FROM read_csv({files}, all_varchar = true, header = true)
"""


def _duckdb() -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET memory_limit = '1500MB'; SET preserve_insertion_order = false")
    connection.execute("SET temp_directory = '/tmp/cxreports-bench-spill'")
    return connection


def floor_load(files: list[Path], out: Path) -> None:
    """Type the files and write Parquet, nothing else: what reading and writing cost at least."""
    out.mkdir(parents=True)
    names = [str(file) for file in files]
    _duckdb().execute(
        f"COPY ({TYPED.format(files=names)}) TO '{out / 'cdr.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
    )


def duckdb_load(files: list[Path], out: Path) -> None:
    """Type, drop doubles, sort, write, file by file."""
    out.mkdir(parents=True)
    connection = _duckdb()
    for number, file in enumerate(files):
        connection.execute(
            f"COPY (SELECT DISTINCT * FROM ({TYPED.format(files=[str(file)])}) ORDER BY customer, call_time)"
            f" TO '{out / f'{number:04}.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
        )


def polars_load(files: list[Path], out: Path) -> None:
    """Type, drop doubles, sort, write, file by file."""
    import polars as pl

    out.mkdir(parents=True)
    money, seconds = pl.Decimal(28, 10), pl.Decimal(18, 6)
    for number, file in enumerate(files):
        frame = pl.read_csv(file, infer_schema=False)
        frame.select(
            pl.col("dt").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us").alias("call_time"),
            pl.col("callid").alias("call_id"),
            pl.col("customer_id").alias("customer"),
            pl.col("dest_cli").alias("source"),
            pl.col("dest_number").alias("destination"),
            pl.col("duration").cast(seconds).alias("duration_s"),
            pl.col("customer_charge").cast(money).alias("charge"),
            pl.col("customer_duration").cast(seconds).alias("billed_duration_s"),
            pl.col("customer_card_rate").cast(money).alias("rate"),
            pl.col("customer_card_dest_code").alias("destination_code"),
            pl.col("customer_card_dest_name").alias("destination_name"),
            pl.col("customer_card_currency").alias("currency"),
            pl.col("pdd_out").cast(pl.Decimal(18, 3)).alias("pdd_ms"),
            pl.col("ring_duration").cast(seconds).alias("ring_s"),
            pl.col("sip_code").cast(pl.Int32),
            "sip_reason",
            "release_reason",
        ).unique().sort("customer", "call_time").write_parquet(
            out / f"{number:04}.parquet", compression="zstd"
        )


def pandas_load(files: list[Path], out: Path) -> None:
    """Type, drop doubles, sort, write, file by file."""
    import pandas as pd

    out.mkdir(parents=True)
    for number, file in enumerate(files):
        frame = pd.read_csv(file, dtype={"dest_cli": str, "dest_number": str, "customer_card_dest_code": str})
        frame["dt"] = pd.to_datetime(frame["dt"], format="%Y-%m-%d %H:%M:%S")
        frame = frame.rename(
            columns={
                "dt": "call_time", "customer_id": "customer", "duration": "duration_s",
                "customer_charge": "charge", "pdd_out": "pdd_ms", "ring_duration": "ring_s",
            }
        )  # fmt: skip
        frame = frame.drop_duplicates().sort_values(["customer", "call_time"])
        frame.to_parquet(out / f"{number:04}.parquet", compression="zstd")


def chdb_load(files: list[Path], out: Path) -> None:
    """Type, drop doubles, sort, write, file by file."""
    import chdb

    out.mkdir(parents=True)
    for number, file in enumerate(files):
        chdb.query(
            "SELECT DISTINCT parseDateTimeBestEffort(dt) AS call_time, callid AS call_id, customer_id AS customer,"
            " dest_cli AS source, dest_number AS destination, toDecimal64OrNull(duration, 6) AS duration_s,"
            " toDecimal128OrNull(customer_charge, 10) AS charge,"
            " toDecimal64OrNull(customer_duration, 6) AS billed_duration_s,"
            " toDecimal128OrNull(customer_card_rate, 10) AS rate, customer_card_dest_code AS destination_code,"
            " customer_card_dest_name AS destination_name, customer_card_currency AS currency,"
            " toDecimal64OrNull(pdd_out, 3) AS pdd_ms, toDecimal64OrNull(ring_duration, 6) AS ring_s,"
            " toInt32OrNull(sip_code) AS sip_code, sip_reason, release_reason"
            f" FROM file('{file}', CSVWithNames)"
            " ORDER BY customer, call_time"
            f" INTO OUTFILE '{out / f'{number:04}.parquet'}' FORMAT Parquet"
            " SETTINGS input_format_csv_use_best_effort_in_schema_inference = 0,"
            " input_format_try_infer_datetimes = 0, input_format_try_infer_integers = 0,"
            " schema_inference_make_columns_nullable = 0, max_threads = 2"
        )


ANSWERED = 200
USER_SIDE = [480, 486, 487, 600, 603]

LOADS: dict[str, Callable[[list[Path], Path], None]] = {
    "floor: DuckDB COPY (read_csv) TO parquet": floor_load,
    "DuckDB": duckdb_load,
    "polars": polars_load,
    "pandas": pandas_load,
    "chDB": chdb_load,
}


@dataclass(frozen=True)
class Question:
    """A question of the dashboard.

    Attributes
    ----------
    name
        For the table.
    customer
        Whose calls.
    start, end
        Half-open UTC bounds, ``YYYY-MM-DD HH:MM:SS``.
    bucket
        ``hour``, ``day`` or ``month``.
    """

    name: str
    customer: str
    start: str
    end: str
    bucket: str


SUMMARY_SQL = """
    SELECT date_trunc('{q.bucket}', call_time) AS start, count(*) AS attempts,
           count(*) FILTER (sip_code = 200) AS connected, sum(duration_s) AS duration_s,
           sum(billed_duration_s) AS billed_duration_s, sum(charge) AS charge,
           avg(pdd_ms) AS pdd_ms, count(*) FILTER (sip_code IN (480, 486, 487, 600, 603)) AS user_side
    FROM read_parquet('{out}/*.parquet')
    WHERE customer = '{q.customer}' AND call_time >= TIMESTAMP '{q.start}' AND call_time < TIMESTAMP '{q.end}'
    GROUP BY 1 ORDER BY 1
"""


def duckdb_ask(out: Path) -> Callable[[Question], int]:
    """Answer from Parquet with SQL; gives the attempts, so that the answers can be compared."""
    connection = _duckdb()
    connection.execute("SET parquet_metadata_cache = true")

    def ask(q: Question) -> int:
        return sum(row[1] for row in connection.execute(SUMMARY_SQL.format(q=q, out=out)).fetchall())

    return ask


def polars_ask(out: Path) -> Callable[[Question], int]:
    """Answer from Parquet with a lazy scan."""
    import polars as pl

    every = {"hour": "1h", "day": "1d", "month": "1mo"}

    def ask(q: Question) -> int:
        frame = (
            pl.scan_parquet(out / "*.parquet")
            .filter(
                pl.col("customer") == q.customer,
                pl.col("call_time").is_between(
                    pl.lit(q.start).str.to_datetime(), pl.lit(q.end).str.to_datetime(), closed="left"
                ),
            )
            .group_by(pl.col("call_time").dt.truncate(every[q.bucket]).alias("start"))
            .agg(
                pl.len().alias("attempts"),
                (pl.col("sip_code") == ANSWERED).sum().alias("connected"),
                pl.col("duration_s", "billed_duration_s", "charge").sum(),
                pl.col("pdd_ms").mean(),
                pl.col("sip_code").is_in(USER_SIDE).sum().alias("user_side"),
            )
            .sort("start")
            .collect()
        )
        return int(frame["attempts"].sum())

    return ask


def pandas_ask(out: Path) -> Callable[[Question], int]:
    """Answer from a frame that already sits in memory with just the columns needed."""
    import pandas as pd

    columns = ["customer", "call_time", "duration_s", "customer_duration", "charge", "pdd_ms", "sip_code"]
    frame = pd.read_parquet(out, columns=columns)
    frame["customer"] = frame["customer"].astype("category")
    frequency = {"hour": "h", "day": "D", "month": "MS"}

    def ask(q: Question) -> int:
        rows = frame[
            (frame["customer"] == q.customer)
            & (frame["call_time"] >= pd.Timestamp(q.start))
            & (frame["call_time"] < pd.Timestamp(q.end))
        ]
        answer = (
            rows.assign(connected=rows["sip_code"] == ANSWERED, user_side=rows["sip_code"].isin(USER_SIDE))
            .groupby(pd.Grouper(key="call_time", freq=frequency[q.bucket]))
            .agg(
                attempts=("sip_code", "size"), connected=("connected", "sum"), duration_s=("duration_s", "sum"),
                billed=("customer_duration", "sum"), charge=("charge", "sum"), pdd_ms=("pdd_ms", "mean"),
                user_side=("user_side", "sum"),
            )
        )  # fmt: skip
        return int(answer["attempts"].sum())

    return ask


def chdb_ask(out: Path) -> Callable[[Question], int]:
    """Answer from Parquet with a chDB session."""
    import json

    from chdb.session import Session

    session = Session()
    trunc = {"hour": "toStartOfHour", "day": "toStartOfDay", "month": "toStartOfMonth"}

    def ask(q: Question) -> int:
        answer = session.query(
            f"SELECT {trunc[q.bucket]}(call_time) AS start, count() AS attempts, countIf(sip_code = 200) AS connected,"
            " sum(duration_s) AS duration_s, sum(billed_duration_s) AS billed, sum(charge) AS charge, avg(pdd_ms) AS pdd,"
            " countIf(sip_code IN (480, 486, 487, 600, 603)) AS user_side"
            f" FROM file('{out}/*.parquet', Parquet) WHERE customer = '{q.customer}'"
            f" AND call_time >= toDateTime('{q.start}', 'UTC') AND call_time < toDateTime('{q.end}', 'UTC')"
            " GROUP BY start ORDER BY start",
            "JSONCompactEachRow",
        )
        return sum(int(json.loads(line)[1]) for line in str(answer).splitlines())

    return ask


ASKS: dict[str, Callable[[Path], Callable[[Question], int]]] = {
    "DuckDB": duckdb_ask,
    "polars": polars_ask,
    "pandas": pandas_ask,
    "chDB": chdb_ask,
}

HOURLY_SQL = """
    SELECT customer, date_trunc('hour', call_time) AS hour, currency, count(*) AS attempts,
           count(*) FILTER (sip_code = 200) AS connected, sum(duration_s) AS duration_s,
           sum(billed_duration_s) AS billed_duration_s, sum(charge) AS charge, sum(pdd_ms) AS pdd_ms
    FROM read_parquet('{out}/*.parquet') GROUP BY 1, 2, 3
"""

CHANNELS_SQL = """
    WITH call AS (
        SELECT customer, call_time,
               call_time + to_milliseconds((coalesce(pdd_ms, 0) + 1000 * (coalesce(ring_s, 0) + duration_s))::DOUBLE) AS end_time
        FROM read_parquet('{out}/*.parquet') {where}
    ), event AS (
        SELECT customer, call_time AS instant, 1 AS change FROM call
        UNION ALL SELECT customer, end_time, -1 FROM call
    ), level AS (
        SELECT customer, instant, sum(change) OVER (
               PARTITION BY customer ORDER BY instant, change ROWS UNBOUNDED PRECEDING
           ) AS channels
        FROM event
    )
    SELECT customer, date_trunc('minute', instant) AS minute, max(channels) AS peak FROM level GROUP BY 1, 2
"""


def _built(out: Path) -> Path:
    built = out.with_name(f"{out.name}-built")
    built.mkdir(exist_ok=True)
    return built


def duckdb_build(out: Path) -> None:
    """Build hourly sums and minute channels with SQL windows."""
    connection = _duckdb()
    built = _built(out)
    for name, sql in (("hourly", HOURLY_SQL), ("channels", CHANNELS_SQL)):
        connection.execute(f"COPY ({sql.format(out=out, where='')}) TO '{built}/{name}.parquet'")


def polars_build(out: Path) -> None:
    """Build hourly sums and minute channels with lazy frames."""
    import polars as pl

    built = _built(out)
    calls = pl.scan_parquet(out / "*.parquet")
    calls.group_by("customer", pl.col("call_time").dt.truncate("1h").alias("hour"), "currency").agg(
        pl.len().alias("attempts"),
        (pl.col("sip_code") == ANSWERED).sum().alias("connected"),
        pl.col("duration_s", "billed_duration_s", "charge", "pdd_ms").sum(),
    ).collect().write_parquet(built / "hourly.parquet")
    _polars_channels(calls).collect().write_parquet(built / "channels.parquet")


def _polars_channels(calls: Any) -> Any:
    import polars as pl

    lasting_ms = pl.col("pdd_ms").fill_null(0) + 1000 * (pl.col("ring_s").fill_null(0) + pl.col("duration_s"))
    ended = pl.col("call_time") + pl.duration(
        microseconds=(lasting_ms.cast(pl.Float64) * 1000).cast(pl.Int64)
    )
    begins = calls.select("customer", pl.col("call_time").alias("instant"), change=pl.lit(1))
    ends = calls.select("customer", ended.alias("instant"), change=pl.lit(-1))
    return (
        pl.concat([begins, ends])
        .sort("customer", "instant", "change")
        .with_columns(pl.col("change").cum_sum().over("customer").alias("channels"))
        .group_by("customer", pl.col("instant").dt.truncate("1m").alias("minute"))
        .agg(pl.col("channels").max().alias("peak"))
    )


def pandas_build(out: Path) -> None:
    """Build hourly sums and minute channels with frames in memory."""
    import pandas as pd

    built = _built(out)
    columns = [
        "customer",
        "call_time",
        "duration_s",
        "charge",
        "pdd_ms",
        "ring_s",
        "sip_code",
        "customer_duration",
    ]
    frame = pd.concat(pd.read_parquet(file, columns=columns) for file in sorted(out.glob("*.parquet")))
    frame["connected"] = frame["sip_code"] == ANSWERED
    frame.groupby(["customer", frame["call_time"].dt.floor("h")]).agg(
        attempts=("sip_code", "size"), connected=("connected", "sum"), duration_s=("duration_s", "sum"),
        billed=("customer_duration", "sum"), charge=("charge", "sum"), pdd_ms=("pdd_ms", "sum"),
    ).to_parquet(built / "hourly.parquet")  # fmt: skip
    _pandas_channels(frame).to_frame("peak").to_parquet(built / "channels.parquet")


def _pandas_channels(frame: Any) -> Any:
    import pandas as pd

    lasting = frame["pdd_ms"].fillna(0) + 1000 * (frame["ring_s"].fillna(0) + frame["duration_s"])
    ended = frame["call_time"] + pd.to_timedelta(lasting, unit="ms")
    begins = pd.DataFrame({"customer": frame["customer"], "instant": frame["call_time"], "change": 1})
    ends = pd.DataFrame({"customer": frame["customer"], "instant": ended, "change": -1})
    events = pd.concat([begins, ends]).sort_values(["customer", "instant", "change"])
    level = events.groupby("customer", observed=True)["change"].cumsum()
    return level.groupby([events["customer"], events["instant"].dt.floor("min")], observed=True).max()


def chdb_build(out: Path) -> None:
    """Build hourly sums and minute channels with SQL windows."""
    import chdb

    built = _built(out)
    source = f"file('{out}/*.parquet', Parquet)"
    chdb.query(
        "SELECT customer, toStartOfHour(call_time) AS hour, currency, count() AS attempts,"
        " countIf(sip_code = 200) AS connected, sum(duration_s) AS duration_s, sum(billed_duration_s) AS billed,"
        f" sum(charge) AS charge, sum(pdd_ms) AS pdd_ms FROM {source} GROUP BY customer, hour, currency"
        f" INTO OUTFILE '{built}/hourly.parquet' FORMAT Parquet"
    )
    chdb.query(f"{_chdb_channels(source)} INTO OUTFILE '{built}/channels.parquet' FORMAT Parquet")


def _chdb_channels(source: str, where: str = "") -> str:
    lasting = "toInt64(ifNull(pdd_ms, 0) + 1000 * (ifNull(ring_s, 0) + duration_s))"
    return (
        "SELECT customer, toStartOfMinute(instant) AS minute, max(channels) AS peak FROM ("
        "SELECT customer, instant, sum(change) OVER (PARTITION BY customer ORDER BY instant, change) AS channels FROM ("
        f"SELECT customer, toDateTime64(call_time, 3) AS instant, 1 AS change FROM {source} {where} UNION ALL"
        f" SELECT customer, toDateTime64(call_time, 3) + toIntervalMillisecond({lasting}) AS instant, -1 AS change"
        f" FROM {source} {where})) GROUP BY customer, minute"
    )


BUILDS: dict[str, Callable[[Path], None]] = {
    "DuckDB": duckdb_build,
    "polars": polars_build,
    "pandas": pandas_build,
    "chDB": chdb_build,
}

CLOCK = "%Y-%m-%d %H:%M:%S"
LONGEST = timedelta(hours=5)
"""No generated call is longer, so that calls which began earlier need not be read."""


def duckdb_channels(out: Path) -> Callable[[str, datetime], object]:
    """Sweep one customer's last 24 hours."""
    connection = _duckdb()

    def sweep(customer: str, end: datetime) -> object:
        where = (
            f"WHERE customer = '{customer}' AND call_time < TIMESTAMP '{end:{CLOCK}}'"
            f" AND call_time >= TIMESTAMP '{end - timedelta(days=1) - LONGEST:{CLOCK}}'"
        )
        return connection.execute(CHANNELS_SQL.format(out=out, where=where)).fetchall()

    return sweep


def polars_channels(out: Path) -> Callable[[str, datetime], object]:
    """Sweep one customer's last 24 hours."""
    import polars as pl

    def sweep(customer: str, end: datetime) -> object:
        naive = end.replace(tzinfo=None)
        calls = pl.scan_parquet(out / "*.parquet").filter(
            pl.col("customer") == customer,
            pl.col("call_time").is_between(naive - timedelta(days=1) - LONGEST, naive, closed="left"),
        )
        return _polars_channels(calls).collect()

    return sweep


def pandas_channels(out: Path) -> Callable[[str, datetime], object]:
    """Sweep one customer's last 24 hours, from a frame that sits in memory."""
    import pandas as pd

    frame = pd.read_parquet(out, columns=["customer", "call_time", "duration_s", "pdd_ms", "ring_s"])
    frame["customer"] = frame["customer"].astype("category")

    def sweep(customer: str, end: datetime) -> object:
        naive = pd.Timestamp(end.replace(tzinfo=None))
        asked = frame["call_time"].between(naive - timedelta(days=1) - LONGEST, naive, inclusive="left")
        return _pandas_channels(frame[(frame["customer"] == customer) & asked])

    return sweep


def chdb_channels(out: Path) -> Callable[[str, datetime], object]:
    """Sweep one customer's last 24 hours."""
    from chdb.session import Session

    session = Session()

    def sweep(customer: str, end: datetime) -> object:
        where = (
            f"WHERE customer = '{customer}' AND call_time < toDateTime('{end:{CLOCK}}', 'UTC')"
            f" AND call_time >= toDateTime('{end - timedelta(days=1) - LONGEST:{CLOCK}}', 'UTC')"
        )
        return str(session.query(_chdb_channels(f"file('{out}/*.parquet', Parquet)", where), "CSV"))

    return sweep


CHANNELS: dict[str, Callable[[Path], Callable[[str, datetime], object]]] = {
    "DuckDB": duckdb_channels,
    "polars": polars_channels,
    "pandas": pandas_channels,
    "chDB": chdb_channels,
}
