"""From a source format to SQL: the one query that turns text columns into typed CDRs.

``reader`` runs it on a clean file and on a mended one alike. The query is a stack of
projections: the texts that the rules take from the columns, their typed values, what is
computed from those, and last the record with a ``note`` of what was mended and a ``reason``
where a value cannot be read. Everything that comes from a format or a caller enters as a
quoted literal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cxreports.cdr.evidence.clock_changes import SKIPPED, TIED, TWICE, Folded, within
from cxreports.cdr.evidence.columns import Columns
from cxreports.cdr.evidence.date_words import NUMERIC
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.identity.keys import keys_of
from cxreports.cdr.record import ALL_CUSTOMERS, FIELDS, SECONDS
from cxreports.cdr.source_format import Answered, Rule, SourceFormat, Target
from cxreports.cdr.values import ZERO_TIME_US, first, from_microseconds, groups, in_microseconds, value_sql
from cxreports.errors import FormatError
from cxreports.sql import Stack, literal

NO_CALL: Final = "(no call)"
"""Reason of a row that its format passes over."""

ORDER_SHOWN: Final = {"dmy": "day/month/year", "mdy": "month/day/year", "ymd": "year/month/day"}


@dataclass
class Mapping:
    """Writes the query of one file.

    Attributes
    ----------
    source_format, columns
        How the file is read, and the columns it has.
    customer
        The customer that the load names, if any.
    manner
        How the file writes its values; the connection's ``TimeZone`` must be its zone.
    file
        Name for the ``file`` column.
    """

    source_format: SourceFormat
    columns: Columns
    customer: str | None
    manner: Manner
    file: str
    bad: list[tuple[str, str, str]] = field(default_factory=list)
    strange: list[tuple[str, str]] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    shifted: dict[str, str] = field(default_factory=dict)

    def query(self, source: str, keep: Sequence[str] = ()) -> str:
        """Return the SELECT from ``source`` (columns ``c0`` …) to the record's columns that have a source.

        Parameters
        ----------
        source
            SQL to read from.
        keep
            Source columns to pass on beside the record's, as ``pair_0`` …; with them come the
            columns that have no source, as nulls.
        """
        targets = [target for target in self.source_format.targets if self._usable(target)]
        self.kinds = {target.name: target.kind for target in targets}
        if "call_time" not in self.kinds:
            raise FormatError(
                f"{self.source_format.path}: call_time: none of its columns is in {self.file}, "
                f"which has {', '.join(self.columns.names)}"
            )
        stack = Stack(source)
        stack.add(self._texts(targets))
        stack.add(self._values(targets))
        if self.manner.folds:
            for items in self._folds(targets):
                stack.add(items)
        for level in self._levels(targets):
            stack.add(item for target in level for item in self._resolved(target))
        stack.add([f"{self._connected()} AS is_connected", f"{self._customer()} AS the_customer"])
        stack.add([f"{self._duration()} AS the_duration"])
        stack.add([f"{self._answer()} AS the_answer"])
        stack.add([f"{self._end()} AS the_end"])
        notes, faults = stack.flagged("noted", self._notes()), stack.flagged("bad", self._faults())
        keys = keys_of(self.source_format, self.columns, self.customer, self._as_text)
        stack.add([f"{_any(notes)} AS is_noted", f"{_any(faults)} AS is_bad", f"{keys.call} AS digest"])
        selected = ", ".join([*self._record(notes, faults, keep), *keys.origin])
        return f"SELECT {selected}\nFROM ({stack.sql})"

    def _usable(self, target: Target) -> bool:
        return any(self._applies(rule) for rule in target.rules)

    def _applies(self, rule: Rule) -> bool:
        return rule.derived or rule.constant is not None or any(map(self.columns.sql, rule.columns))

    def _direct(self, target: Target) -> Iterator[tuple[int, Rule]]:
        rules = enumerate(target.rules)
        return ((i, rule) for i, rule in rules if not rule.derived and self._applies(rule))

    # texts -------------------------------------------------------------------------------

    def _texts(self, targets: Iterable[Target]) -> Iterator[str]:
        for target in targets:
            for i, rule in self._direct(target):
                text = self._text(rule)
                if target.kind == "code" or rule.decode == "ipv4-signed-le":
                    text = f"nullif({text}, '0')"  # how switches write that there was none
                yield from self._named(f"t_{target.name}_{i}", text)

    def _named(self, name: str, sql: str) -> Iterator[str]:
        """Give an expression a name; a mere column keeps its own, which spares the planner."""
        if sql.isidentifier() and sql != "NULL":
            self.same[name] = sql
        else:
            yield f"{sql} AS {name}"

    def _text(self, rule: Rule) -> str:
        if rule.constant is not None:
            return literal(rule.constant)
        found = list(dict.fromkeys(sql for sql in map(self.columns.sql, rule.columns) if sql is not None))
        if rule.join is not None:
            text = f"nullif(concat_ws({literal(rule.join)}, {', '.join(found)}), '')"
        else:
            text = first(found)
        if rule.decode == "url":
            text = f"url_decode({text})"
        if rule.regex is not None:
            text = groups(text, rule.regex, rule.join)
        return text

    # values ------------------------------------------------------------------------------

    def _values(self, targets: Iterable[Target]) -> Iterator[str]:
        for target in targets:
            for i, rule in self._direct(target):
                text, value = f"t_{target.name}_{i}", f"v_{target.name}_{i}"
                text = self.same.get(text, text)
                sql, fault, condition = value_sql(target, rule, text, value, self.manner)
                yield from self._named(value, sql)
                unknown_word = bool(rule.values) and rule.other == "null"
                if target.name == "direction" and not fault:
                    said = f"'direction: ''' || left({text}, 80) || ''' is neither inbound nor outbound'"
                    self.strange.append((f"{text} IS NOT NULL AND {value} IS NULL", said))
                if fault and not unknown_word:
                    said = f"{text} IS NOT NULL AND ({condition})"
                    self.bad.append((said, f"{target.name}: ", f"'''' || left({text}, 80) || ''' {fault}'"))

    # what is computed ---------------------------------------------------------------------

    def _levels(self, targets: Sequence[Target]) -> Iterator[list[Target]]:
        """Yield the targets in layers, each using only what the layers before it give."""
        waiting = list(targets)
        done: set[str] = set()
        while waiting:
            ready = [target for target in waiting if self._needs(target) <= done]
            if not ready:
                names = ", ".join(target.name for target in waiting)
                raise FormatError(f"{self.source_format.path}: from: {names} are computed from each other")
            yield ready
            done |= {target.name for target in ready}
            waiting = [target for target in waiting if target not in ready]

    def _needs(self, target: Target) -> set[str]:
        rules = [rule for rule in target.rules if rule.derived]
        names = {name for rule in rules for name in (rule.start, rule.until, *rule.plus, *rule.minus)}
        return {name for name in names if name in self.kinds}

    def _resolved(self, target: Target) -> Iterator[str]:
        always = [self._way(target, i, rule) for i, rule in enumerate(target.rules) if not rule.unanswered]
        known = first([way for way in always if way is not None])
        if target.kind == "text":
            yield from self._named(f"d_{target.name}", known)
        else:
            yield f"{known} AS d_{target.name}"
        if len(always) < len(target.rules):
            ways = [self._way(target, i, rule) for i, rule in enumerate(target.rules)]
            yield f"{first([way for way in ways if way is not None])} AS u_{target.name}"

    def _way(self, target: Target, i: int, rule: Rule) -> str | None:
        if rule.derived:
            return self._derived(target, rule)
        if not self._applies(rule):
            return None
        value = f"v_{target.name}_{i}"
        value = self.shifted.get(value, self.same.get(value, value))
        return f"CASE WHEN {value} >= {ZERO_TIME_US} THEN {value} END" if target.kind == "time" else value

    def _derived(self, target: Target, rule: Rule) -> str | None:
        names = [rule.start, rule.until, *rule.plus, *rule.minus]
        if any(name is not None and name not in self.kinds for name in names):
            return None
        if rule.until is not None:
            span = f"(d_{rule.until} - d_{rule.start})"
            sql = from_microseconds(span, target.kind)
            return f"CASE WHEN {span} >= 0 THEN {sql} END"
        terms = [f" + {self._us(name)}" for name in rule.plus] + [
            f" - {self._us(name)}" for name in rule.minus
        ]
        return f"(d_{rule.start}{''.join(terms)})"

    def _us(self, name: str) -> str:
        """Return a duration in whole microseconds."""
        return in_microseconds(f"d_{name}", self.kinds[name])

    def _has(self, name: str) -> str | None:
        return self.same.get(f"d_{name}", f"d_{name}") if name in self.kinds else None

    def _connected(self) -> str:
        tests = [test for test in map(self._answered, self.source_format.connected) if test]
        if not tests:
            raise FormatError(
                f"{self.source_format.path}: connected: nothing it looks at is in {self.file}, "
                f"which has {', '.join(self.columns.names)}"
            )
        return f"coalesce({', '.join(tests)}, false)"

    def _answered(self, test: Answered) -> str | None:
        if test.every:
            parts = [self._answered(each) for each in test.every]
            known = [part for part in parts if part is not None]
            return f"({' AND '.join(known)})" if len(known) == len(parts) else None
        looked_at = self.columns.sql(test.column) if test.column else self._has(test.field or "")
        if looked_at is None:
            return None
        if test.present:
            return f"({looked_at} IS NOT NULL)"
        if test.words:
            words = ", ".join(literal(word) for word in test.words)
            return f"(lower(trim({looked_at})) IN ({words}))"
        number = looked_at if test.field else f"TRY_CAST({looked_at} AS {SECONDS})"
        if test.between is not None:
            return f"({number} BETWEEN {test.between[0]} AND {test.between[1]})"
        return f"({number} > 0)"

    def _customer(self) -> str:
        customer = self.source_format.customer
        ways = [self.columns.sql(name) for name in customer.columns]
        ways.append(literal(self.customer) if self.customer is not None else None)
        ways += [self.columns.sql(name) for name in customer.fallback]
        ways.append(literal(customer.default) if customer.default is not None else None)
        return first([way for way in ways if way is not None])

    def _duration(self) -> str:
        said = self._has("duration_s")
        measured = None
        if self._has("answer_time") and self._has("end_time"):
            span = "(d_end_time - d_answer_time)"
            measured = f"CASE WHEN {span} >= 0 THEN {from_microseconds(span, 'seconds')} END"
        known = [way for way in (said, measured) if way is not None]
        return f"CAST(CASE WHEN is_connected THEN {first(known)} ELSE 0 END AS {SECONDS})"

    def _answer(self) -> str:
        ways = [self._has("answer_time")]
        if self._has("end_time"):
            ways.append(f"d_end_time - {in_microseconds('the_duration', 'seconds')}")
        known = [way for way in ways if way is not None]
        if not known:
            return "CAST(NULL AS BIGINT)"
        answer = first(known)
        # Not greatest(): that would take the attempt's time for an answer that nobody noted.
        timely = f"CASE WHEN {answer} < d_call_time THEN d_call_time ELSE {answer} END"
        return f"CASE WHEN is_connected THEN {timely} END"

    def _end(self) -> str:
        delays = [f"coalesce({self._us(name)}, 0)" for name in ("pdd_ms", "ring_s") if name in self.kinds]
        after = f"coalesce({in_microseconds('the_duration', 'seconds')}, 0)"
        computed = f"coalesce(the_answer + {after}, {' + '.join(['d_call_time', *delays, after])})"
        end = self._has("end_time")
        if end is None:
            return computed
        return f"CASE WHEN {end} >= d_call_time THEN {end} ELSE {computed} END"

    # the record ----------------------------------------------------------------------------

    def _record(
        self, notes: Sequence[tuple[str, str]], faults: Sequence[tuple[str, str]], keep: Sequence[str]
    ) -> Iterator[str]:
        special = {
            "customer": "the_customer",
            "call_time": "make_timestamptz(d_call_time)",
            "answer_time": "make_timestamptz(the_answer)",
            "end_time": "make_timestamptz(the_end)",
            "duration_s": "the_duration",
            "connected": "is_connected",
            "note": f"CASE WHEN is_noted THEN {_joined(notes)} END",
            "file": literal(self.file),
            "record_key": "digest >> 65",
        }
        for target in self.source_format.targets:
            if target.name in self.kinds and any(rule.unanswered for rule in target.rules):
                known, guessed = self._has(target.name), f"u_{target.name}"
                special.setdefault(target.name, f"CASE WHEN is_connected THEN {known} ELSE {guessed} END")
        if self._has("dtmf"):
            special["dtmf"] = f"coalesce({self._has('dtmf')}, '')"
        for column in FIELDS:
            sql = special.get(column.name) or self._has(column.name)
            if sql or keep:
                yield f"CAST({sql or 'NULL'} AS {column.sql_type}) AS {column.name}"
        skipped = [
            test.sql(place)
            for test in self.source_format.skip
            if (place := self.columns.sql(test.column)) is not None
        ]
        skip = f"WHEN {' OR '.join(skipped)} THEN {literal(NO_CALL)} " if skipped else ""
        yield f"CASE {skip}WHEN is_bad THEN {_joined(faults)} END AS reason"
        for i, name in enumerate(keep):
            yield f"{self.columns.sql(name) or 'NULL'} AS pair_{i}"

    def _notes(self) -> list[tuple[str, str]]:
        notes = list(self.strange)
        if "duration_s" in self.kinds:
            said = "'talk time ' || d_duration_s || ' s on an unanswered call'"
            notes.append(("NOT is_connected AND d_duration_s > 0", said))
        for name, verb in (("answer_time", "answered"), ("end_time", "ended")):
            if name in self.kinds:
                notes.append((f"d_{name} < d_call_time", literal(f"{verb} before it began")))
        if not self.manner.order_certain:
            given = first(list(self._written_as("call_time")))
            numeric = f"regexp_extract({given}, {NUMERIC}, ['a', 'b', 'c'])"
            either = f"CAST(nullif({numeric}.b, '') AS INT) <= 12 AND {numeric}.a <> {numeric}.b"
            notes.append(
                (
                    either,
                    literal(
                        f"date may have another order, read as {ORDER_SHOWN[self.manner.order or 'dmy']}"
                    ),
                )
            )
        return notes + self._clock_change()

    def _clock_change(self) -> list[tuple[str, str]]:
        """Note local times that a clock change skips, and repeated ones that the row does not tell apart."""
        notes = [(TIED, literal(TWICE))] if "v_call_time_0" in self.shifted else []
        rules = next(target.rules for target in self.source_format.targets if target.name == "call_time")
        if self.manner.gaps and not rules[0].derived and self._applies(rules[0]) and not rules[0].epoch:
            wall = f"TRY_CAST({self.same.get('t_call_time_0', 't_call_time_0')} AS TIMESTAMP)"
            shown = f"timezone({literal(self.manner.zone)}, make_timestamptz(d_call_time))"
            skipped = f"{wall} < {shown} AND {wall} + INTERVAL 1 HOUR = {shown}"
            notes.append((f"{within(self.manner.gaps, 'd_call_time')} > 0 AND {skipped}", literal(SKIPPED)))
        return notes

    def _folds(self, targets: Sequence[Target]) -> Iterator[Iterable[str]]:
        """Choose between the two readings of times in an hour that the clock passes twice."""
        direct = {target.name: list(self._direct(target)) for target in targets}
        folded = Folded(targets, direct, self.same, self.manner.folds)
        yield from folded.levels()
        self.shifted = folded.shifted()

    def _as_text(self, name: str) -> str | None:
        """Return the SQL of a field, or else of a column, as a text."""
        field_sql = self._has(name)
        if field_sql is None:
            return self.columns.sql(name)
        return field_sql if self.kinds[name] == "text" else f"CAST({field_sql} AS VARCHAR)"

    def _faults(self) -> list[tuple[str, str]]:
        faults = [(condition, f"{literal(name)} || {said}") for condition, name, said in self.bad]
        unread = "".join(f" AND NOT ({c})" for c, name, _ in self.bad if name == "call_time: ")
        given = first(list(self._written_as("call_time")))
        zero = f"'''' || left({given}, 80) || ''' stands for no time'"
        faults.append((f"d_call_time IS NULL{unread}", f"'call_time: ' || coalesce({zero}, 'is empty')"))
        faults.append((f"the_customer = {literal(ALL_CUSTOMERS)}", "'customer: \"all\" is reserved'"))
        if self.source_format.customer.default is None:
            faults.append(("the_customer IS NULL", "'customer: is empty'"))
        return faults

    def _written_as(self, name: str) -> Iterator[str]:
        """Columns of a value's texts."""
        target = next(target for target in self.source_format.targets if target.name == name)
        return (self.same.get(f"t_{name}_{i}", f"t_{name}_{i}") for i, _ in self._direct(target))


def _any(cases: Sequence[tuple[str, str]]) -> str:
    return " OR ".join(f"({condition})" for condition, _ in cases) or "false"


def _joined(cases: Sequence[tuple[str, str]]) -> str:
    """Return the texts whose condition holds, joined."""
    texts = [f"CASE WHEN {condition} THEN {text} END" for condition, text in cases]
    return f"concat_ws('; ', {', '.join(texts)})" if texts else "NULL"
