"""A process that assigns blocks or takes extensions once a line comes in, and says what it was given."""

import sys

from cxreports.errors import PortalError
from cxreports.portal.companies import number_blocks
from cxreports.portal.database import Database


def main(url: str, act: str, *ids: str) -> None:
    database = Database(url)
    say("ready")
    sys.stdin.readline()
    for company_id in ids:
        try:
            with database.writing() as db:
                if act == "assign":
                    given = number_blocks.assign(db, company_id).first
                else:
                    free = number_blocks.next_free_extension(db, company_id) or int(act)
                    given = number_blocks.add_extension(db, company_id, free).number
            say(f"{company_id} {given}")
        except PortalError as error:
            say(f"{company_id} {error}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
