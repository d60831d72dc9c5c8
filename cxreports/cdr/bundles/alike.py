"""Which files with different columns may be read by one query: those of which a format decides the same.

Nearly always a column that a file lacks is as good as an empty one. What is decided by its absence is listed
here, by the rules of ``mapping`` and ``keys``.
"""

from collections.abc import Hashable, Iterable, Iterator

from cxreports.cdr.evidence.columns import Columns
from cxreports.cdr.source_format import Answered, SourceFormat


def decided(source_format: SourceFormat, columns: Columns) -> Hashable:
    """What the absence of columns decides: equal for files that give the same when they are read together."""
    fields = {
        target.name: any(
            rule.derived or rule.constant is not None or any(map(columns.sql, rule.columns))
            for rule in target.rules
        )
        for target in source_format.targets
    }

    def place(name: str) -> str:
        return "field" if fields.get(name) else "column" if columns.sql(name) else ""

    identity = [place(name) for name in source_format.identity]
    legs = source_format.legs
    return (
        fields.get("call_time"),
        fields.get("dtmf"),
        tuple(
            bool(fields.get(test.field)) if test.field else columns.sql(test.column or "") is not None
            for test in _tests(source_format)
        ),
        tuple(columns.sql(test.column) is None for test in source_format.skip),
        all(identity) or tuple(identity),
        legs is not None and any(map(place, legs.call)),
        legs is not None and tuple(map(place, legs.also)),
        # A name stands for the field where there is one, else for the column.
        tuple(place(name) == "column" for name in _names(source_format)),
    )


def _tests(source_format: SourceFormat) -> Iterator[Answered]:
    for test in source_format.connected:
        yield from test.every or (test,)


def _names(source_format: SourceFormat) -> Iterable[str]:
    legs = source_format.legs
    callers = [name for test in legs.caller for name in (test.column, test.same) if name] if legs else []
    return [*source_format.identity, *(legs.call if legs else ()), *callers, "sip_code"]
