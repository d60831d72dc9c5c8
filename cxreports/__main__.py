"""``python -m cxreports`` is the command ``cxreports``."""

from cxreports.cli import main

main()
