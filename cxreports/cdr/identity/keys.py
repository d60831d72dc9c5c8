"""SQL of a record's keys: what identifies it, and what its call.

A record is identified by what its format names, where all of that is there, else by its contents. Its call is
what the legs of the format share, else the record itself. ``mapping`` selects these; the lake joins by them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cxreports.cdr.evidence.columns import Columns
from cxreports.cdr.identity.legs import Caller
from cxreports.cdr.source_format import SourceFormat, column_key
from cxreports.cdr.values import first
from cxreports.sql import literal

IN_TURN: Final = 10
"""What the rank of a leg is higher by where legs follow each other and none says when it begins."""

_SEPARATOR: Final = ", chr(31), "
_APART: Final = chr(31)


@dataclass(frozen=True)
class Keys:
    """Keys of the records of one file.

    Attributes
    ----------
    source_format
        Names what identifies records and calls.
    whose
        SQL of the customer, as far as the file's strongest columns or the load say it.
    contents
        SQL of the digest of everything that a record says.
    sql_of
        SQL of a column or field, as text; None where the file lacks it.
    sources
        SQL of the columns that the format uses and the file has.
    """

    source_format: SourceFormat
    whose: str
    contents: str
    sql_of: Callable[[str], str | None]
    sources: Sequence[str]

    @property
    def apply(self) -> bool:
        """Whether anything but their contents identifies records or calls of the file."""
        return self._identity is not None or self._call is not None

    @property
    def origin(self) -> tuple[str, ...]:
        """Select list of what is stored of a record beside its call's key, where anything is."""
        if not self.apply:
            return ()
        return f"{self.leg} AS leg_key", f"{self.rank} AS leg_rank", f"{self.knows} AS knows"

    @property
    def record(self) -> str:
        """SQL of the digest of what identifies a record."""
        named = self._identity
        if named is None:
            return self.contents
        complete = " AND ".join(f"{sql} IS NOT NULL" for sql in named)
        return f"CASE WHEN {complete} THEN {self._digest('record', named)} ELSE {self.contents} END"

    @property
    def call(self) -> str:
        """SQL of the digest of what identifies a call."""
        if self._call is None:
            return self.record
        shared, also = self._call
        digest = self._digest("call", (shared, *also))
        return f"CASE WHEN {shared} IS NOT NULL THEN {digest} ELSE {self.record} END"

    @property
    def leg(self) -> str:
        """SQL of the digest of the record, null where it is the call's."""
        return "CAST(NULL AS BIGINT)" if self._call is None else shortened(f"({self.record})")

    @property
    def rank(self) -> str:
        """SQL of a leg's rank: 2 for the caller's, 0 for a challenge, else 1, and `IN_TURN` more."""
        legs = self.source_format.legs
        if legs is None or self._call is None:
            return "CAST(NULL AS TINYINT)"
        ways = []
        code = self.sql_of("sip_code")
        if legs.challenge and code is not None:
            codes = ", ".join(f"'{each}'" for each in legs.challenge)
            ways.append(f"WHEN {code} IN ({codes}) THEN 0")
        other, callers = (1 + IN_TURN, 2 + IN_TURN) if legs.in_turn else (1, 2)
        ways += [f"WHEN {sql} THEN {callers}" for sql in map(self._is_caller, legs.caller) if sql]
        rank = f"CASE {' '.join(ways)} ELSE {other} END" if ways else other
        return f"CAST({rank} AS TINYINT)"

    @property
    def knows(self) -> str:
        """SQL of how many of its columns a record fills."""
        count = " + ".join(f"CAST({sql} IS NOT NULL AS SMALLINT)" for sql in self.sources) or "0"
        return f"CAST({count} AS SMALLINT)"

    @property
    def _identity(self) -> tuple[str, ...] | None:
        found = [self.sql_of(name) for name in self.source_format.identity]
        named = tuple(sql for sql in found if sql is not None)
        return named if named and len(named) == len(found) else None

    @property
    def _call(self) -> tuple[str, tuple[str, ...]] | None:
        legs = self.source_format.legs
        if legs is None:
            return None
        ways = [sql for sql in map(self.sql_of, legs.call) if sql is not None]
        if not ways:
            return None
        also = [sql for sql in map(self.sql_of, legs.also) if sql is not None]
        return f"coalesce({', '.join(ways)})", tuple(also)

    def _is_caller(self, test: Caller) -> str | None:
        looked_at = self.sql_of(test.column)
        if looked_at is None:
            return None
        if test.present:
            return f"{looked_at} IS NOT NULL"
        if test.same is not None:
            other = self.sql_of(test.same)
            return f"{looked_at} = {other}" if other is not None else None
        return f"lower(trim({looked_at})) IN ({', '.join(map(literal, test.words))})"

    def _digest(self, kind: str, values: Sequence[str]) -> str:
        parts = [literal(f"{self.source_format.name} {kind}"), self.whose, *values]
        return f"md5_number(concat({_SEPARATOR.join(parts)}))"


def keys_of(
    source_format: SourceFormat, columns: Columns, customer: str | None, sql_of: Callable[[str], str | None]
) -> Keys:
    """Keys of the records of a file.

    Parameters
    ----------
    columns
        Those of the file.
    customer
        Whom the load names, if anybody.
    sql_of
        See `Keys`.
    """
    usual = [None if i is None else f"c{i}" for i in columns.key]
    others = [(column_key(columns.names[i]), f"c{i}") for i in columns.others]
    rules = [rule for target in source_format.targets for rule in target.rules]
    used = {sql for rule in rules for name in rule.columns if (sql := columns.sql(name))}
    whose = [sql for sql in map(columns.sql, source_format.customer.columns) if sql]
    contents = contents_sql(source_format, usual, others)
    return Keys(source_format, first([*whose, literal(customer or "")]), contents, sql_of, sorted(used))


def shortened(digest: str) -> str:
    """SQL of a digest as it is stored: a positive BIGINT."""
    return f"CAST({digest} >> 65 AS BIGINT)"


def contents_sql(
    source_format: SourceFormat, usual: Sequence[str | None], others: Sequence[tuple[str, str]]
) -> str:
    """SQL of the MD5 of everything that a record says, and whose it is; its upper half is what is stored.

    Parameters
    ----------
    usual
        SQL of the columns that the format has, in an order of their own; None for one that the file lacks.
    others
        Names and SQL of the file's further columns: those that are empty are as good as absent.
    """
    # concat reads null as nothing, so this is concat_ws over empty texts, a fifth cheaper. What stands
    # between the columns of the file is one text: each part of a concat costs as much as a column.
    parts, between = [], source_format.name + _APART
    for sql in ("the_customer", *usual):
        if sql is not None:
            parts += [literal(between), sql]
            between = ""
        between += _APART
    parts += [f"{literal(chr(30) + name + _APART)} || {sql}" for name, sql in others]
    return f"md5_number(concat({', '.join([*parts, literal(between)])}))"
