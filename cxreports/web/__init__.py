"""The portal in the browser: a Voilà application, its template and the design tokens.

`serve` is all that the command line needs. The page is a notebook that a kernel runs; its
widgets come with the HTML and then talk to the kernel.
"""

from cxreports.web.serving import serve

__all__ = ["serve"]
