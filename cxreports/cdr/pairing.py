"""Two rows that make one call: Kamailio's acc module writes one at the INVITE, one at the BYE.

An unanswered INVITE is a call at once. An answered one waits for its BYE: same Call-ID, same
two tags, in either direction. What finds no partner in its file is kept pending among the
rejects, and a later file's read takes it up again. Re-INVITEs and second BYEs are set aside:
they are part of a call that is counted already. What only the end of a call knows, such as the
digits that were keyed in it, comes from its BYE. A call keeps the record key of its INVITE, so
that it is the same call whichever BYE comes with it; rows of a call that an earlier file
completed are counted as delivered before.
"""

from dataclasses import dataclass
from typing import Final

import duckdb

from cxreports.cdr.record import COLUMNS, KEYED_COLUMNS
from cxreports.cdr.source_format import Pairing
from cxreports.sql import literal

NO_BYE: Final = "no {closes} yet"
NO_INVITE: Final = "{closes} without its {opens}"
TOO_EARLY: Final = "ended before it began"
STORED_COLUMNS: Final = ("customer", "call_id", "leg", "call_time", "connected")
"""What is looked at in a stored call to tell whether a row is part of it."""

_OPENING: Final = "role = 'opens' AND connected AND call_time = opened"


@dataclass(frozen=True)
class Half:
    """A row that waits for the other row of its call.

    Attributes
    ----------
    call_id
        What both rows share, without their tags (the Call-ID).
    name
        ``begin`` for an opening row, ``end`` for a closing one.
    call_time_us
        When it was, microseconds since 1970.
    """

    call_id: str
    name: str
    call_time_us: int


def call_id_sql(pairing: Pairing) -> str:
    """Write SQL of what both rows of a call share besides their tags, over the columns ``pair_1`` …."""
    return f"concat_ws(' ', {', '.join(_keys(pairing))})"


def _keys(pairing: Pairing) -> list[str]:
    return [f"pair_{number}" for number in range(1, len(pairing.key) + 1)]


@dataclass(frozen=True)
class Paired:
    """What pairing did to a table of typed rows.

    Attributes
    ----------
    rows
        Rows that closed another row of the same file; they are gone from the table.
    resolved
        Ordinals of the pending rows that are now part of a call.
    waiting
        Ordinals in the file, reasons, and what is known of rows that wait for their other half.
    aside
        Ordinals and reasons of rows that are no call of their own.
    counted
        Rows of calls that an earlier file completed; they are gone from the table.
    """

    rows: int = 0
    resolved: tuple[int, ...] = ()
    waiting: tuple[tuple[int, str, Half], ...] = ()
    aside: tuple[tuple[int, str], ...] = ()
    counted: int = 0


def pair(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    pending: str | None,
    pairing: Pairing,
    stored: str | None = None,
) -> Paired:
    """Join opening and closing rows of a typed table, in place.

    Parameters
    ----------
    connection
        Holds the tables.
    table
        Typed rows with ``ordinal``, ``reason`` and the columns ``pair_0`` … (role, key, tags).
    pending
        The same for rows of earlier files, if there are any.
    pairing
        Which rows open and close a call, and what they share.
    stored
        SQL of the calls of earlier files, with at least ``STORED_COLUMNS``. A row belongs to one
        of them if it has its customer and call id, and one of its tags is the call's leg.
    """
    return _Pairs(connection, table, pending, pairing, stored).paired()


@dataclass(frozen=True)
class _Pairs:
    connection: duckdb.DuckDBPyConnection
    table: str
    pending: str | None
    pairing: Pairing
    stored: str | None

    def paired(self) -> Paired:
        before, counted = self._counted()
        self._mark()
        self._dialogues()
        aside = (*before, *self._listed(self._aside_sql()))
        waiting = self._waiting()
        resolved = tuple(ordinal for ordinal, _ in self._listed(self._resolved_sql()))
        closed = self._finish()
        for name in ("half", "dialogue"):
            self.connection.execute(f"DROP TABLE {self.table}_{name}")
        return Paired(closed, resolved, waiting, aside, counted)

    def _listed(self, query: str) -> tuple[tuple[int, str], ...]:
        return tuple(
            (int(ordinal), str(reason)) for ordinal, reason in self.connection.execute(query).fetchall()
        )

    @property
    def _role(self) -> str:
        return (
            f"CASE upper(pair_0) WHEN {literal(self.pairing.opens)} THEN 'opens' "
            f"WHEN {literal(self.pairing.closes)} THEN 'closes' ELSE 'other' END"
        )

    def _closing(self) -> dict[str, str]:
        """Fields that the closing row knows better, and what they are called among the halves."""
        return {name: f"{name}_of_half" for name in self.pairing.closing}

    def _tags(self) -> tuple[str, str]:
        first = len(self.pairing.key) + 1
        return f"coalesce(pair_{first}, '')", f"coalesce(pair_{first + 1}, '')"

    def _counted(self) -> tuple[tuple[tuple[int, str], ...], int]:
        """Take out the rows of calls that an earlier file completed.

        Returns
        -------
        tuple
            Ordinals and reasons of opening rows that came before the row such a call was
            counted from, and how many other rows there were.
        """
        if self.stored is None:
            return (), 0
        low, high = self._tags()
        found = f"{self.table}_counted"
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE {found} AS
            SELECT ordinal, role = 'opens' AND any_value(t.call_time) < min(s.call_time) AS before
            FROM (SELECT *, {self._role} AS role FROM {self.table} WHERE reason IS NULL) AS t
            JOIN {self.stored} AS s ON s.customer = t.customer AND s.call_id = t.call_id
                AND s.connected AND s.leg IN ({low}, {high})
            WHERE role = 'closes' OR (role = 'opens' AND t.connected)
            GROUP BY ordinal, role"""
        )
        opens = self.pairing.opens
        reason = f"{opens} before the {opens} from which its call is counted already"
        before = self._listed(f"SELECT ordinal, {literal(reason)} FROM {found} WHERE before ORDER BY ordinal")
        ((all_rows,),) = self.connection.execute(f"SELECT count(*) FROM {found}").fetchall()
        self.connection.execute(f"DELETE FROM {self.table} WHERE ordinal IN (SELECT ordinal FROM {found})")
        self.connection.execute(f"DROP TABLE {found}")
        return before, int(all_rows) - len(before)

    def _mark(self) -> None:
        """List every row that is half of a call, of this file and of earlier ones."""
        low, high = self._tags()
        dialogue = ", ".join([*_keys(self.pairing), f"least({low}, {high})", f"greatest({low}, {high})"])
        parts = [(0, self.table), *([(1, self.pending)] if self.pending else [])]
        more = "".join(f", {name} AS {half}" for name, half in self._closing().items())
        selects = [
            f"SELECT {earlier} AS earlier, ordinal, {self._role} AS role, connected, call_time{more}, "
            f"{call_id_sql(self.pairing)} AS call_id, concat_ws(chr(31), {dialogue}) AS dialogue "
            f"FROM {name} WHERE reason IS NULL"
            for earlier, name in parts
        ]
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self.table}_half AS {' UNION ALL '.join(selects)}"
        )

    def _dialogues(self) -> None:
        """Find when each dialogue opened and closed."""
        opens, closes = "role = 'opens' AND connected", "role = 'closes'"
        # Of two BYEs the one that has more of it: what grows during a call sorts after its beginning.
        more = "".join(
            f", max({half}) FILTER ({closes}) AS {name}_at_end" for name, half in self._closing().items()
        )
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE {self.table}_dialogue AS
            SELECT dialogue,
                min(call_time) FILTER ({opens}) AS opened,
                min(call_time) FILTER ({closes}) AS closed,
                arg_min(earlier, {{'at': call_time, 'key': earlier}}) FILTER ({opens}) AS opened_earlier{more}
            FROM {self.table}_half WHERE role <> 'other'
            GROUP BY dialogue"""
        )

    def _halves(self, columns: str, where: str) -> str:
        return (
            f"SELECT {columns} FROM {self.table}_half "
            f"LEFT JOIN {self.table}_dialogue USING (dialogue) WHERE {where} ORDER BY ordinal"
        )

    def _aside_sql(self) -> str:
        opens, closes = self.pairing.opens, self.pairing.closes
        reason = (
            f"CASE role WHEN 'other' THEN 'neither {opens} nor {closes}: no call of its own' "
            f"WHEN 'opens' THEN 're-{opens} of a call that is counted already' "
            f"ELSE 'second {closes} of a call that is counted already' END"
        )
        late = (
            "role = 'other' OR (role = 'opens' AND connected AND call_time > opened) "
            "OR (role = 'closes' AND call_time > closed AND opened IS NOT NULL)"
        )
        return self._halves(f"ordinal, {reason}", f"earlier = 0 AND ({late})")

    def _waiting(self) -> tuple[tuple[int, str, Half], ...]:
        names = {"opens": self.pairing.opens, "closes": self.pairing.closes}
        reason = (
            f"CASE role WHEN 'opens' THEN {literal(NO_BYE.format(**names))} "
            f"ELSE {literal(NO_INVITE.format(**names))} END"
        )
        alone = (
            "(role = 'opens' AND connected AND closed IS NULL AND call_time = opened) "
            "OR (role = 'closes' AND opened IS NULL)"
        )
        name = "CASE role WHEN 'opens' THEN 'begin' ELSE 'end' END"
        query = self._halves(
            f"ordinal, {reason}, call_id, {name}, epoch_us(call_time)", f"earlier = 0 AND ({alone})"
        )
        return tuple(
            (int(ordinal), str(text), Half(*half))
            for ordinal, text, *half in self.connection.execute(query).fetchall()
        )

    def _resolved_sql(self) -> str:
        here = f"dialogue IN (SELECT dialogue FROM {self.table}_half WHERE earlier = 0)"
        return self._halves(
            "ordinal, ''",
            f"earlier = 1 AND role <> 'other' AND opened IS NOT NULL AND closed IS NOT NULL AND {here}",
        )

    def _finish(self) -> int:
        """Add the ends to their calls, drop the closing rows, and count those."""
        early = "closed < opened"
        span = "greatest(epoch_us(closed) - epoch_us(opened), 0)"
        changed = {
            "end_time": "greatest(closed, opened)",
            "duration_s": f"CAST(CAST({span} AS DECIMAL(18,0)) * 0.000001 AS DECIMAL(18,6))",
            "note": f"nullif(concat_ws('; ', t.note, CASE WHEN {early} THEN {literal(TOO_EARLY)} END), '')",
        }
        for name in self.pairing.closing:
            changed[name] = f"coalesce(nullif({name}_at_end, ''), t.{name}, {name}_at_end)"
        sets = ", ".join(f"{name} = {sql}" for name, sql in changed.items())
        halves = f"{self.table}_half AS h JOIN {self.table}_dialogue AS d USING (dialogue)"
        whole = "opened IS NOT NULL AND closed IS NOT NULL"
        self.connection.execute(
            f"UPDATE {self.table} AS t SET {sets} FROM (SELECT * FROM {halves} "
            f"WHERE earlier = 0 AND {_OPENING} AND {whole}) AS c WHERE t.ordinal = c.ordinal"
        )
        if self.pending:
            self._take_up(changed, halves, whole)
        ((gone,),) = self.connection.execute(
            f"SELECT count(*) FILTER (opened_earlier = 0) FROM {halves} "
            f"WHERE earlier = 0 AND role = 'closes' AND call_time = closed AND {whole}"
        ).fetchall()
        self.connection.execute(
            f"DELETE FROM {self.table} WHERE ordinal IN (SELECT ordinal FROM {self.table}_half "
            "WHERE earlier = 0 AND role <> 'opens')"
        )
        return int(gone)

    def _columns(self) -> list[str]:
        """Columns of the typed rows, those that tell halves apart left out."""
        described = self.connection.execute(f"SELECT column_name FROM (DESCRIBE {self.table})").fetchall()
        return [name for (name,) in described if name in {*COLUMNS, *KEYED_COLUMNS}]

    def _take_up(self, changed: dict[str, str], halves: str, whole: str) -> None:
        """Make a call of each closing row whose opening row came with an earlier file."""
        columns = ", ".join(
            f"{changed[name]} AS {name}" if name in changed else f"t.{name}" for name in self._columns()
        )
        self.connection.execute(
            f"""INSERT INTO {self.table} BY NAME
            SELECT {columns}
            FROM (SELECT d.* FROM {halves}
                WHERE earlier = 0 AND role = 'closes' AND call_time = closed AND {whole}
                AND opened_earlier = 1) AS c
            JOIN (SELECT dialogue, min(ordinal) AS ordinal FROM {halves}
                WHERE earlier = 1 AND {_OPENING} GROUP BY dialogue) AS o
                USING (dialogue)
            JOIN {self.pending} AS t ON t.ordinal = o.ordinal"""
        )
