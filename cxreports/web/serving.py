"""Serving the portal until it is stopped."""

import socket
import threading
import webbrowser
from pathlib import Path
from typing import Final

from cxreports.errors import CxreportsError
from cxreports.widgets.bundle import manifest

_HERE: Final = Path(__file__).resolve().parent


def serve(
    home: Path,
    *,
    port: int = 8866,
    host: str = "127.0.0.1",
    open_browser: bool = False,
    warm: int = 1,
) -> None:
    """Serve the dashboard of a home folder; Ctrl-C ends it and every kernel.

    Parameters
    ----------
    home
        Folder of the lake.
    port, host
        Address; there is no login yet, so keep the host a local one.
    open_browser
        Open the address in the system's browser too.
    warm
        Kernels kept ready for the next visitor; each takes some 150 MB.

    Raises
    ------
    CxreportsError
        The port is taken, or the front end is not built.
    """
    # Voilà takes a second to import; `cxreports --help` needs none of it.
    from cxreports.web.application import PAGES, Portal  # noqa: PLC0415

    manifest()
    _check_free(host, port)
    address = f"http://{'localhost' if host == '127.0.0.1' else host}:{port}"

    def ready() -> None:
        print(f"The dashboard is at {address} (Ctrl-C ends it)", flush=True)  # noqa: T201
        if open_browser:
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

    portal = Portal(ip=host, port=port)
    environment = {"CXREPORTS_HOME": str(home.resolve())}
    notebooks = {name: notebook(name) for name in PAGES}
    portal.configure(notebooks, environment, warm=warm, ready=ready)
    portal.initialize([])
    portal.start()


def notebook(name: str) -> Path:
    """Find one of the project's notebooks, in a source tree or an installed wheel."""
    places = (_HERE.parent / "notebooks", _HERE.parent.parent / "notebooks")
    for place in places:
        path = place / f"{name}.ipynb"
        if path.is_file():
            return path
    raise CxreportsError(f"the notebook {name}.ipynb is missing from this installation ({places[0]})")


def _check_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CxreportsError(
                f"cannot listen on {host}:{port} ({error.strerror}): is the portal running already? "
                "Choose another port with --port"
            ) from error
