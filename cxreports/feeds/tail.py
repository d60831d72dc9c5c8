"""Tables of call records, read from where they ended: Asterisk's, Kamailio's, OpenSIPS' and FreeSWITCH's.

Where a table goes on is kept in the commit that brings its rows (`Store.mark`): killed at any moment, no row
is missed and none counts twice. The newest rows are looked at again each time: one that was written over is
delivered anew, and the lake knows its record by its identity; one whose number was given out before it was
committed is found then.
"""

from __future__ import annotations

import csv
import hashlib
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from cxreports.errors import BadFeed
from cxreports.feeds.intake import delivery_of, load_file
from cxreports.feeds.spool import FOLDER
from cxreports.private_file import private_file, private_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cxreports.feeds.configuration import DatabaseTable
    from cxreports.lake.store import Store
    from cxreports.portal.feeds.states import Delivery

MOST_ROWS: Final = 20_000
"""Rows that are read at once."""

CONNECT_S: Final = 5

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = 2_440_587.5
"""Julian day of it."""

_DAY_S: Final = 86_400

_DRIVERS: Final = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
_OPTIONS: Final = {
    "sqlite": {"timeout": CONNECT_S},
    "postgresql": {"connect_timeout": CONNECT_S},
    "mysql": {"connect_timeout": CONNECT_S, "read_timeout": 60},
    "mariadb": {"connect_timeout": CONNECT_S, "read_timeout": 60},
}


class TailIntake:
    """A table that is read from where it ended.

    Parameters
    ----------
    home
        Where rows lie for a moment, as the file that is loaded.
    """

    def __init__(self, way: DatabaseTable, home: Path) -> None:
        self._way = way
        self._folder = private_folder(private_folder(home / FOLDER) / way.name)
        self._seen: dict[int, bytes] = {}
        self._engine: sa.Engine | None = None
        self._times: set[str] | None = None

    @property
    def name(self) -> str:
        """Of the feed."""
        return self._way.name

    @property
    def mark(self) -> str:
        """Name under which the lake keeps where the table goes on."""
        return f"tail {self._way.name}"

    def take(self, store: Store) -> Delivery | None:
        """Load the rows that are new or were written over."""
        position = store.mark(self.mark) or 0
        names, rows = self._read(position)
        at = names.index(self._way.id) if rows else 0
        if rows:
            rows = self._on_the_clock(names, rows)
        digests = {int(row[at]): _digest(row) for row in rows}
        changed = [row for row in rows if self._seen.get(int(row[at])) != digests[int(row[at])]]
        if not changed:
            return None
        last = max(position, *digests)
        path = self._written(names, changed, last)
        report = load_file(store, path, self._way, {self.mark: last})
        path.unlink()
        if report.refused:
            raise BadFeed(f"the rows of {self._way.table} were refused: {report.refused}")
        self._seen |= digests
        self._seen = {id_: digest for id_, digest in self._seen.items() if id_ > last - self._way.again}
        return delivery_of(report)

    def close(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            self._engine.dispose()

    def count(self) -> int:
        """Rows of the table, to see that it can be read."""
        with closing(self._connected()) as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(self._table())) or 0)

    def _read(self, position: int) -> tuple[list[str], Sequence[Sequence[Any]]]:
        """Names of the columns, and the rows from a little before where the table went on."""
        number: sa.ColumnClause[int] = sa.column(self._way.id, sa.BigInteger)
        wanted: list[sa.ColumnElement[Any]] = [sa.column(name) for name in self._columns()]
        wanted = wanted or [sa.literal_column("*")]
        asked = sa.select(*wanted).select_from(self._table()).order_by(number)
        again = asked.where(number > position - self._way.again, number <= position)
        new = asked.where(number > position).limit(MOST_ROWS)
        try:
            with closing(self._connected()) as connection:
                found = connection.execute(new)
                names, rows = list(found.keys()), [*found.all()]
                return names, [*(connection.execute(again).all() if self._way.again else ()), *rows]
        except SQLAlchemyError as error:
            raise BadFeed(self._fault(error)) from error

    def _on_the_clock(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """Rows with times for the Julian days that Kamailio keeps times as in SQLite."""
        if self._engine is None or self._engine.dialect.name != "sqlite":
            return rows
        if self._times is None:
            schema, _, table = self._way.table.rpartition(".")
            columns = sa.inspect(self._engine).get_columns(table, schema or None)
            self._times = {each["name"] for each in columns if isinstance(each["type"], sa.DateTime)}
        is_time = [name in self._times for name in names]
        return [
            [
                _of_julian(value) if time and isinstance(value, float) else value
                for time, value in zip(is_time, row, strict=True)
            ]
            for row in rows
        ]

    def _columns(self) -> list[str]:
        named = list(self._way.columns)
        return [self._way.id, *named] if named and self._way.id not in named else named

    def _table(self) -> sa.TableClause:
        schema, _, name = self._way.table.rpartition(".")
        return sa.table(name, schema=schema or None)

    def _connected(self) -> sa.Connection:
        if self._engine is None:
            try:
                self._engine = engine_of(self._way)
            except (ArgumentError, ImportError) as error:
                raise BadFeed(f"the url of the database cannot be used: {error}") from error
        try:
            return self._engine.connect()
        except SQLAlchemyError as error:
            raise BadFeed(self._fault(error)) from error

    def _fault(self, error: SQLAlchemyError) -> str:
        cause = " ".join(str(getattr(error, "orig", None) or error).split())
        return f"{shown(self._way.url)}, table {self._way.table}: {cause}"

    def _written(self, names: Sequence[str], rows: Sequence[Sequence[Any]], last: int) -> Path:
        """Write rows as the file that is loaded."""
        path = private_file(self._folder / f"{self._way.table}-to-{last}.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(names)
            lines.writerows([_text(value) for value in row] for row in rows)
        return path


def engine_of(way: DatabaseTable) -> sa.Engine:
    """Engine of a database, with the password that stands elsewhere."""
    url: URL = make_url(way.url)
    kind = url.get_backend_name()
    if kind not in _OPTIONS:
        raise BadFeed(f"{kind} is none of {', '.join(_OPTIONS)}")
    if "+" not in url.drivername:
        url = url.set(drivername=_DRIVERS.get(kind, kind))
    password = way.password.read()
    if password and kind != "sqlite":
        url = url.set(password=password)
    return sa.create_engine(url, connect_args=_OPTIONS[kind], pool_size=1, max_overflow=1, pool_pre_ping=True)


def shown(url: str) -> str:
    """A database's address as messages may have it."""
    return make_url(url).render_as_string(hide_password=True)


def _of_julian(days: float) -> datetime:
    """Time of a Julian day, to the second that Kamailio has made it of."""
    return _EPOCH + timedelta(seconds=round((days - _EPOCH_DAY) * _DAY_S))


def _digest(row: Sequence[Any]) -> bytes:
    return hashlib.blake2b(repr([_text(value) for value in row]).encode(), digest_size=16).digest()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
