"""What all widgets of the pages share: their built module and styles.

In the portal the page itself carries modules and styles, so they are not sent with each
widget; in JupyterLab and Notebook they travel with the widget, which then stands alone.
"""

import os
from typing import Any, ClassVar

import anywidget

from cxreports.widgets.bundle import built


class Part(anywidget.AnyWidget):
    """Base of the widgets: `module` names the built JavaScript file."""

    module: ClassVar[str]

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

    @property
    def reference(self) -> str:
        """How another widget names this one as its child."""
        return f"anywidget:{self.model_id}"
