"""Rows of a file that are no calls, as its format tells them: registrations, internal calls, subtotals."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cxreports.cdr.definitions.toml_values import Expression, RequiredText, Texts, TomlTable, refused
from cxreports.sql import literal


class Skip(TomlTable):
    """One kind of row that is passed over, and counted as no row.

    Attributes
    ----------
    column
        Column that is looked at.
    words, absent, positive, regex
        When the row is no call: the column is one of these words (without case), is empty, is more than
        zero, or holds what an expression (RE2) finds. With ``unless`` the other rows are no calls.
    """

    column: RequiredText
    words: Annotated[Texts, AfterValidator(lambda words: tuple(word.casefold() for word in words))] = Field(
        default=(), alias="in"
    )
    absent: bool = False
    positive: bool = False
    regex: Expression | None = None
    unless: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum([bool(self.words), self.absent, self.positive, self.regex is not None]) != 1:
            raise refused("in", "say exactly one of in, absent, positive and regex")
        return self

    def sql(self, column: str) -> str:
        """SQL of whether a row is no call, by the SQL of its column."""
        if self.words:
            found = f"lower(trim({column})) IN ({', '.join(map(literal, self.words))})"
        elif self.absent:
            found = f"{column} IS NULL"
        elif self.positive:
            found = f"TRY_CAST({column} AS DECIMAL(28,6)) > 0"
        else:
            found = f"regexp_matches({column}, {literal(self.regex)})"
        return f"NOT coalesce({found}, false)" if self.unless else f"coalesce({found}, false)"
