"""The kernel of a page: an IPython kernel whose log goes where the server's log goes.

Run as ``python -m cxreports.web.kernels.process``. An IPython kernel sends what it writes on standard
error to the browser; the tracebacks of a page belong to the operator.
"""

import logging
import os
import sys

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from cxreports.log_record import keep_records_apart
from cxreports.private_file import keep_private


class PageKernel(IPythonKernel):
    """Works until it is ended: an interrupt, which comes before, would look like a fault of the page."""

    def pre_handler_hook(self) -> None:
        """Leave interrupts ignored."""

    def post_handler_hook(self) -> None:
        """Leave them so."""


def main() -> None:
    """Run until the server ends it."""
    keep_private()
    keep_records_apart()
    logging.basicConfig(
        stream=sys.__stderr__,
        level=logging.WARNING,
        format="%(asctime)s page %(process)d %(levelname)s %(message)s",
    )
    # altair validates nothing here that would need it, and importing it takes 2.4 s.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    IPKernelApp.launch_instance(capture_fd_output=False, kernel_class=PageKernel)
    # Nothing is left to save, and duckdb complains at length when the interpreter is taken down.
    os._exit(0)


if __name__ == "__main__":
    main()
