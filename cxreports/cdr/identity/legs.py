"""How a format says that several records make one call."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cxreports.cdr.definitions.toml_values import RequiredText, Texts, TomlTable, lower_words, refused


class Caller(TomlTable):
    """One test of whether a leg is the caller's; a leg that passes any of them is.

    Attributes
    ----------
    column
        Column or field that is looked at.
    words, present, same
        When it means yes: one of these words, any value, or the same as in this column.
    """

    column: RequiredText
    words: Annotated[Texts, AfterValidator(lower_words)] = Field(default=(), alias="in")
    present: bool = False
    same: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum([bool(self.words), self.present, self.same is not None]) != 1:
            raise refused("in", "say exactly one of in, present and same")
        return self


def _callers(value: Any) -> Any:
    tables = value if isinstance(value, list) else [value]
    if not all(isinstance(table, dict) for table in tables):
        raise refused("", f"{value!r} should be a table or an array of tables")
    return tuple(tables)


def _codes(value: Any) -> Any:
    codes = value if isinstance(value, list) else [value]
    if not all(type(code) is int for code in codes):
        raise refused("", f"{value!r} should be a list of SIP codes")
    return tuple(codes)


class Legs(TomlTable):
    """How the records of a format belong to one call.

    Attributes
    ----------
    call
        Columns or fields: the first that is not empty is what the legs of a call share.
    also
        Further ones that they share, empty or not.
    caller
        Which leg is the caller's; among several the answered one, then the earliest.
    challenge
        SIP codes of records that ask the caller to log in (401, 407): part of the call, and no leg
        where there is another.
    in_turn
        Whether legs follow each other and do not say when each begins, so that their times add up.
    """

    call: Texts = ()
    also: Texts = ()
    caller: Annotated[tuple[Caller, ...], BeforeValidator(_callers)] = ()
    challenge: Annotated[tuple[int, ...], BeforeValidator(_codes)] = ()
    in_turn: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.call:
            raise refused("call", "is missing: name the columns that the legs of a call share")
        return self
