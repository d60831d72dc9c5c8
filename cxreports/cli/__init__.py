"""The command line: a module for each group of commands, and what they share."""

from cxreports.collector import collect_seldom


def main() -> None:
    """Run the command line, as ``cxreports`` and ``python -m cxreports`` do."""
    collect_seldom()
    from cxreports.cli.app import main as run
    from cxreports.private_file import keep_private

    keep_private()
    run()
