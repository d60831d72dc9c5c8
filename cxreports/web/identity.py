"""Who asks: the login session that a browser's cookie names, and nothing else.

Neither tokens in the address nor headers say who somebody is. The cookie holds a random id, the
database its hash, so a session can be ended from anywhere.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.auth.identity import IdentityProvider

from cxreports.portal.people import devices, preferences, sessions
from cxreports.visitor import Visitor
from cxreports.web.addresses import client_address, client_protocol
from cxreports.web.handler import Person, session_cookie_name, wished_language

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler
    from tornado.web import RequestHandler

    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault
    from cxreports.portal.tables import LoginSession

_DEVICE: Final = "cx-device"


class PortalIdentity(IdentityProvider):
    """Knows people by their login session."""

    @property
    def auth_enabled(self) -> bool:
        """Nobody is let in without a session."""
        return True

    def get_handlers(self) -> list[tuple[str, object]]:
        """No routes: `cxreports.web.routes` lists all of them."""
        return []

    async def _get_user(self, handler: RequestHandler) -> Person | None:
        known = getattr(handler, "_jupyter_current_user", None)
        if isinstance(known, Person):
            return known
        session_id = session_cookie(handler)
        if not session_id:
            return None
        database: Database = handler.settings["cx_database"]
        address = client_address(handler.request, handler.settings["cx_trusted_proxies"])
        is_visit = getattr(handler, "counts_as_visit", True)
        visitor = await asyncio.to_thread(
            _visitor, database, session_id, address, wished_language(handler), is_visit=is_visit
        )
        return None if visitor is None else Person(visitor)


def _visitor(
    database: Database, session_id: str, address: str, wished: str, *, is_visit: bool
) -> Visitor | None:
    with database.reading() as db:
        found = sessions.find(db, session_id)
        if found is None:
            return None
        theme = preferences.load(db, found.user_id).get("theme", "")
        visitor = replace(visitor_of(found, address, wished), theme=theme)
    if is_visit and sessions.is_stale(found):
        with database.writing() as db:
            sessions.touch(db, found)
    return visitor


def visitor_of(session: LoginSession, address: str, wished: str = "en") -> Visitor:
    """Person behind a session, who reads the browser's language unless another was chosen."""
    user = session.user
    return Visitor(
        user_id=user.id,
        email=user.email,
        name=user.name,
        customer=user.company_id,
        language=user.language or wished,
        session=session.id_hash,
        address=address,
    )


def session_cookie(handler: RequestHandler) -> str:
    """Session id that the browser sent, empty for none."""
    return handler.get_cookie(session_cookie_name(handler)) or ""


def set_session_cookie(handler: JupyterHandler, session_id: str) -> None:
    """Set the session cookie; scripts cannot read it, and other sites cannot use it."""
    handler.set_cookie(session_cookie_name(handler), session_id, **_options(handler))


def known_device(handler: RequestHandler, email: str | None = None) -> str | None:
    """Token of this browser, if it has logged in before: to the account of an address, or to any."""
    vault: Vault = handler.settings["cx_vault"]
    value = handler.get_cookie(_named(handler, _DEVICE)) or ""
    return devices.of_portal(vault, value) if email is None else devices.of_account(vault, value, email)


def set_device_cookie(handler: JupyterHandler, email: str) -> None:
    """Let a browser that has logged in be known again, for the account of an address."""
    value = devices.cookie(handler.settings["cx_vault"], email)
    days = {"expires_days": devices.LIFE.days}
    handler.set_cookie(_named(handler, _DEVICE), value, **_options(handler) | days)


def clear_session_cookie(handler: JupyterHandler) -> None:
    """Take the session id from the browser."""
    handler.clear_cookie(session_cookie_name(handler), **_options(handler))


def _options(handler: RequestHandler) -> dict[str, Any]:
    return {"path": "/", "httponly": True, "samesite": "Lax", "secure": _is_encrypted(handler)}


def _named(handler: RequestHandler, name: str) -> str:
    # With this prefix browsers take the cookie from this very host alone, and over TLS alone.
    return f"__Host-{name}" if _is_encrypted(handler) else name


def _is_encrypted(handler: RequestHandler) -> bool:
    return client_protocol(handler.request, handler.settings["cx_trusted_proxies"]) == "https"
