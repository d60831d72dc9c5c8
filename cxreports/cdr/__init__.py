"""CDR files in, typed call records out."""

from cxreports.cdr.definition import format_from, known_formats
from cxreports.cdr.reader import read
from cxreports.cdr.records.read_result import ReadResult
from cxreports.cdr.source_format import SourceFormat

__all__ = ["ReadResult", "SourceFormat", "format_from", "known_formats", "read"]
