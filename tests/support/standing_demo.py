"""A demo of two days that is made once, and demos without the examples of vendors' formats.

These are a day of the whole operator in each format, and take two thirds of the time of a small demo.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cxreports.demo.calls import DemoReport, demo
from cxreports.private_file import private_folder

if TYPE_CHECKING:
    from pathlib import Path

NOW: Final = datetime(2026, 3, 18, 13, 15, 56, tzinfo=UTC)
DAYS: Final = 2
SCALE: Final = 0.05


@dataclass(frozen=True)
class Standing:
    """A home that is only read (and logged in to), and what was told when it was made."""

    home: Path
    report: DemoReport
    told: list[str]


def made_standing(home: Path) -> Standing:
    told: list[str] = []
    return Standing(home, demo(home, days=DAYS, now=NOW, scale=SCALE, progress=told.append), told)


def demo_without_examples(home: Path, **options: Any) -> DemoReport:
    private_folder(private_folder(home / "demo") / "formats")
    return demo(home, **{"days": DAYS, "now": NOW, "scale": SCALE} | options)
