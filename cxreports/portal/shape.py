"""Shape of the portal's tables: which revision a database has, and which is the newest.

Alembic knows both too, but takes 0.3 s and 10 MB to import, in every kernel.
"""

from functools import cache
from pathlib import Path
from typing import Final

import sqlalchemy

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_KEPT_IN: Final = "alembic_version"


@cache
def newest() -> str:
    """Newest revision: migrations are numbered by the names of their files."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def revision(engine: sqlalchemy.Engine) -> str | None:
    """Revision of a database; None for an empty one."""
    with engine.connect() as connection:
        if not sqlalchemy.inspect(connection).has_table(_KEPT_IN):
            return None
        found = connection.scalar(sqlalchemy.text(f"SELECT version_num FROM {_KEPT_IN}"))
        return None if found is None else str(found)
