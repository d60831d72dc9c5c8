"""A graph: an altair chart in a card, its data replaced in place."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets as t

from cxreports.widgets.bundle import built
from cxreports.widgets.part import Part

if TYPE_CHECKING:
    import altair as alt


class ChartWidget(Part):
    """Shows an altair chart; a new chart of the same shape changes the data alone, so zoom stays.

    Attributes
    ----------
    title, subtitle, now
        Texts above the chart: what it shows, how it is measured, the figure of the period.
    tone
        Colour token of the figure.
    description
        What the chart shows, for people who cannot see it.
    message
        Said in place of an empty chart.
    spec
        Vega-Lite specification without its data.
    data
        Rows by the name that `spec` has for them.
    domain
        Ends of the stretch that was zoomed to, milliseconds since 1970; None when all is shown.
        Set by the browser.
    """

    module = "chart"
    title = t.Unicode().tag(sync=True)
    subtitle = t.Unicode().tag(sync=True)
    now = t.Unicode().tag(sync=True)
    tone = t.Unicode("ink").tag(sync=True)
    description = t.Unicode().tag(sync=True)
    message = t.Unicode().tag(sync=True)
    spec = t.Dict().tag(sync=True)
    data = t.Dict().tag(sync=True)
    domain = t.List(t.Float(), None, allow_none=True).tag(sync=True)

    def __init__(self, chart: "alt.TopLevelMixin | None" = None, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(self._answer)
        if chart is not None:
            self.show(chart)

    def show(self, chart: "alt.TopLevelMixin") -> None:
        """Draw a chart, in place of the one before."""
        spec, data = apart(chart.to_dict())
        with self.hold_sync():
            self.spec, self.data = spec, data

    def _answer(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("ask") == "vega":
            self.send({"vega": True}, [built("vega.js").read_bytes()])


def apart(spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the data out of a Vega-Lite specification and number its sources.

    altair names data by a hash of its contents; under a stable name new rows of the same chart
    leave the specification as it was.

    Returns
    -------
    spec, data
        The specification with sources ``rows0``, ``rows1``, …; the rows by those names.
    """
    datasets = spec.get("datasets", {})
    names = {old: f"rows{number}" for number, old in enumerate(datasets)}

    def renamed(part: Any) -> Any:
        if isinstance(part, list):
            return [renamed(each) for each in part]
        if isinstance(part, dict):
            if part.get("name") in names and set(part) <= {"name", "format"}:
                return {**part, "name": names[part["name"]]}
            return {key: renamed(value) for key, value in part.items()}
        return part

    bare = {key: value for key, value in spec.items() if key not in {"datasets", "usermeta"}}
    return renamed(bare), {names[old]: rows for old, rows in datasets.items()}
