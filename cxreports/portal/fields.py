"""What people type into forms and files, as it is kept: texts of one line, amounts, whole numbers."""

import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cxreports.errors import AlreadyThere, BadAmount, BadField, BadFields, NotThere
from cxreports.language import _
from cxreports.portal.columns import MONEY_DECIMALS, millionths

LONGEST_LINE: Final = 200
"""Characters that a text of one line may have."""

_LONGEST_NUMBER: Final = 40


def each_of(reads: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Value of every field, read by its own function: what is wrong is said of all of them at once.

    Raises
    ------
    BadFields
        Several cannot be taken, or name what exists already or does not exist.
    BadField, AlreadyThere, NotThere
        One cannot: as its function raised it.
    """
    values: dict[str, Any] = {}
    wrong: list[tuple[str, BadField | AlreadyThere | NotThere]] = []
    for name, read in reads.items():
        try:
            values[name] = read()
        except (BadField, AlreadyThere, NotThere) as error:
            wrong.append((error.field if isinstance(error, BadField) else name, error))
    if len(wrong) > 1:
        raise BadFields({name: str(fault) for name, fault in wrong})
    if wrong:
        raise wrong[0][1]
    return values


def line(field: str, typed: Any, *, most: int = LONGEST_LINE, required: bool = False) -> str:
    """A text of one line, without blanks around it.

    Raises
    ------
    BadField
        It is empty but required, too long, or has characters that no line has.
    """
    if not isinstance(typed, str):
        raise BadField(field, _("This should be a text."))
    text = unicodedata.normalize("NFC", typed.strip())
    if required and not text:
        raise BadField(field, _("This is needed."))
    if len(text) > most:
        raise BadField(field, _("This is too long: {most} characters are the most.").format(most=most))
    # Controls, line ends, halves of surrogate pairs, and what reverses the order of writing.
    if any(unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} or each in _REVERSING for each in text):
        raise BadField(field, _("This has characters that a line of text cannot have."))
    return text


_REVERSING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def amount(field: str, typed: Any) -> Decimal:
    """An amount of money, exact as typed; a float, which is not exact, is refused.

    Raises
    ------
    BadField
        It is no amount, has too many decimals, or is too large to keep.
    """
    text = typed.strip() if isinstance(typed, str) else typed
    try:
        if isinstance(text, str) and (len(text) > _LONGEST_NUMBER or not text.isascii() or "_" in text):
            raise InvalidOperation  # noqa: TRY301 (what Decimal would read more kindly than it should be)
        if isinstance(text, bool) or not isinstance(text, (str, int, Decimal)):
            raise InvalidOperation  # noqa: TRY301
        exact = Decimal(text)
        millionths(exact)
    except (InvalidOperation, BadAmount) as error:
        raise BadField(
            field,
            _(
                "{typed} is no amount that can be kept exactly: write such as 1250.00, with at most "
                "{decimals} decimals."
            ).format(typed=typed, decimals=MONEY_DECIMALS),
        ) from error
    return exact


def whole(field: str, typed: Any, *, least: int, most: int) -> int:
    """A whole number within limits; as text, in the digits 0 to 9 and no leading zero.

    Raises
    ------
    BadField
        It is none, or lies outside of the limits.
    """
    text = typed.strip() if isinstance(typed, str) else str(typed)
    plain = not isinstance(typed, bool) and text.isascii() and text.isdigit() and str(int(text[:20])) == text
    if not plain or not least <= int(text) <= most:
        raise BadField(
            field,
            _("{typed} should be a whole number from {least} to {most}.").format(
                typed=typed, least=least, most=most
            ),
        )
    return int(text)
