"""What a rule can watch: the metrics of calls, and the account and the feeds beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cxreports.language import marked
from cxreports.metrics import METRICS

Kind = Literal["ratio", "count", "peak", "clock", "learned"]
"""What is divided by calls, added up, the most at once, what goes by the clock and not by calls, or the
distance from what was learned."""


@dataclass(frozen=True)
class Watched:
    """A figure that a rule can watch.

    Attributes
    ----------
    name
        As rules keep it; that of the metric where it is one.
    label
        In English, for `_`.
    unit
        A metric's, or ``days``, ``min``, ``files``.
    decimals
        Digits after the point that people are shown.
    needs_company
        Whether it is a company's, so that there is none of all customers together.
    """

    name: str
    label: str
    unit: str
    decimals: int
    kind: Kind
    needs_company: bool = False

    @property
    def is_metric(self) -> bool:
        """Whether it is computed from the calls of a sample period."""
        return self.kind not in {"clock", "learned"}

    @property
    def is_ratio(self) -> bool:
        """Whether it is worth little with few calls."""
        return self.kind == "ratio"


_PEAKS: Final = frozenset({"channels", "cps"})


def _kind(name: str) -> Kind:
    if name in _PEAKS:
        return "peak"
    return "ratio" if METRICS[name].weight else "count"


WATCHED: Final[dict[str, Watched]] = {
    each.name: each
    for each in (
        *(
            Watched(metric.name, metric.label, metric.unit, metric.decimals, _kind(metric.name))
            for metric in METRICS.values()
        ),
        Watched("channels_pct", marked("Channel use"), "%", 1, "peak", needs_company=True),
        Watched("balance", marked("Balance"), "currency", 2, "clock", needs_company=True),
        Watched("balance_days", marked("Balance lasts"), marked("days"), 1, "clock", needs_company=True),
        Watched("silence", marked("Silence"), marked("min"), 0, "clock"),
        Watched("refused_files", marked("Files refused"), marked("files"), 0, "clock"),
        Watched("usual", marked("Distance from the usual"), "%", 0, "learned"),
    )
}
"""Every one, by name."""
