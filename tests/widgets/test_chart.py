import pytest

from cxreports.widgets.chart import ChartWidget, apart
from cxreports.widgets.top_bar import TopBar


def test_named_data_gets_stable_names() -> None:
    spec = {
        "layer": [{"data": {"name": "data-8f2"}}, {"data": {"name": "data-8f2"}}],
        "datasets": {"data-8f2": [{"x": 1}]},
    }
    bare, data = apart(spec)
    assert bare == {"layer": [{"data": {"name": "rows0"}}, {"data": {"name": "rows0"}}]}
    assert data == {"rows0": [{"x": 1}]}


def test_data_written_in_place_is_taken_out_with_its_format_kept() -> None:
    bare, data = apart({"data": {"values": [{"x": 1}], "format": {"parse": {"x": "date"}}}, "mark": "line"})
    assert bare == {"data": {"name": "rows0", "format": {"parse": {"x": "date"}}}, "mark": "line"}
    assert data == {"rows0": [{"x": 1}]}


def test_widget_sends_the_drawing_library_when_asked() -> None:
    widget = ChartWidget()
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget._answer(None, {"ask": "vega"}, [])
    assert sent[0][0] == {"vega": True}
    assert len(sent[0][1][0]) > 100_000


def test_unknown_keyword_is_refused() -> None:
    with pytest.raises(TypeError, match="TopBar has no colour"):
        TopBar(colour="red")
