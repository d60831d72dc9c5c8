"""What a person has chosen for the pages: zone, period, widgets and their order, columns, theme.

Pages know which widgets, periods and columns there are, and ignore what they do not know; here it
is seen to that a choice has the shape of one, and no more room than one needs.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from cxreports.clock import zone
from cxreports.errors import BadField, BadTime, NotThere
from cxreports.language import _
from cxreports.portal.tables import Preferences, User

LONGEST_NAME: Final = 64
"""Characters of a widget's, column's or period's name."""

MOST_NAMES: Final = 64
"""Names in a list."""

MOST_LISTS: Final = 16
"""Tables of which columns are chosen."""

THEMES: Final = ("system", "light", "dark")


def load(db: Session, user_id: int) -> dict[str, Any]:
    """Give what a user has chosen; nothing before the first choice."""
    kept = db.get(Preferences, user_id)
    return {} if kept is None else {name: value for name, value in kept.values.items() if name in KEYS}


def save(db: Session, user_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep choices beside those made before; None forgets one.

    Parameters
    ----------
    values
        Some of `KEYS`.

    Returns
    -------
    dict
        All that the user has chosen now.

    Raises
    ------
    NotThere
        There is no such user.
    BadField
        A choice is unknown, or has not the shape of one.
    """
    for name, value in values.items():
        if name not in KEYS:
            raise BadField(name, _("There is no choice {name}.").format(name=name[:LONGEST_NAME]))
        if value is not None and not KEYS[name](value):
            raise BadField(name, _("This choice cannot be kept."))
    if db.get(User, user_id) is None:
        raise NotThere(_("There is no such user."))
    chosen = {name: value for name, value in (load(db, user_id) | dict(values)).items() if value is not None}
    kept = db.get(Preferences, user_id)
    if kept is None:
        db.add(Preferences(user_id=user_id, values=chosen))
    else:
        kept.values = chosen
    db.flush()
    return json.loads(json.dumps(chosen))  # type: ignore[no-any-return]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _is_zone(value: Any) -> bool:
    try:
        return _is_name(value) and bool(zone(value))
    except BadTime:
        return False


def _are_names(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) <= MOST_NAMES and all(map(_is_name, value))


def _are_lists(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and len(value) <= MOST_LISTS
        and all(_is_name(name) and _are_names(names) for name, names in value.items())
    )


KEYS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "zone": _is_zone,
    "period": _is_name,
    "compare": lambda value: isinstance(value, bool),
    "tab": _is_name,
    "widgets": _are_names,
    "columns": _are_lists,
    "theme": lambda value: value in THEMES,
}
"""What can be chosen, each with what tells a choice by its shape: ``columns`` is lists by table."""
