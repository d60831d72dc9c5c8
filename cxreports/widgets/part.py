"""What all widgets of the pages share: their built module and styles, and the view.

In the portal the page itself carries modules and styles, so they are not sent with each
widget; in JupyterLab and Notebook they travel with the widget, which then stands alone.
"""

import logging
import os
from collections.abc import Callable
from typing import Any, ClassVar, Final

import anywidget
import traitlets as t

from cxreports.widgets.bundle import built

LONGEST_VALUE: Final = 16_384
"""Characters and items in all of one value that a browser sets; a choice of columns has some hundreds."""

_log = logging.getLogger("cxreports.widgets")


class Part(anywidget.AnyWidget):
    """Base of the widgets: `module` names the built JavaScript file.

    Attributes
    ----------
    customer
        Whose figures it holds, or ``all``; the page sets it with them.
    on_export
        Called with form, rows and customer of a file that is written, before any of it is sent. Where it
        raises, nothing is sent.
    """

    module: ClassVar[str]
    customer: str = ""
    on_export: Callable[[str, int, str], None] | None = None

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(set(traits) - set(self.trait_names()))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no {', '.join(unknown)}")
        if "CXREPORTS_PORTAL" in os.environ:
            self._esm, self._css = "", ""
        else:
            self._esm = built(f"{self.module}.js").read_text(encoding="utf-8")
            self._css = built("page.css").read_text(encoding="utf-8")
        super().__init__(**traits)

    def announce_export(self, form: str, rows: int) -> None:
        """Say that a file is written and about to be sent."""
        if self.on_export is not None:
            self.on_export(form, rows, self.customer)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser sets, without values that no choice on a page could have."""
        modest = {name: value for name, value in sync_data.items() if _size(value) <= LONGEST_VALUE}
        for name in sorted(set(sync_data) - set(modest)):
            _log.warning("%s: a value of %s from the browser is too large.", type(self).__name__, name[:40])
        super().set_state(modest)

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        """Do what the browser asks; what fails goes to the log.

        ipywidgets would send the traceback to the browser.
        """
        data = msg["content"].get("data")
        try:
            match data:
                case {"method": "update", "state": dict(state)}:
                    self.set_state(state)
                case {"method": "request_state"}:
                    self.send_state()
                case {"method": "custom", "content": content}:
                    for callback in self._msg_callbacks.callbacks:
                        callback(self, content, msg["buffers"])
                case _:
                    _log.warning("%s: a message of no known method.", type(self).__name__)
        except Exception:  # noqa: BLE001 (whatever it was, the widget goes on)
            _log.exception("%s: a message from the browser could not be handled.", type(self).__name__)

    @property
    def reference(self) -> str:
        """How another widget names this one as its child."""
        return f"anywidget:{self.model_id}"


PERIOD_CHOICES: Final = ("period", "from", "to", "zoom")
"""Choices of the range control, and the stretch of it that graphs show."""

NARROWING: Final = ("number", "sip", "direction", "destination")
"""Choices of what the figures of a page are narrowed to."""


class Chooser(Part):
    """A part in which a person chooses what the page shows.

    Attributes
    ----------
    view
        All that is chosen, as `cxreports.pages.view.View.choices` has it; where the period is a fixed one,
        ``from`` and ``to`` are its ends. Set by the browser too.
    chooses
        Names of the choices that are made in this part; the others are only shown. One part never
        takes back what was chosen in another meanwhile.
    """

    chooses: ClassVar[tuple[str, ...]] = ()
    view = t.Dict(value_trait=t.Unicode(), key_trait=t.Unicode()).tag(sync=True)

    def chosen(self) -> dict[str, str]:
        """The choices that are made in this part."""
        return {name: text for name, text in self.view.items() if name in self.chooses}


def _size(value: Any) -> int:
    """Characters and items of a value from JSON, those of all it holds included."""
    if isinstance(value, dict):
        return sum(1 + len(name) + _size(held) for name, held in value.items())
    if isinstance(value, list):
        return sum(1 + _size(held) for held in value)
    return len(value) if isinstance(value, (str, bytes, memoryview)) else 1
