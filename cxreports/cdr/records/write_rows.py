"""Rows that are no lines of CSV written as such, with an account of where each stands in the file."""

import csv
from pathlib import Path

from cxreports.cdr.content import Content, text_blocks
from cxreports.cdr.definitions.toml_values import BLANKS
from cxreports.cdr.detect import Sighting
from cxreports.cdr.json_records import Records, checked_size
from cxreports.cdr.records import dump_records, line_records


def write_rows(content: Content, target: Path, sighting: Sighting) -> Records:
    """Write the rows of an SQL dump, of lines of several types or of columns set with blanks, as CSV.

    Raises
    ------
    NotACdrFile
        The file is larger than the settings allow.
    """
    checked_size(content, sighting.layout)
    text = "\n".join(block for _, block, _ in text_blocks(content.path))
    records = Records(names=sighting.names, text=text)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for line, begin, end, values in _rows(text, sighting, records):
            writer.writerow([value.replace("\n", " ").replace("\r", " ") for value in values])
            records.spans.append((line, begin, end))
    return records


def _rows(text: str, sighting: Sighting, records: Records) -> list[tuple[int, int, int, list[str]]]:
    layout, names = sighting.layout, sighting.names
    if layout.kind == "sql":
        return list(dump_records.rows(text, layout.record or "", len(names), records.rejected))
    lines = text.split("\n")
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line) + 1)
    if layout.kind == "types":
        found = list(
            line_records.rows(lines, layout, names, records.rejected, sighting.source_format.comment)
        )
    else:
        found = _set_with_blanks(lines, sighting, records)
    return [(number, begins[number - 1], begins[number] - 1, values) for number, values in found]


def _set_with_blanks(lines: list[str], sighting: Sighting, records: Records) -> list[tuple[int, list[str]]]:
    width, found = len(sighting.names), []
    for number, line in enumerate(lines, 1):
        if not line.strip() or number <= sighting.heading or sighting.is_heading(line):
            continue
        values = line_records.fields_of(line, BLANKS, sighting.layout.quote)
        if len(values) == width:
            found.append((number, values))
        else:
            records.rejected.append((number, line, f"has {len(values)} fields instead of {width}"))
    return found
