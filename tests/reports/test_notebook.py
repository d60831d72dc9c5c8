"""An analyst's own notebook, as it is, becomes a document; what fails says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxreports.errors import BadNotebook
from cxreports.reports.document import Graph, Heading, Picture, Plain, Prose, Table
from cxreports.reports.forms.cells import cells
from cxreports.reports.notebook import Notebook
from notebooks import notebook

if TYPE_CHECKING:
    from pathlib import Path


def shown(path: Path, **parameters: object) -> list[object]:
    return [*Notebook.of(path).run(parameters)]


def test_written_text_frames_charts_pictures_and_prints_become_blocks_in_order(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "own.ipynb",
        "# Traffic review\n\nWhat we saw, **in short**:\n\n- one\n- two",
        "import polars as pl\nfrom IPython.display import display, Markdown\n"
        "frame = pl.DataFrame({'day': ['Mon', 'Tue'], 'calls': [1200, 3]})\nprint('two days')\nframe",
        "display(Markdown('## Next'))\ndisplay(frame.to_pandas().set_index('day'))",
        "import altair as alt\nalt.Chart(frame).mark_bar().encode(x='day', y='calls')",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.title('Rising');",
        "sum([1, 2])",
        "'not shown';",
    )
    blocks = shown(path)
    kinds = [type(each) for each in blocks]
    assert kinds == [Heading, Prose, Plain, Table, Heading, Table, Graph, Picture, Plain]
    assert blocks[0] == Heading("Traffic review", 1)
    assert blocks[2] == Plain("two days")
    for table in (blocks[3], blocks[5]):
        assert isinstance(table, Table)
        assert cells(table).rows == [["Mon", "1,200"], ["Tue", "3"]]
    assert isinstance(blocks[7], Picture)
    assert blocks[7].content.startswith(b"\x89PNG")
    assert blocks[7].alternative == "Rising"
    assert blocks[8] == Plain("3")


def test_parameters_overwrite_those_of_the_notebook_and_no_others(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "own.ipynb",
        "print(customer, top)\n'other' in globals()",
        parameters="customer = 'nobody'\ntop = 3",
    )
    assert shown(path, customer="acme", other=1) == [Plain("acme 3"), Plain("False")]


def test_each_run_begins_anew(tmp_path: Path) -> None:
    path = notebook(tmp_path / "own.ipynb", "seen = globals().get('seen', 0) + 1\nseen")
    compiled = Notebook.of(path)
    assert [compiled.run({}), compiled.run({})] == [[Plain("1")], [Plain("1")]]


def test_a_failing_cell_is_named_with_its_line(tmp_path: Path) -> None:
    path = notebook(tmp_path / "own.ipynb", "# Title", "x = 1", "y = 0\nx / y")
    with pytest.raises(BadNotebook, match=r"own\.ipynb, cell 2, line 2 \(x / y\): ZeroDivisionError"):
        shown(path)


def test_what_is_no_python_and_no_notebook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadNotebook, match=r"own\.ipynb, cell 1, line 1: this is no Python"):
        Notebook.of(notebook(tmp_path / "own.ipynb", "x = = 1"))
    (tmp_path / "broken.ipynb").write_text("{}", "utf-8")
    with pytest.raises(BadNotebook, match="cannot be read as a notebook"):
        Notebook.of(tmp_path / "broken.ipynb")
    with pytest.raises(BadNotebook, match="there is no such notebook"):
        Notebook.of(tmp_path / "none.ipynb")


def test_a_cell_may_wait_and_one_for_people_is_left_out(tmp_path: Path) -> None:
    path = notebook(tmp_path / "own.ipynb", "import asyncio\nawait asyncio.sleep(0)\n'waited'", "'hidden'")
    import nbformat

    made = nbformat.read(path, 4)
    made.cells[1].metadata["tags"] = ["remove-cell"]
    nbformat.write(made, path)
    assert shown(path) == [Plain("'waited'")]
