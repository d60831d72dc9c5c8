"""Charts: their data equal the series, their specifications stay as they were looked at.

After a change that is meant: ``CXREPORTS_DRAW=1 pytest tests/test_charts.py`` writes the
specifications anew; look at the difference before committing it.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cxreports import charts
from cxreports.charts import theme
from cxreports.figures import breakdown
from cxreports.figures.series import series

Make = Callable[..., Any]
ABSENT = "\N{EN DASH}"

DRAWN = Path(__file__).parent / "drawn"
DAY = {"start": "2026-05-01", "end": "2026-05-02", "every": "6h"}
BEFORE = {"start": "2026-04-30", "end": "2026-05-01", "every": "6h"}


@pytest.fixture(scope="module")
def lake(made: Make) -> Any:
    noon = datetime(2026, 4, 30, 12, tzinfo=UTC)
    return made(
        {
            "call_time": noon + timedelta(hours=hour),
            "connected": hour % 3 > 0,
            "sip_code": 200 if hour % 3 else 486,
            "duration_s": 100 * (hour % 3),
            "pdd_ms": 10 * hour,
            "dtmf": "1" if hour % 4 == 1 else "",
            "destination_name": ("Spain", "Peru", "Chad")[hour % 7 % 3],
            "charge": hour if hour % 3 else None,
            "currency": "USD",
        }
        for hour in range(30)
    )


def figures(lake: Any, name: str, **span: Any) -> pl.DataFrame:
    """Give what a graph shows: its series, or what calls are counted by."""
    if name in charts.BREAKDOWNS:
        span.pop("every", None)
        return getattr(breakdown, name)(lake, "acme", **span)
    frame = series(lake, "acme", name, **span)
    if name == "attempts":
        return frame.with_columns(connected=series(lake, "acme", "connected", **span)["value"])
    return frame


def drawn(name: str, frame: pl.DataFrame, previous: pl.DataFrame | None = None) -> charts.Drawing:
    if name in charts.BREAKDOWNS:
        return charts.BREAKDOWNS[name](frame)
    return charts.drawn(name, frame, previous=previous)


def rows(chart: Any, number: int = 0) -> list[dict[str, Any]]:
    """Rows of a chart's sources: its points are those that all layers share."""
    spec = chart.to_dict()
    points = spec["datasets"].pop(spec["data"]["name"])
    return [points, *spec["datasets"].values()][number]


EVERY = (*charts.BY_METRIC, *charts.BREAKDOWNS)


@pytest.mark.parametrize("name", EVERY)
def test_specifications_stay_as_they_were_looked_at(lake: Any, name: str) -> None:
    chart = drawn(name, figures(lake, name, **DAY), figures(lake, name, **BEFORE)).chart()
    spec = {key: value for key, value in chart.to_dict().items() if key not in {"$schema", "config"}}
    written = json.dumps(spec, indent=1) + "\n"
    kept = DRAWN / f"{name}.json"
    if os.environ.get("CXREPORTS_DRAW"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(written)
    assert json.loads(written) == json.loads(kept.read_text())


@pytest.mark.parametrize("name", charts.BY_METRIC)
def test_the_data_equal_the_series(lake: Any, name: str) -> None:
    frame = series(lake, "acme", name, **DAY)
    points = rows(charts.BY_METRIC[name](frame))
    assert [point["start"] for point in points] == frame["start"].dt.epoch("ms").to_list()
    for column in set(points[0]) & set(frame.columns) - {"start"}:
        assert [point[column] for point in points] == frame[column].cast(pl.Float64).to_list()
    assert {"max", "mean"} <= set(points[0]) or "value" in points[0]


@pytest.mark.parametrize("name", EVERY)
def test_a_drawing_without_altair_is_the_chart(lake: Any, name: str) -> None:
    for day in (DAY, {**DAY, "start": "2026-04-30", "end": "2026-05-03"}, {**DAY, "end": "2026-05-01"}):
        frame = figures(lake, name, **day)
        drawing = drawn(name, frame, figures(lake, name, **BEFORE))
        spec, data = drawing.parts()
        # Sources that are all empty have one name in a chart that altair made of its rows.
        whole, rows_of = charts.apart(drawing.chart().to_dict())
        assert filled(spec, data) == filled(whole, rows_of)


def filled(part: Any, data: dict[str, Any]) -> Any:
    """Put the rows where a specification names them."""
    if isinstance(part, list):
        return [filled(each, data) for each in part]
    if isinstance(part, dict):
        if part.get("name") in data:
            return {**part, "name": data[part["name"]]}
        return {key: filled(value, data) for key, value in part.items()}
    return part


@pytest.mark.parametrize("name", EVERY)
def test_rows_of_a_known_shape_are_drawn_without_altair(
    lake: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(name, figures(lake, name, **DAY)).parts()
    monkeypatch.setattr(theme.alt, "LayerChart", lambda **_: pytest.fail("altair draws again"))
    later = figures(lake, name, **{**DAY, "start": "2026-04-30T18:00"})
    spec, data = drawn(name, later).parts()
    assert spec
    assert data != drawn(name, figures(lake, name, **DAY)).parts()[1]


def test_the_dark_look_has_its_own_specification(lake: Any) -> None:
    drawing = drawn("asr", figures(lake, "asr", **DAY))
    light = drawing.parts()[0]["config"]["background"]
    charts.enable(dark=True)
    try:
        assert drawing.parts()[0]["config"]["background"] == theme.tokens(dark=True)["card"] != light
    finally:
        charts.enable()


def test_drawing_does_not_check_every_part_of_the_specification(
    lake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = series(lake, "acme", "asr", **DAY)
    checked: list[Any] = []
    monkeypatch.setattr(
        "altair.utils.schemapi.validate_jsonschema", lambda spec, *_, **__: checked.append(spec)
    )
    charts.asr(frame, previous=frame)
    assert len(checked) < 10, "altair checks a few by itself, of some forty"


@pytest.mark.parametrize("name", charts.BY_METRIC)
def test_new_data_are_the_same_chart(lake: Any, name: str) -> None:
    def bare(hours: int) -> str:
        start = datetime(2026, 5, 1, tzinfo=UTC) - timedelta(hours=hours)
        frame = series(lake, "acme", name, start=start, end=start + timedelta(days=1))
        spec = charts.BY_METRIC[name](frame, previous=frame.with_columns(value=pl.col("value") + 1)).to_dict()
        del spec["datasets"]
        return re.sub(r"data-[0-9a-f]+", "rows", json.dumps(spec))

    assert bare(0) == bare(3)


def test_times_are_the_clocks_of_the_zone(lake: Any) -> None:
    frame = series(lake, "acme", "asr", start="2026-05-01", end="2026-05-02", tz="Asia/Kolkata")
    first = datetime.fromtimestamp(rows(charts.asr(frame))[0]["start"] / 1000, UTC)
    assert f"{first:%H:%M}" == f"{frame['start'][0]:%H:%M}" == "05:00"


def test_the_repeated_hour_begins_a_new_line_and_says_its_offset(made: Make) -> None:
    hours = [{"call_time": datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(hours=n)} for n in range(6)]
    frame = series(
        made(hours), "acme", "attempts", start="2026-10-24T22:00", end="2026-10-25T03:00", tz="Europe/Madrid"
    )
    points = rows(charts.attempts(frame))
    shown = [
        (f"{datetime.fromtimestamp(p['start'] / 1000, UTC):%H:%M}", p.get("turn", 0), p.get("offset", ""))
        for p in points
    ]
    assert shown == [
        ("00:00", 0, ""),
        ("01:00", 0, ""),
        ("02:00", 0, "+2"),
        ("02:00", 1, "+1"),
        ("03:00", 1, ""),
    ]


def test_a_figure_without_neighbours_is_marked(made: Make) -> None:
    lake = made([{"call_time": f"2026-05-01T{h}:00"} for h in ("01", "03", "04")])
    points = rows(charts.asr(series(lake, "acme", "asr", start="2026-05-01", end="2026-05-01T06:00")))
    assert [point["value"] for point in points] == [None, 100, None, 100, 100, None]
    assert [point.get("lone", False) for point in points] == [False, True, False, False, False, False]


def test_the_previous_period_stands_where_this_one_does(made: Make) -> None:
    lake = made([{"call_time": f"2026-10-{d}T12:00"} for d in (24, 25, 26)])
    madrid = ZoneInfo("Europe/Madrid")
    days = [
        series(lake, "acme", "attempts", tz="Europe/Madrid", start=start, end=start + timedelta(days=1))
        for start in (datetime(2026, 10, 26, tzinfo=madrid), datetime(2026, 10, 25, tzinfo=madrid))
    ]
    drawing = charts.drawn("attempts", days[0], previous=days[1])
    previous, current = drawing.rows["earlier"], drawing.rows["points"]
    assert previous[0]["start"] == current[0]["start"]
    assert max(p["start"] for p in previous) <= current[-1]["start"]
    noon = next(p["start"] for p in previous if p["value"])
    assert f"{datetime.fromtimestamp(noon / 1000, UTC):%d %H:%M}" == "26 13:00"


@pytest.mark.parametrize("name", EVERY)
def test_a_period_without_calls_says_so_in_words(lake: Any, name: str) -> None:
    quiet = figures(lake, name, start="2025-01-01", end="2025-01-02")
    for frame in (quiet, quiet.clear()):
        assert charts.NO_CALLS in json.dumps(drawn(name, frame, frame).chart().to_dict())
    busy = figures(lake, name, **DAY)
    assert charts.NO_CALLS not in json.dumps(drawn(name, busy).chart().to_dict())


def test_attempts_stand_against_the_connected(lake: Any) -> None:
    points = rows(charts.attempts(figures(lake, "attempts", **DAY)))
    hours = [range(n, n + 6) for n in (12, 18, 24, 30)]
    assert [point["value"] for point in points] == [len([h for h in each if h < 30]) for each in hours]
    assert [point["connected"] for point in points] == [
        len([h for h in each if h < 30 and h % 3]) for each in hours
    ]


def test_bars_of_sip_codes_say_count_share_and_words(lake: Any) -> None:
    bars = rows(charts.sip_codes(breakdown.sip_codes(lake, "acme")))
    assert [(bar["name"], bar["figures"], bar["value"]) for bar in bars] == [
        ("200 OK", "20 · 66.7 %", 20),
        ("486 Busy Here", "10 · 33.3 %", 10),
    ]
    assert [bar["ended"] for bar in bars] == ["answered", "by the called user"]


def test_more_codes_than_bars_are_one_bar_and_add_up(made: Make) -> None:
    codes = [code for number, code in enumerate((404, 480, 486, 487, 500, 503, 603, 604, None), 1)
             for _ in range(number)]  # fmt: skip
    calls = [{"call_time": "2026-05-01", "connected": False, "sip_code": code} for code in codes]
    bars = rows(charts.sip_codes(breakdown.sip_codes(made(calls), "acme")))
    assert len(bars) == charts.MOST_BARS
    assert sum(bar["value"] for bar in bars) == len(calls) == 45
    assert [bar["name"] for bar in bars][:2] == ["Not said by the switch", "604 Does Not Exist Anywhere"]
    assert (bars[-1]["name"], bars[-1]["value"]) == ("3 other codes", 6)


def test_bars_of_destinations_say_what_a_summary_says(lake: Any) -> None:
    frame = breakdown.destinations(lake, "acme")
    for bar, row in zip(rows(charts.destinations(frame)), frame.to_dicts(), strict=True):
        assert bar["name"] == row["destination"]
        assert (bar["value"], bar["part"]) == (row["attempts"], row["connected"])
        assert bar["asr"] == f"{row['asr_pct']:.1f} %"
        assert bar["charge"] == f"${row['charge']:,.2f}"
        minutes, seconds = bar["acd"].split(":")
        assert 60 * int(minutes) + int(seconds) == round(row["acd_s"])


def test_figures_that_there_are_none_of_are_left_out_of_a_bar(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01", "connected": False, "destination_name": "Peru"}])
    (bar,) = rows(charts.destinations(breakdown.destinations(lake, "acme")))
    assert bar["figures"] == "1 · 0.0 %"
    assert (bar["acd"], bar["charge"]) == (ABSENT, ABSENT)


def test_several_currencies_are_never_added(made: Make) -> None:
    calls = [
        {"call_time": "2026-05-01", "destination_name": "Peru", "charge": 1, "currency": currency}
        for currency in ("USD", "EUR")
    ]
    (bar,) = rows(charts.destinations(breakdown.destinations(made(calls), "acme")))
    assert bar["charge"] == "several currencies"
    assert "USD" not in bar["figures"]


def test_all_failed_is_no_silence(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01T10:00", "connected": False}])
    assert charts.NO_CALLS not in json.dumps(charts.asr(series(lake, "acme", "asr")).to_dict())
    assert charts.NO_CALLS in json.dumps(charts.acd(series(lake, "acme", "acd")).to_dict())


@pytest.mark.parametrize("name", ["channels", "asr"])
def test_long_series_are_thinned_and_keep_their_extremes(name: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    begun = pl.datetime_range(start, start + timedelta(minutes=43_199), "1m", time_zone="UTC", eager=True)
    value = (pl.int_range(43_200, eager=True) * 7919) % 1000
    frame = pl.DataFrame({"start": begun, "value": value, "max": value, "mean": value.cast(pl.Float64)})
    points = rows(charts.BY_METRIC[name](frame))
    column = "max" if name == "channels" else "value"
    assert 500 < len(points) <= charts.MOST_POINTS
    assert [point["start"] for point in points] == sorted(point["start"] for point in points)
    assert {0, 999} <= {point[column] for point in points}


def test_the_limit_shows_once_the_peak_comes_near(made: Make) -> None:
    calls = [{"call_time": "2026-05-01T10:00", "duration_s": 60}] * 6
    frame = series(made([dict(call) for call in calls]), "acme", "channels")
    assert "limit 10" in json.dumps(charts.channels(frame, limit=10).to_dict())
    assert "limit" not in json.dumps(charts.channels(frame, limit=100).to_dict()["layer"])


def test_charts_join_and_share_pointer_and_zoom(lake: Any) -> None:
    graphs = (charts.BY_METRIC[name](series(lake, "acme", name, **DAY)) for name in ("asr", "acd"))
    joined = charts.joined(*graphs, width=500).to_dict()
    assert [each["name"] for each in joined["params"]] == ["pointed", "zoom"]
    assert [each["width"] for each in joined["vconcat"]] == [500, 500]


def test_nothing_is_asked_from_another_host(lake: Any) -> None:
    spec = charts.channels(series(lake, "acme", "channels", **DAY)).to_dict()
    del spec["$schema"]
    assert "http" not in json.dumps(spec)


def test_the_look_is_that_of_the_tokens(lake: Any) -> None:
    chart = charts.asr(series(lake, "acme", "asr", **DAY))
    assert chart.to_dict()["config"]["style"]["asr"]["color"] == theme.tokens()["asr"]
    charts.enable(dark=True)
    try:
        dark = chart.to_dict()["config"]
    finally:
        charts.enable()
    assert dark["background"] == theme.tokens(dark=True)["card"] != theme.tokens()["card"]
    assert theme.tokens(dark=True)["font"] == theme.tokens()["font"]


def test_importing_the_package_is_cheap_and_altair_comes_without_its_slow_part() -> None:
    program = (
        "import sys, cxreports\n"
        "heavy = {'altair', 'polars', 'duckdb', 'pandas', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "cxreports.charts\n"
        "assert 'rfc3987_syntax' not in sys.modules\n"
        "assert set(cxreports.__all__) <= {*dir(cxreports)}\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def unfinished(values: list[float | None], *, weights: list[int] | None = None) -> pl.DataFrame:
    """Series by the hour, whose last bucket is not over."""
    begun = datetime(2026, 5, 1, tzinfo=UTC)
    starts = [begun + timedelta(hours=each) for each in range(len(values))]
    weight = pl.Series("weight", weights or [100] * len(values))
    so_far = [each == len(values) - 1 for each in range(len(values))]
    frame = pl.DataFrame(
        {"start": starts, "value": values, "so_far": so_far}, schema_overrides={"value": pl.Float64}
    )
    zoned = frame.with_columns(pl.col("start").cast(pl.Datetime("us", "UTC")), weight)
    return zoned.with_columns(calls="value", max="value", mean="value", connected="value")


@pytest.mark.parametrize("name", charts.BY_METRIC)
def test_a_bucket_that_is_not_over_makes_no_axis(name: str) -> None:
    """Layers that follow the axis see nothing of it; those that show it ask the axis where it is."""
    frame = unfinished([8, 9, 50])
    drawing = charts.drawn(name, frame, previous=frame)
    spec, data = drawing.parts()
    assert [row["value" if "value" in row else "max"] for row in drawing.rows["part"]] == [9, 50]
    apart = {
        each for each, given in data.items() if given in (drawing.rows["part"], drawing.rows["earlier part"])
    }
    shown = 0
    for layer in spec["layer"]:
        if layer.get("data", {}).get("name") in apart:
            shown += 1
            assert "y" not in layer["encoding"]
            assert layer["mark"]["y"] == {"expr": "clamp(scale('y', datum.place), 0, height)"}
        elif "y" in layer["encoding"]:
            calculated = [
                each["calculate"]
                for each in layer.get("transform", ())
                if each.get("as") == layer["encoding"]["y"]["field"]
            ]
            left_out = any(
                "!datum.so_far" in str(each) for each in (*calculated, *layer.get("transform", ()))
            )
            assert left_out, layer
    assert shown == 3, "dashed, hollow, and the period before"


def test_a_bucket_that_is_not_over_stands_on_a_strip_that_says_so() -> None:
    hour = 3_600_000
    begun = 1_777_593_600_000
    (strip,) = charts.drawn("asr", unfinished([8, 9, 50])).rows["strip"]
    assert strip == {"start": begun + 2 * hour, "end": begun + 3 * hour, "text": "so far"}
    assert charts.drawn("asr", unfinished([8, 9, 50])[:2]).rows["strip"] == []


def test_ratios_of_few_calls_are_faint_and_the_other_points_stay() -> None:
    frame = unfinished([10, 20, 30, None, 50, 60], weights=[20, 19, 20, 0, 1, 500])
    points = rows(charts.asr(frame))
    assert [point.get("few", False) for point in points] == [False, True, False, True, True, False]
    assert [point.get("lone", False) for point in points] == [True, False, True, False, True, False]


def test_a_limit_comes_near_by_what_is_over_alone(made: Make) -> None:
    assert charts.drawn("channels", unfinished([1, 1, 10]), limit=10).rows["limit"] == []
    assert charts.drawn("channels", unfinished([1, 10, 1]), limit=10).rows["limit"] != []
