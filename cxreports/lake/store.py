"""The store: everything that can be done with a lake, by name.

Its neighbours do the work: ``load``, ``derive``, ``snapshot``, ``compact``, ``verify``, ``export``.
`Store` holds what they share: the folder, the settings, the newest snapshot.
"""

from __future__ import annotations

import shutil
import threading
import weakref
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from os import PathLike
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final

import duckdb

from cxreports.cdr.definition import format_from
from cxreports.errors import LakeBusy, OutOfReach
from cxreports.lake.calls.aside import recover
from cxreports.lake.calls.unload import unload
from cxreports.lake.compact import compact
from cxreports.lake.derive import catch_up, check_definition, rebuild
from cxreports.lake.export import export
from cxreports.lake.head import Head, Tables
from cxreports.lake.kept.rows import KeptRows
from cxreports.lake.kept.touched import Touched
from cxreports.lake.load import Loading, Source
from cxreports.lake.lock import WAIT_S, writing
from cxreports.lake.parquet.readers import forget_schema, new_schema, readers
from cxreports.lake.parquet.views import Views, views_sql
from cxreports.lake.proof.damage import Behind, behind, damages, without
from cxreports.lake.snapshot import Snapshot
from cxreports.lake.verify import differences
from cxreports.settings import Home, Settings
from cxreports.sql import literal
from cxreports.visitor import customer_in_reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import polars as pl

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.clock import Time
    from cxreports.lake.calls.loads import LoadReport
    from cxreports.lake.log import Contents, Held
    from cxreports.lake.progress import Progress
    from cxreports.lake.table import Table

_WRITING: Final = {"memory_limit": "1GB", "arrow_output_version": "1.5", "produce_arrow_string_view": "true"}
"""What DuckDB may take while it loads, the rest spills beside the lake; it hands texts over as polars holds
them, and decimals of up to 18 digits in 8 bytes, not 16."""

_KEEP_HOURS: Final = 24 * 7


class Store:
    """CDRs and the figures derived from them, in a folder.

    Many processes may use a store at once: one writes, the others wait for it; readers never
    wait. Do not fork a process that has used one: spawn instead.

    Parameters
    ----------
    home
        Folder of everything that cxreports keeps, by default the setting ``CXREPORTS_HOME``; or the
        settings, where they have been read already.
    user_side_codes
        SIP codes that count as user-side endings, by default the setting.

    Notes
    -----
    In a process that works for a portal's visitor, every store holds that visitor's rows alone and
    cannot be written.

    Raises
    ------
    NotBound
        The process is a portal's and was told of no visitor.
    """

    def __init__(self, home: Home = None, *, user_side_codes: Iterable[int] | None = None) -> None:
        settings = Settings.of(home)
        self.home = settings.home
        self.user_side_codes = tuple(settings.user_side_codes if user_side_codes is None else user_side_codes)
        self._tables = Tables(settings.lake, customer_in_reach())
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None
        self._kept_rows: KeptRows | None = None
        self._touched = Touched(self._tables.channels)
        self._nothing: Store | None = None
        self._readers: duckdb.DuckDBPyConnection | None = None

    def load(
        self,
        *files: str | PathLike[str],
        source_format: SourceFormat | str | PathLike[str] | None = None,
        customer: str | None = None,
        zone: str = "UTC",
        by_leg: bool = False,
        dates: str | None = None,
        progress: Progress | None = None,
        wait_s: float = WAIT_S,
        marks: Mapping[str, int] | None = None,
    ) -> list[LoadReport]:
        """Load CDR files: each record once, whatever was loaded before.

        Parameters
        ----------
        files
            Paths; each becomes visible as a whole.
        source_format
            Their format, its name, or the path of its TOML; found from each file if not given.
        customer
            Whose calls they are, where the files do not say.
        zone
            IANA zone of times that carry none.
        by_leg
            Whether each record counts as a call, whatever the format says of legs.
        dates
            Order of dates in numbers, ``dmy``, ``mdy`` or ``ymd``; found from each file if not given.
        progress
            Told the file, the bytes done and the bytes in all.
        wait_s
            Seconds to wait while another process writes.
        marks
            Numbers that are kept in the same commit as a file's calls, see `mark`.

        Returns
        -------
        list of LoadReport
            One per file; a refused file says why and does not stop the others.

        Raises
        ------
        BadTime
            There is no such zone.
        FormatError
            There is no such format.
        LakeBusy
            Another process writes for longer than `wait_s`.
        DefinitionChanged
            The stored figures were built with other settings.
        """
        if isinstance(source_format, str | PathLike):
            source_format = format_from(Path(source_format))
        source = Source(source_format, customer, zone, by_leg, dates)
        with self._writing(wait_s) as connection:
            catch_up(connection, self._tables, self.user_side_codes)
            loading = Loading(connection, self._tables, self.user_side_codes, source, marks=marks or {})
            reports = list(loading.files([Path(each) for each in files], progress))
            compact(connection, self._tables)
        return reports

    def mark(self, name: str) -> int | None:
        """Number that was kept last under a name with what was loaded (`load`); None if none ever was."""
        return self._tables.cdr.transaction(name) if self.is_made else None

    def unload(self, *ids: int, wait_s: float = WAIT_S) -> list[str]:
        """Take back what was loaded, as if the files had never come; give their names.

        Parameters
        ----------
        ids
            Numbers that `loads` lists.

        Raises
        ------
        LakeError
            There is no such load, or it holds halves of another one's calls.
        LakeBusy
            Another process writes for longer than `wait_s`.
        """
        with self._writing(wait_s) as connection:
            catch_up(connection, self._tables, self.user_side_codes)
            taken = unload(connection, self._tables, ids)
            catch_up(connection, self._tables, self.user_side_codes)
        return list(dict.fromkeys(each.file for each in taken))

    def loads(self) -> pl.DataFrame:
        """Files that were loaded and have not been taken back (see `Snapshot.loads`)."""
        return self.snapshot().loads()

    def recover(self, *, wait_s: float = WAIT_S) -> None:
        """Complete what a killed load has begun; every load does so first."""
        with self._writing(wait_s) as connection:
            catch_up(connection, self._tables, self.user_side_codes)

    def create(self, *, wait_s: float = WAIT_S) -> None:
        """Make the tables where there are none yet."""
        if not self._tables.exist():
            with writing(self._tables.folder, wait_s):
                self._tables.create()

    def snapshot(self, as_of: datetime | int | None = None) -> Snapshot:
        """Open the lake as it is now, or was at a time or version.

        The snapshot of now is kept: asking again costs a look at a file name while nothing is
        loaded.

        Raises
        ------
        NoSuchVersion
            The lake does not reach back to it, or has not come to it.
        DefinitionChanged
            The stored figures were built with other settings.
        """
        with self._lock:
            if not self.is_made:
                return self._empty().snapshot(None if isinstance(as_of, datetime) else as_of)
            self.create()
            if as_of is not None:
                return self._opened(self._tables.with_files(self._tables.at(as_of)))
            if self._snapshot is None or self._snapshot.head.version != self._tables.channels.latest():
                self._snapshot = self._opened(self._tables.newest())
            return self._snapshot

    def reaching(self, snapshot: Snapshot, customer: str, held: Mapping[str, Held] | None = None) -> Snapshot:
        """The state of the lake that a snapshot of this store shows, with one customer's rows alone in reach.

        Opening it reads nothing, so that many customers can be served one after the other.

        Parameters
        ----------
        held
            Rows that are in memory, see `cxreports.lake.calls.held`.

        Raises
        ------
        OutOfReach
            This process works for another customer.
        """
        if self._tables.only not in {None, customer}:
            raise OutOfReach(f"this process works for {self._tables.only}, not for {customer}")
        with self._lock:
            tables = Tables(self._tables.folder, customer).by_name
            for name, rows in (held or {}).items():
                tables[name].held = rows
            return self._shown(snapshot.head, tables, snapshot.contents, snapshot)

    def touches(self, snapshot: Snapshot, customer: str) -> bool:
        """Whether what was loaded after a snapshot may have changed a customer's calls: asks the log."""
        return self.is_made and self._touched.since(snapshot.head.version, customer)

    def keep_rows(self) -> None:
        """Keep rows in memory from now on (`KeptRows`): for a page, which asks again and again."""
        with self._lock:
            self._kept_rows, self._snapshot = self._kept_rows or KeptRows(), None

    def customers(self) -> pl.DataFrame:
        """Customers with their number of CDRs, first and last call (see `Snapshot.customers`)."""
        return self.snapshot().customers()

    def verify(self) -> pl.DataFrame:
        """Compute every stored figure anew from the CDRs, in another way, and give the differences.

        Returns
        -------
        polars.DataFrame
            ``table``, ``customer``, ``at`` (UTC), ``column``, ``stored``, ``recomputed`` (texts);
            empty when all is well.
        """
        if self._tables.only is not None:
            raise OutOfReach("a customer's page cannot verify the lake")
        tables = self._tables.by_name
        if not self.is_made:
            return differences(self.snapshot())
        self.create()
        head = self._tables.newest()
        contents = {name: tables[name].contents(version) for name, version in head.versions.items()}
        damaged = damages(tables, contents)
        return differences(self._opened(head, without(contents, damaged)), damaged, self._behind(head))

    def _behind(self, head: Head) -> list[Behind]:
        """Tables that are ahead of the head, unless a load is under way that will bring it up to them."""
        try:
            with writing(self._tables.folder, 0):
                return behind(self._tables, head)
        except LakeBusy:
            return []
        except OSError:  # A home that is only read.
            return behind(self._tables, head)

    def rebuild(self, *, wait_s: float = WAIT_S) -> None:
        """Derive ``hourly``, ``daily`` and ``channels`` anew from the CDRs, with the present settings."""
        with self._writing(wait_s) as connection:
            rebuild(connection, self._tables, self.user_side_codes)

    def compact(self, *, wait_s: float = WAIT_S) -> int:
        """Merge the files of each partition into one; give how many files went."""
        with self._writing(wait_s) as connection:
            catch_up(connection, self._tables, self.user_side_codes)
            return compact(connection, self._tables, everything=True)

    def vacuum(self, *, keep_hours: float = _KEEP_HOURS, wait_s: float = WAIT_S) -> int:
        """Delete files that no version of the last hours needs, and what killed loads left; give how many.

        Versions that were replaced before that can then no longer be opened, nor go on being read.

        Parameters
        ----------
        keep_hours
            How far back snapshots stay.
        """
        with self._writing(wait_s) as connection:
            catch_up(connection, self._tables, self.user_side_codes)
            oldest = self._tables.oldest_since(datetime.now(UTC) - timedelta(hours=keep_hours)).versions
            return sum(table.vacuum(oldest[name]) for name, table in self._tables.by_name.items())

    def export(
        self,
        path: str | PathLike[str],
        customer: str = "all",
        start: Time | None = None,
        end: Time | None = None,
    ) -> None:
        """Write the present snapshot, or a customer's part of it, as a DuckDB database.

        Parameters
        ----------
        path
            A new file; one that is there is replaced when the new one is complete.
        customer
            Whose rows.
        start, end
            Half-open period; an end left out is open.
        """
        export(self.snapshot(), Path(path), customer, start, end)

    def _empty(self) -> Store:
        """A store without a call, for who asks where no lake has been made: asking makes none."""
        if self._nothing is None:
            folder = mkdtemp(prefix="cxreports-")
            self._nothing = Store(folder, user_side_codes=self.user_side_codes)
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self._nothing.create()
        return self._nothing

    @property
    def is_made(self) -> bool:
        """Whether there is a lake in the home; one of an older version may lack a table."""
        return self._tables.channels.exists()

    @contextmanager
    def _writing(self, wait_s: float) -> Iterator[duckdb.DuckDBPyConnection]:
        """Hold the lock and a connection that writes; what a killed load left is taken back first."""
        if self._tables.only is not None:
            raise OutOfReach("a customer's page cannot change the lake")
        folder = self._tables.folder
        with writing(folder, wait_s):
            self._tables.create()
            self._tables.open()
            recover(self._tables)
            # After `recover`, which looks for a killed load in the last entry of the log.
            self._tables.reject.evolve()
            self._tables.cdr.evolve()
            self._tables.loads.evolve()
            spill = folder / ".spill"
            shutil.rmtree(spill, ignore_errors=True)
            connection = duckdb.connect(config={**_WRITING, "temp_directory": str(spill)})
            try:
                connection.execute("SET GLOBAL TimeZone = 'UTC'")
                yield connection
            finally:
                connection.close()

    def _opened(self, head: Head, whole: Mapping[str, Contents] | None = None) -> Snapshot:
        """Open a head; where some of its files are damaged, those that are whole."""
        check_definition(self._tables.hourly, head.hourly, self.user_side_codes)
        tables = self._tables.by_name
        contents = whole or {name: tables[name].contents(version) for name, version in head.versions.items()}
        return self._shown(head, tables, contents)

    def _shown(
        self,
        head: Head,
        tables: Mapping[str, Table],
        contents: Mapping[str, Contents],
        whole: Snapshot | None = None,
    ) -> Snapshot:
        """Make a schema of its own, with the views, in the readers' DuckDB."""
        self._readers = self._readers or readers()
        schema = new_schema(head.version)
        connection = self._readers.cursor()
        connection.execute(f"CREATE SCHEMA {schema}; SET schema = {literal(schema)}")
        views = Views(connection, partial(views_sql, tables, contents))
        codes, kept = self.user_side_codes, None if whole else self._kept_rows
        snapshot = Snapshot(head, views, tables, contents, codes, whole=whole, kept=kept)
        # Not with the snapshot: a relation that an analyst still holds keeps the connection alive.
        weakref.finalize(connection, forget_schema, self._readers, schema)
        return snapshot
