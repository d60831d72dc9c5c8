"""Who looks at a page: the one person that a portal's kernel works for.

The server binds a kernel once, before the page's notebook runs; from then on every lake that
this process opens holds that person's calls and no others (`cxreports.lake.store`). Outside a
portal nobody is bound and everything is in reach: whoever can read the files can read the files.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from cxreports import language
from cxreports.errors import AlreadyBound, NotBound

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTAL_VARIABLE: Final = "CXREPORTS_PORTAL"
"""Environment variable that the server sets for its kernels."""


@dataclass(frozen=True)
class Visitor:
    """A person who has logged in.

    Attributes
    ----------
    user_id
        Of the user in the portal's database.
    email, name
        E-mail address and name.
    customer
        The only customer that the person may see; None for an operator, who sees all.
    language
        Tag of the interface's language.
    theme
        The look that the person prefers: ``light``, ``dark``, or else the system's.
    session
        Hash of the login's id.
    address
        Network address that the page was asked from.
    wishes
        What the page's address asks for, and the browser's own zone as ``browser_zone``.
    """

    user_id: int
    email: str
    name: str
    customer: str | None
    language: str = "en"
    theme: str = ""
    session: str = ""
    address: str = ""
    wishes: tuple[tuple[str, str], ...] = ()

    @property
    def is_operator(self) -> bool:
        """Whether the person sees every customer."""
        return self.customer is None

    def binding(self, line: Line | None = None) -> str:
        """Python statement with which the server binds a kernel.

        Parameters
        ----------
        line
            The kernel's line to the server; without one it can ask for nothing.
        """
        return (
            f"from cxreports.visitor import Line, Visitor, bind\nbind(Visitor(**{asdict(self)!r}), {line!r})"
        )


@dataclass(frozen=True)
class Line:
    """A process's line to the server (`cxreports.desk.line`).

    Attributes
    ----------
    path
        Of the server's Unix socket.
    token
        What the server knows the process by; it holds for this one alone, as long as it lives.
    """

    path: str
    token: str


_bound: Visitor | None = None
_line: Line | None = None


def bind(visitor: Visitor, line: Line | None = None) -> None:
    """Bind this process to a person from now on.

    Parameters
    ----------
    line
        Its line to the server, which answers for that person.

    Raises
    ------
    AlreadyBound
        The process works for somebody.
    """
    global _bound, _line
    if _bound is not None:
        raise AlreadyBound(f"this process works for user {_bound.user_id} already")
    _bound, _line = visitor, line
    language.speak(visitor.language)


@contextmanager
def nobody() -> Iterator[None]:
    """Bind this process to nobody while the block runs: a lake opened in it holds no calls.

    Raises
    ------
    AlreadyBound
        The process works for somebody.
    """
    with working_for(Visitor(0, "", "", customer="")):
        yield


@contextmanager
def working_for(visitor: Visitor) -> Iterator[None]:
    """Bind this process to a person while the block runs, and to nobody else meanwhile.

    Raises
    ------
    AlreadyBound
        The process works for somebody.
    """
    global _bound  # noqa: PLW0603
    before = language.of_process()
    bind(visitor)
    try:
        yield
    finally:
        _bound = None
        language.speak(before)


def current() -> Visitor | None:
    """Person that this process works for; None outside a portal.

    Raises
    ------
    NotBound
        The process is a portal's and works for nobody yet.
    """
    if _bound is None and PORTAL_VARIABLE in os.environ:
        raise NotBound("this page's process was told of no visitor, so it opens nothing")
    return _bound


def line() -> Line | None:
    """Line of this process to the server; None outside a portal, and for nobody."""
    return _line


def customer_in_reach() -> str | None:
    """Only customer whose calls may be read here; None for all of them.

    Raises
    ------
    NotBound
        The process is a portal's and works for nobody yet.
    """
    visitor = current()
    return None if visitor is None else visitor.customer
