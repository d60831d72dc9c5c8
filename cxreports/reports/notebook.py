"""A notebook as a program: its cells compiled once, run for one customer after the other in this process.

What a cell shows becomes blocks of a document. The cell tagged ``parameters`` holds defaults, which are
overwritten by what a report is run with. Cells tagged ``remove-cell`` are for people who open the notebook,
and are left out.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import traceback
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import nbformat

from cxreports.errors import BadNotebook
from cxreports.reports import markdown
from cxreports.reports.document import Heading, Plain
from cxreports.reports.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import CodeType

    from cxreports.reports.document import Block

PARAMETERS: Final = "parameters"
_LEFT_OUT: Final = frozenset({"remove-cell", "remove_cell"})
_ASYNC: Final = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@dataclass(frozen=True)
class Cell:
    """A cell, ready to run.

    Attributes
    ----------
    number
        Its place among the notebook's code cells, from 1; 0 for written text.
    written
        Blocks of a cell of written text.
    body, last
        Code of a cell, and of its last expression, whose value is shown; None where there is none.
    is_parameters
        Whether it holds the parameters' defaults.
    source
        Its text, for errors.
    """

    number: int = 0
    written: tuple[Block, ...] = ()
    body: CodeType | None = None
    last: CodeType | None = None
    is_parameters: bool = False
    source: str = ""


@dataclass(frozen=True)
class Notebook:
    """A notebook whose cells are compiled.

    Attributes
    ----------
    path
        Where it stands.
    """

    path: Path
    cells: tuple[Cell, ...]

    @classmethod
    def of(cls, path: Path) -> Notebook:
        """Read and compile a notebook.

        Raises
        ------
        BadNotebook
            It is not there, or no notebook, or a cell is no Python.
        """
        try:
            read = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        except FileNotFoundError:
            raise BadNotebook(f"{path}: there is no such notebook") from None
        except (OSError, ValueError, nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
            raise BadNotebook(f"{path} cannot be read as a notebook: {error}") from error
        return cls(path, tuple(_cells(path, read.cells)))

    @property
    def name(self) -> str:
        """What files made of it are called by."""
        return self.path.stem

    @cached_property
    def title(self) -> str:
        """Its first heading of level 1 in written text; else its name."""
        for cell in self.cells:
            for block in cell.written:
                if isinstance(block, Heading) and block.level == 1:
                    return block.text
        return self.name.replace("_", " ").replace("-", " ").capitalize()

    @property
    def has_parameters(self) -> bool:
        """Whether a cell holds parameters."""
        return any(cell.is_parameters for cell in self.cells)

    def run(self, parameters: Mapping[str, Any]) -> list[Block]:
        """Run it and give what it shows.

        Parameters
        ----------
        parameters
            Values by name; those whose name the notebook's parameters do not have are left out.

        Raises
        ------
        BadNotebook
            A cell failed; names the cell, its line and the error.
        """
        shell = Shell.of_process()
        names: dict[str, Any] = {"__name__": "__main__", "__file__": str(self.path)}
        with shell.showing(names) as shown:
            for cell in self.cells:
                shown.extend(cell.written)
                if cell.number:
                    self._run_cell(cell, names, shell)
                if cell.is_parameters:
                    names.update({name: value for name, value in parameters.items() if name in names})
            return list(shown)

    def _run_cell(self, cell: Cell, names: dict[str, Any], shell: Shell) -> None:
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                if cell.body is not None:
                    _run(cell.body, names)
                if cell.last is not None:
                    value = _run(cell.last, names)
                    _flush(printed, shell)
                    shell.show(value)
            _flush(printed, shell)
            shell.show_open_figures()
        except (Exception, SystemExit) as error:
            raise BadNotebook(self._blame(cell, error)) from error

    def _blame(self, cell: Cell, error: BaseException) -> str:
        """Where a cell failed, and how."""
        here = f"{self.path.name}, cell {cell.number}"
        lines = [
            each.lineno
            for each in traceback.extract_tb(error.__traceback__)
            if each.filename == _file(self.path, cell.number)
        ]
        if lines and lines[-1]:
            source = cell.source.splitlines()
            text = source[lines[-1] - 1].strip() if lines[-1] <= len(source) else ""
            here += f", line {lines[-1]} ({text})"
        return f"{here}: {type(error).__name__}: {error}"


def _flush(printed: io.StringIO, shell: Shell) -> None:
    text = printed.getvalue()
    printed.seek(0)
    printed.truncate()
    if text.strip():
        shell.show(Plain(text.rstrip("\n")))


def _run(code: CodeType, names: dict[str, Any]) -> Any:
    value = eval(code, names)  # noqa: S307 (the notebook is the program)
    if inspect.CO_COROUTINE & code.co_flags:
        import asyncio  # noqa: PLC0415 (few notebooks wait for anything)

        return asyncio.run(value)
    return value


def _file(path: Path, number: int) -> str:
    return f"<{path.name} cell {number}>"


def _cells(path: Path, cells: list[Any]) -> Iterator[Cell]:
    number = 0
    for each in cells:
        tags = set(each.metadata.get("tags", ()))
        if each.cell_type == "code":
            number += 1
        if tags & _LEFT_OUT or not each.source.strip():
            continue
        if each.cell_type == "markdown":
            yield Cell(written=tuple(markdown.blocks(each.source)))
        elif each.cell_type == "code":
            yield _compiled(path, number, each.source, is_parameters=PARAMETERS in tags)


def _compiled(path: Path, number: int, source: str, *, is_parameters: bool) -> Cell:
    from IPython.core.inputtransformer2 import TransformerManager  # noqa: PLC0415 (0.2 s, once a notebook)

    name = _file(path, number)
    try:
        plain = TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]
        tree = ast.parse(plain, name)
        last = tree.body.pop() if _shows(tree, source) else None
        body = compile(tree, name, "exec", flags=_ASYNC) if tree.body else None
        shown = (
            compile(ast.Expression(last.value), name, "eval", flags=_ASYNC)
            if isinstance(last, ast.Expr)
            else None
        )
    except SyntaxError as error:
        raise BadNotebook(
            f"{path.name}, cell {number}, line {error.lineno}: this is no Python: {error.msg}"
        ) from error
    return Cell(number, (), body, shown, is_parameters, source)


def _shows(tree: ast.Module, source: str) -> bool:
    """Whether a cell ends with an expression that no semicolon hides."""
    return bool(tree.body) and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";")
