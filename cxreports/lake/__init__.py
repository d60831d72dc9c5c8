"""The lake: every CDR once, and the figures derived from them, in five Delta tables.

``store`` is the door; ``shapes`` says what the tables look like, ``head`` which of their
versions belong together, ``load`` and ``derive`` write them, ``snapshot`` reads them.
"""

from cxreports.lake.calls.loads import LoadReport
from cxreports.lake.snapshot import Snapshot
from cxreports.lake.store import Store

__all__ = ["LoadReport", "Snapshot", "Store"]
