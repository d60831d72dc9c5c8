"""What a person has chosen for the pages: zone, period, widgets and their order, columns, look.

Choices are texts by name, as the pages' addresses have them. Pages know which widgets, periods and
columns there are, and leave out what they do not know; here it is seen to that a choice is the text
of one line, and takes no more room than one needs.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from cxreports.clock import zone
from cxreports.errors import BadField, BadTime, NotThere
from cxreports.language import _
from cxreports.portal.tables import Preferences, User

LONGEST: Final[Mapping[str, int]] = {
    "zone": 64,
    "opens": 32,
    "tab": 32,
    "compare": 8,
    "theme": 16,
    "widgets": 1_000,
    "columns": 4_000,
    "call_columns": 4_000,
}
"""What can be chosen, and how many characters each choice may have.

``widgets`` and ``columns`` (of the summary) and ``call_columns`` (of the call records) are ids, joined by
commas; ``opens`` is the period that a page opens with.
"""


def load(db: Session, user_id: int) -> dict[str, str]:
    """What a user has chosen; nothing before the first choice."""
    kept = db.get(Preferences, user_id)
    return {} if kept is None else {name: text for name, text in kept.values.items() if name in LONGEST}


def save(db: Session, user_id: int, values: Mapping[str, str | None]) -> dict[str, str]:
    """Keep choices beside those made before; None forgets one.

    Parameters
    ----------
    values
        Some of those that `LONGEST` names.

    Returns
    -------
    dict
        All that the user has chosen now.

    Raises
    ------
    NotThere
        There is no such user.
    BadField
        A choice is unknown, or is no text of one.
    """
    for name, text in values.items():
        if name not in LONGEST:
            raise BadField(name, _("There is no choice {name}.").format(name=name))
        if text is not None and not _is_choice(name, text):
            raise BadField(name, _("This choice cannot be kept."))
    if db.get(User, user_id) is None:
        raise NotThere(_("There is no such user."))
    chosen = {name: text for name, text in (load(db, user_id) | dict(values)).items() if text is not None}
    kept = db.get(Preferences, user_id)
    if kept is None:
        db.add(Preferences(user_id=user_id, values=chosen))
    else:
        kept.values = chosen
    db.flush()
    return dict(chosen)


def _is_choice(name: str, text: object) -> bool:
    if not isinstance(text, str) or len(text) > LONGEST[name] or not text.isprintable():
        return False
    try:
        return name != "zone" or bool(zone(text))
    except BadTime:
        return False
