"""The command line: a module for each group of commands, and what they share."""


def main() -> None:
    """Run the command line, as ``cxreports`` and ``python -m cxreports`` do."""
    from cxreports.cli.app import main as run
    from cxreports.private_file import keep_private

    keep_private()
    run()
