"""``feeds.toml``: where calls come from by themselves, and which switches are asked for those under way."""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from cxreports.cdr.definition import format_from
from cxreports.clock import zone as known_zone
from cxreports.errors import BadFeed, CxreportsError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE: Final = "feeds.toml"
"""In the home folder."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Table(BaseModel):
    """Base of the file's tables: what it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Secret(Table):
    """A password that stands in an environment variable or a file, never in ``feeds.toml``."""

    env: str = ""
    file: Path | None = None

    def read(self) -> str:
        """The password.

        Raises
        ------
        BadFeed
            The variable is not set, or the file cannot be read.
        """
        if self.file is not None:
            try:
                return self.file.read_text("utf-8").strip()
            except OSError as error:
                raise BadFeed(f"the password file {self.file} cannot be read: {error.strerror}") from error
        if self.env and self.env not in os.environ:
            raise BadFeed(f"the environment variable {self.env} is not set, which should hold the password")
        return os.environ.get(self.env, "")


class CustomerRule(Table):
    """One way from a call to its customer; the first rule that gives one counts.

    Attributes
    ----------
    attribute
        Of the call: ``caller``, ``callee``, ``source_ip``, ``account``, or what the switch calls it.
    regex
        The part of it that counts: the first group, or all that matches.
    by
        How `map` is looked up: the whole value, its longest beginning (a tech prefix), or the network that
        an address is in.
    map
        Customer by value; without one the value is the customer's id.
    """

    attribute: str
    regex: str = ""
    by: Literal["value", "prefix", "network"] = "value"
    map: dict[str, str] = {}

    @model_validator(mode="after")
    def _has_networks(self) -> CustomerRule:
        if self.by != "value" and not self.map:
            raise ValueError(f'by = "{self.by}" needs a map')
        if self.by == "network":
            for network in self.map:
                ip_network(network, strict=False)
        return self


class Switch(Table):
    """A switch that is asked for the calls under way.

    Attributes
    ----------
    url
        Of its interface: ``http://…`` or ``https://…``; ``tcp://HOST:PORT`` for FreeSWITCH and Asterisk.
    user, password
        Where it asks for them.
    every_s
        Seconds between two questions.
    timeout_s
        Seconds until an answer that has not come counts as none.
    events
        Of FreeSWITCH and Asterisk: whether they are asked once more when they say that a call has changed.
    calls, fields
        Of ``http``: where in the answer the list of calls is, and where in a call its ``id``, ``caller``,
        ``callee``, ``since``, ``answered_at`` and attributes are, as names with dots between them.
    customer
        Rules from a call to its customer.
    """

    name: Name
    kind: Literal["kamailio", "opensips", "freeswitch", "asterisk", "http"]
    url: str
    user: str = ""
    password: Secret = Secret()
    every_s: Annotated[float, Field(ge=0.5, le=60)] = 2.0
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 3.0
    events: bool = True
    calls: str = ""
    fields: dict[str, str] = {}
    customer: tuple[CustomerRule, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Switch:
        scheme = self.url.partition("://")[0]
        is_tcp = self.kind in {"freeswitch", "asterisk"}
        if scheme not in ({"tcp"} if is_tcp else {"http", "https"}):
            right = "tcp://HOST:PORT" if is_tcp else "http:// or https://"
            raise ValueError(f"the url of {self.kind} begins with {right}, not {self.url}")
        if self.kind == "http" and "id" not in self.fields:
            raise ValueError('kind = "http" needs fields that name at least the id of a call')
        return self


class Delivered(Table):
    """How what a feed delivers is read, as by ``cxreports load``."""

    name: Name
    format: str = ""
    customer: str = ""
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            return known_zone(name).key
        except CxreportsError as error:
            raise ValueError(str(error)) from error

    @field_validator("format")
    @classmethod
    def _is_format(cls, name: str) -> str:
        if name:
            try:
                format_from(Path(name))
            except CxreportsError as error:
                raise ValueError(str(error)) from error
        return name


class Folder(Delivered):
    """A folder that files land in.

    Attributes
    ----------
    move
        Whether loaded files go into ``done/`` and refused ones into ``refused/``, a report beside each.
    """

    path: Path
    move: bool = False


class Push(Delivered):
    """A switch that posts its records to ``/api/cdr`` with the token of this name."""


class DatabaseTable(Delivered):
    """A table of call records that is read from where it ended.

    Attributes
    ----------
    url
        SQLAlchemy's, without a password.
    table, id
        Table, and its column of ascending whole numbers.
    columns
        Columns to read; all of them by default.
    again
        Rows below the newest that are looked at again for changes, and for numbers that were given out
        before they were committed.
    """

    url: str
    password: Secret = Secret()
    table: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$")]
    id: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "id"
    columns: tuple[str, ...] = ()
    every_s: Annotated[float, Field(ge=0.5, le=3600)] = 1.0
    again: Annotated[int, Field(ge=0, le=100_000)] = 1000


class RemoteFolder(Delivered):
    """A folder of an SFTP server whose files are fetched; they stay there.

    Attributes
    ----------
    password, key
        Either is enough; the key is a private key file (OpenSSH).
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: str
    password: Secret = Secret()
    key: Path | None = None
    path: str
    every_s: Annotated[float, Field(ge=1, le=86_400)] = 30.0


class Feeds(Table):
    """Everything that ``feeds.toml`` names."""

    switch: tuple[Switch, ...] = ()
    folder: tuple[Folder, ...] = ()
    push: tuple[Push, ...] = ()
    database: tuple[DatabaseTable, ...] = ()
    sftp: tuple[RemoteFolder, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Feeds:
        twice = [name for name, count in Counter(each.name for _, each in self.all()).items() if count > 1]
        if twice:
            raise ValueError(f"two tables have the name {', '.join(twice)}")
        return self

    def all(self) -> Iterator[tuple[str, Switch | Delivered]]:
        """Kind and table of everything."""
        for kind in ("switch", "folder", "push", "database", "sftp"):
            for each in getattr(self, kind):
                yield kind, each


def feeds_of(home: Path) -> Feeds:
    """What the home's ``feeds.toml`` names; nothing without one.

    Raises
    ------
    BadFeed
        The file cannot be used; says which table, which key, and what is wrong.
    """
    path = home / FILE
    try:
        return Feeds.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return Feeds()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFeed(f"{path} is no TOML: {error}") from error
    except OSError as error:
        raise BadFeed(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise BadFeed("; ".join(f"{path}: {_fault(each)}" for each in error.errors())) from error


def _fault(error: Any) -> str:
    """One fault: ``switch 1, url: …``."""
    parts = [str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"]]
    return f"{' '.join(parts) or 'the file'}: {error['msg'].removeprefix('Value error, ')}"
