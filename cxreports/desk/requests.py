"""Requests to the desk: a closed set, in which every field has a type and a limit."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from cxreports.desk.answers import AccountAnswer, Ledger
from cxreports.errors import BadRequest
from cxreports.portal.feeds.under_way import SwitchChannels

LARGEST_REQUEST: Final = 2**16
"""Bytes. All choices of a person at once take some 5 kB."""

_LONGEST_CUSTOMER: Final = 2000
_LONGEST_NAME: Final = 16
_LONGEST_CHOICE: Final = 4000
_MOST_CHOICES: Final = 16
_MOST_ROWS: Final = 10**12

Customer = Annotated[str, Field(max_length=_LONGEST_CUSTOMER)]


class Request(BaseModel):
    """Base of the requests; `answer` reads and writes what is answered."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    answer: ClassVar[TypeAdapter[Any]]


class Names(Request):
    """Names of the companies that the visitor may see, by id."""

    answer = TypeAdapter(dict[str, str])
    ask: Literal["names"] = "names"


class Account(Request):
    """A customer's account, and what waits for the visitor."""

    answer = TypeAdapter(AccountAnswer)
    ask: Literal["account"] = "account"
    customer: Customer


class Channels(Request):
    """Channels of a customer, as the switches say; None where none is asked, or the visitor may not know."""

    answer = TypeAdapter(SwitchChannels | None)
    ask: Literal["channels"] = "channels"
    customer: Customer


class Ledgers(Request):
    """Ledgers of all companies; for operators."""

    answer = TypeAdapter(tuple[Ledger, ...])
    ask: Literal["ledgers"] = "ledgers"


class Choices(Request):
    """What the visitor has chosen for the pages."""

    answer = TypeAdapter(dict[str, str])
    ask: Literal["choices"] = "choices"


class Keep(Request):
    """Choices to be kept for the visitor, beside those that were made before."""

    answer = TypeAdapter(None)
    ask: Literal["keep"] = "keep"
    changed: Annotated[
        dict[
            Annotated[str, Field(max_length=_LONGEST_NAME)], Annotated[str, Field(max_length=_LONGEST_CHOICE)]
        ],
        Field(max_length=_MOST_CHOICES),
    ]


class Exported(Request):
    """A file that is about to be sent to the visitor, for the audit log."""

    answer = TypeAdapter(None)
    ask: Literal["exported"] = "exported"
    page: Literal["dashboard", "call records", "customers"]
    form: Literal["csv", "parquet", "xlsx"]
    rows: Annotated[int, Field(ge=0, le=_MOST_ROWS)]
    customer: Customer


_ANY: Final[TypeAdapter[Request]] = TypeAdapter(
    Annotated[Names | Account | Channels | Ledgers | Choices | Keep | Exported, Field(discriminator="ask")]
)


def request_of(sent: bytes) -> Request:
    """Request out of JSON.

    Raises
    ------
    BadRequest
        It is too large, or none that there is.
    """
    if len(sent) > LARGEST_REQUEST:
        raise BadRequest(f"a request of {len(sent)} bytes, where {LARGEST_REQUEST} are the most")
    try:
        return _ANY.validate_json(sent)
    except ValidationError as error:
        # Not its text, which repeats what was sent.
        kinds = ", ".join(sorted({fault["type"] for fault in error.errors(include_input=False)}))
        raise BadRequest(f"no request of a page ({kinds})") from None
