"""The demo: a synthetic operator's records as files in a home folder, loaded into its lake.

``demo/cdr/`` holds a ConnexCS file for each day, and one for each later piece of a day; ``demo/formats/``
one day of the same calls as every other vendor would have written it, for trying the loader (these are
not loaded). ``demo/state.json`` remembers how far the records go. Running again adds what has happened
since; a run that was cut short is made up for, because loading is exactly once. The portal knows the
customers, and who may log in (``demo_portal``).
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, Self

import polars as pl

from cxreports.cdr import format_from
from cxreports.demo.people import introduce, settle
from cxreports.demo.watching import set_up
from cxreports.errors import LoadError
from cxreports.lake.store import Store
from cxreports.private_file import private_folder
from cxreports.settings import Home, Settings
from cxreports.traffic.customers import CUSTOMERS, outage_on
from cxreports.traffic.days import SEED, Traffic, expected_per_day
from cxreports.traffic.vendor_files import WRITERS, write_connexcs

OUTAGE_DAYS_AGO: Final = 9
"""The outage lies this many days before the demo was first made."""

TICK_S: Final = 5.0
"""With a rate, records are added this often."""

Progress = Callable[[str], None]
LoadProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DemoReport:
    """What a run of the demo did.

    Attributes
    ----------
    home
        Where.
    start, end
        The records that it added are of calls that ended in [start, end); equal when none were due.
    files
        Files written and loaded.
    calls
        Records in them.
    loaded
        Records that were new to the lake.
    seconds
        How long it took.
    """

    home: Path
    start: datetime
    end: datetime
    files: int
    calls: int
    loaded: int
    seconds: float

    def __add__(self, later: "DemoReport") -> "DemoReport":
        """Both runs as one."""
        return DemoReport(
            self.home,
            self.start,
            later.end,
            self.files + later.files,
            self.calls + later.calls,
            self.loaded + later.loaded,
            self.seconds + later.seconds,
        )


def demo(
    home: Home = None,
    *,
    seed: int = SEED,
    days: int = 60,
    now: datetime | None = None,
    scale: float = 1.0,
    rate: float | None = None,
    progress: Progress | None = None,
    loading: LoadProgress | None = None,
    is_watched: bool = False,
    clock: Callable[[], datetime] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> DemoReport:
    """Make the demo operator in a home folder, or bring it up to now.

    Parameters
    ----------
    home
        Folder of the lake, made if it is not there; or the settings that name it.
    seed
        Another seed, other calls.
    days
        Whole UTC days before today to begin with; of no effect where a demo stands already.
    now
        Up to when; the clock's time by default.
    scale
        Multiplies the traffic of the days made now.
    rate
        Keep adding calls as time passes, so many a second on average, until interrupted (Ctrl-C). Two days
        of such calls are kept in memory, some 100 MB for each call a second; their files are not kept.
    progress
        Is told what is being done, in a sentence.
    loading
        Is told of each file of the first load, as `Store.load` does.
    is_watched
        Add alert rules and schedules of reports too, and judge the rules.
    clock, pause
        The time, and waiting; for tests.

    Returns
    -------
    DemoReport
        Of the whole run.

    Raises
    ------
    LoadError
        The home holds a demo of another seed, or the lake did not take a file.
    """
    tell = progress or _nothing
    clock = clock or _utc_now
    begun = time.perf_counter()
    now = (now or clock()).astimezone(UTC)
    settings = Settings.of(home)
    state = _State.of(settings.home, seed, days, now)
    introduce(settings, tell, now=now)
    _write_examples(settings.home, state, tell)
    report = _add(settings, state, state.traffic(scale), now, tell, loading)
    settle(settings, begun=state.begin, now=max(now, report.end))
    if is_watched:
        set_up(settings, tell, outage=outage_on(date.fromisoformat(state.outage)).start, now=now)
    if rate is not None:
        tell(f"adding {rate:g} calls a second; stop with Ctrl-C")
        with suppress(KeyboardInterrupt):
            for more in _keep_adding(settings, state, rate, tell, clock, pause):
                report = report + more
    return replace(report, seconds=time.perf_counter() - begun)


@dataclass(frozen=True)
class _State:
    """How far a demo goes, and what it was made with."""

    seed: int
    outage: str
    first: str
    until: str

    @property
    def begin(self) -> datetime:
        """No call of the demo began before this."""
        return datetime.fromisoformat(self.first)

    @property
    def end(self) -> datetime:
        """Records up to here have been loaded."""
        return datetime.fromisoformat(self.until)

    @classmethod
    def of(cls, home: Path, seed: int, days: int, now: datetime) -> Self:
        path = _state_path(home)
        if not path.exists():
            midnight = datetime.combine(now.date(), datetime.min.time(), UTC)
            first = (midnight - timedelta(days=days)).isoformat()
            return cls(seed, (now.date() - timedelta(days=OUTAGE_DAYS_AGO)).isoformat(), first, first)
        state = cls(**json.loads(path.read_text("utf-8")))
        if state.seed != seed:
            raise LoadError(
                f"{home}: holds a demo of seed {state.seed}, so one of seed {seed} cannot be added; "
                f"choose another home (CXREPORTS_HOME) or seed {state.seed}."
            )
        return state

    def traffic(self, scale: float) -> Traffic:
        return Traffic(
            CUSTOMERS, scale=scale, seed=self.seed, outages=[outage_on(date.fromisoformat(self.outage))]
        )

    def save(self, home: Path) -> None:
        path = _state_path(home)
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")
        beside.replace(path)


def _state_path(home: Path) -> Path:
    return home / "demo" / "state.json"


def _write_examples(home: Path, state: _State, tell: Progress) -> None:
    """Write a day in every vendor's format, once."""
    folder = home / "demo" / "formats"
    if folder.exists():
        return
    day = date.fromisoformat(state.outage) + timedelta(days=OUTAGE_DAYS_AGO - 1)
    tell(f"writing the calls of {day} in {len(WRITERS)} formats into {folder}")
    calls = state.traffic(1.0).day(day)
    beside = folder.with_suffix(".new")
    private_folder(private_folder(folder.parent) / beside.name)
    for name, write in WRITERS.items():
        write(calls, beside / name)
    beside.rename(folder)


def _add(
    settings: Settings,
    state: _State,
    traffic: Traffic,
    now: datetime,
    tell: Progress,
    loading: LoadProgress | None = None,
) -> DemoReport:
    """Write and load the records of calls that ended since the last time."""
    home, start, now = settings.home, state.end, now.replace(microsecond=0)
    if now <= start:
        return DemoReport(home, start, start, 0, 0, 0, 0.0)
    folder = home / "demo" / "cdr"
    private_folder(private_folder(folder.parent) / folder.name)
    tell(
        f"writing the calls that ended from {start:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC into {folder}"
    )
    files: list[Path] = []
    calls = 0
    for begin, end, ended in traffic.delivered(start, now):
        records = ended.filter(pl.col("call_time") >= state.begin)
        if records.height:
            files.append(folder / _file_name(begin, end))
            _write_whole(records, files[-1])
            calls += records.height
    tell(f"loading {calls:,} calls from {len(files)} files")
    loads = (
        Store(settings).load(*files, source_format=format_from("connexcs"), progress=loading) if files else []
    )
    for load in loads:
        if load.refused or load.rejected:
            raise LoadError(
                f"{folder / load.file}: {load.refused or f'{load.rejected} records were rejected'}"
            )
    replace(state, until=now.isoformat()).save(home)
    return DemoReport(home, start, now, len(files), calls, sum(load.loaded for load in loads), 0.0)


def _keep_adding(
    settings: Settings,
    state: _State,
    rate: float,
    tell: Progress,
    clock: Callable[[], datetime],
    pause: Callable[[float], None],
) -> Iterator[DemoReport]:
    traffic = state.traffic(rate * 86_400 / expected_per_day())
    while True:
        pause(TICK_S)
        now = clock().astimezone(UTC)
        before = set(_pieces(settings.home))
        yield _add(settings, _State.of(settings.home, state.seed, 0, now), traffic, now, tell)
        # A file every few seconds would fill the folder; the lake has their calls.
        for piece in set(_pieces(settings.home)) - before:
            piece.unlink()


def _pieces(home: Path) -> Iterator[Path]:
    """Files of less than a day."""
    return (home / "demo" / "cdr").glob("*T*.csv")


def _file_name(begin: datetime, end: datetime) -> str:
    if end - begin == timedelta(days=1):
        return f"{begin:%Y-%m-%d}.csv"
    return f"{begin:%Y-%m-%dT%H%M%S}-{end:%H%M%S}.csv"


def _write_whole(records: pl.DataFrame, path: Path) -> None:
    """Write a file under another name first, so that nobody sees half of it."""
    beside = path.with_suffix(".new")
    write_connexcs(records, beside)
    beside.replace(path)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _nothing(_: str) -> None:
    pass
