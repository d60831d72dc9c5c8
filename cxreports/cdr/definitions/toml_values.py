"""Values of a definition's tables: what TOML gives, checked and made immutable.

Nothing is converted silently: each refusal says what the key should hold.
"""

import re
from collections.abc import Collection
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

BLANKS: Final = "blanks"
"""Delimiter of columns that any number of blanks or tabs sets apart."""


def refused(key: str, message: str, *, table: str = "") -> PydanticCustomError:
    """Error of a key of the table that is being checked, or of another table if one is named."""
    context = {"key": key, "table": table, "message": message}
    return PydanticCustomError("refused", "{message}", context)


def one_of(choices: Collection[str]) -> AfterValidator:
    """Refuse a text that is none of these."""

    def checked(value: str) -> str:
        if value not in choices:
            raise refused("", f"{value!r} should be one of {', '.join(sorted(choices))}")
        return value

    return AfterValidator(checked)


def texts(value: Any) -> Any:
    """A text or a list of texts as a tuple."""
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, tuple | list) or not all(isinstance(text, str) for text in values):
        raise refused("", f"{value!r} should be a text or a list of texts")
    return tuple(values)


def pairs(value: Any) -> Any:
    """A table of texts as pairs, in the order written."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise refused("", f"{value!r} should map texts to texts")
    return tuple(value.items())


def scale(value: Any) -> Any:
    """A factor as the text of a decimal."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refused("", f"{value!r} should be a number such as 0.001")
    text = str(value)
    if not re.fullmatch(r"\d{1,6}(\.\d{1,9})?", text):
        raise refused("", f"{value!r} should be a number such as 0.001; up to nine decimals")
    return text


def columns_by_type(value: Any) -> Any:
    """A table of lists of columns."""
    if not isinstance(value, dict):
        raise refused("", f"{value!r} should be a table of types and their columns")
    return MappingProxyType({name: texts(columns) for name, columns in value.items()})


def range_of(value: Any) -> Any:
    """Least and greatest of a range of whole numbers."""
    if not isinstance(value, list) or not all(type(number) is int for number in value):
        raise refused("", f"{value!r} should be a list of whole numbers")
    if len(value) != 2:  # noqa: PLR2004
        raise refused("", f"{value!r} should be the least and the greatest of them")
    return tuple(value)


def tags(value: Any) -> Any:
    """Two columns."""
    columns = texts(value)
    if len(columns) != 2:  # noqa: PLR2004
        raise refused("", "needs the two columns that hold the tags of either side")
    return columns


def listed(value: Any) -> Any:
    """A list as a tuple."""
    return tuple(value) if isinstance(value, list) else value


def lower_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Words to compare without case."""
    return tuple(word.casefold() for word in words)


def lower_keys(words: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Pairs whose first words are compared without case."""
    return tuple((word.casefold(), value) for word, value in words)


def expression(text: str) -> str:
    """Refuse a text that is no regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise refused("", f"{text!r} is not an expression: {error}") from error
    return text


def expressions(named: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Refuse pairs whose second text is no regular expression."""
    for _, text in named:
        expression(text)
    return named


def groups_in(text: str) -> int:
    """How many groups an expression has that take a value; one where only RE2 understands it."""
    try:
        return re.compile(text).groups
    except re.error:
        return 1


def character(text: str) -> str:
    """Refuse what is not one ASCII character."""
    if len(text) != 1 or not text.isascii():
        raise refused("", f"{text!r} must be one ASCII character")
    return text


def delimiter(text: str) -> str:
    """Refuse what sets no columns apart."""
    return text if text == BLANKS else character(text)


def not_empty(text: str) -> str:
    """Refuse an empty text."""
    if not text:
        raise refused("", "is missing")
    return text


Texts = Annotated[tuple[str, ...], BeforeValidator(texts)]
"""A text or a list of texts."""

Pairs = Annotated[tuple[tuple[str, str], ...], BeforeValidator(pairs)]
"""A table of texts, in the order written."""

RequiredText = Annotated[str, AfterValidator(not_empty)]
Expression = Annotated[str, AfterValidator(expression)]
Character = Annotated[str, AfterValidator(character)]


class TomlTable(BaseModel):
    """A table of a definition: nothing is converted, and nothing unknown let through."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_else(cls, content: Any) -> Any:
        if isinstance(content, dict):
            keys = sorted(field.alias or name for name, field in cls.model_fields.items())
            for key in content:
                if key not in keys:
                    raise refused(key, f"is not known here; known are {', '.join(keys)}")
        return content
