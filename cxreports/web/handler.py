"""What every handler of the portal shares: who asks, whether they may, in which language, from where."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast
from urllib.parse import unquote

import tornado.web
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler
from markupsafe import Markup

from cxreports import language
from cxreports.errors import CxreportsError
from cxreports.portal import site_map
from cxreports.portal.database import now
from cxreports.portal.people import throttle
from cxreports.portal.post.letters import Change, Post
from cxreports.portal.site_map import Access
from cxreports.web import sent
from cxreports.web.addresses import client_protocol
from cxreports.web.refusals import NotesRefusals
from cxreports.web.shell import Asked, Shell
from cxreports.widgets.bundle import manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.portal.audit import Event
    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault
    from cxreports.portal.site_map import Place, Shown
    from cxreports.visitor import Visitor
    from cxreports.web.kernels.pool import PortalKernels
    from cxreports.web.shell import Shells
    from cxreports.web.site import Site
    from cxreports.web.turns import Turns

ZONE_COOKIE: Final = "cx-zone"
"""Set by the pages' scripts: what zone the browser is in, so that the first drawing is right."""

LANGUAGE_COOKIE: Final = "cx-language"
SESSION_COOKIE: Final = "cx-session"

_YEAR_DAYS: Final = 365
_LONGEST_NAME: Final = 200

_SCRIPTS: Final = ("account", "portal", "vega")

_LOOKS: Final = frozenset({"light", "dark"})
_THEMES: Final = _LOOKS | {"system"}

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})

_BARE_PAGE: Final = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>{status}</title>"
    "<h1>Something went wrong</h1><p>Try again later. {code}</p></html>"
)
"""The page where no other can be made."""

_log = logging.getLogger("cxreports.web")


class Person(User):
    """The user as the server's framework knows it; `visitor` says all."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(username=str(visitor.user_id), name=visitor.name, display_name=visitor.name)
        self.visitor = visitor


class PortalHandler(NotesRefusals, JupyterHandler):
    """Answers one route; a subclass says who may use it, by default whoever has logged in."""

    access = Access.PERSON
    in_shell: ClassVar[bool] = True
    """Whether it answers with pages, which stand in a shell."""

    counts_as_visit: ClassVar[bool] = True
    """Whether a request keeps the session from idling out."""

    _shell: Shell | None = None

    @property
    def database(self) -> Database:
        """People, sessions and ledgers."""
        return cast("Database", self.settings["cx_database"])

    @property
    def vault(self) -> Vault:
        """The installation's secret key."""
        return cast("Vault", self.settings["cx_vault"])

    @property
    def site(self) -> Site:
        """The portal's home, settings and address."""
        return cast("Site", self.settings["cx_site"])

    @property
    def post_office(self) -> Post:
        """Maker of the letters that people get."""
        return Post(self.database, self.site.settings, self.site.address)

    @property
    def kernels(self) -> PortalKernels:
        """The running kernels and their owners."""
        return cast("PortalKernels", self.kernel_manager)

    @property
    def visitor(self) -> Visitor:
        """Who asks; only for handlers that are not public."""
        return cast("Person", self.current_user).visitor

    @property
    def agent(self) -> str:
        """What the browser calls itself."""
        return self.request.headers.get("User-Agent", "")[:200]

    @property
    def is_encrypted(self) -> bool:
        """Whether the browser talks TLS, to this server or to a trusted proxy before it."""
        return client_protocol(self.request, self.settings["cx_trusted_proxies"]) == "https"

    def keep_language(self, tag: str) -> None:
        """Let this browser's log-in form speak a language from now on; an empty tag follows the browser."""
        if tag:
            self.set_cookie(
                LANGUAGE_COOKIE,
                tag,
                path=self.base_url,
                samesite="Lax",
                secure=self.is_encrypted,
                expires_days=_YEAR_DAYS,
            )
        else:
            self.clear_cookie(LANGUAGE_COOKIE, path=self.base_url)

    def _get_raw_xsrf_token(self) -> tuple[int | None, bytes, float]:
        """The token of forms: of a session it is made of the session's id, so another's is worth nothing.

        Whoever has no session gets a random one, kept in the cookie alone.
        """
        session_id = self.get_cookie(session_cookie_name(self))
        version, token, since = super()._get_raw_xsrf_token()
        if not session_id:
            return version, token, since
        own = hmac.digest(session_id.encode("utf-8", "surrogatepass"), b"cxreports forms", "sha256")[:16]
        # Without a version the cookie is set.
        return (version if token == own else None), own, since or time.time()

    def get_current_user(self) -> Any:
        """Nobody, for the error pages of requests that fail before `prepare` has found out who asks."""
        return None

    async def prepare(self, **options: Any) -> None:
        """Refuse what another site sends, or what this person may not ask."""
        site = self.request.headers.get("Sec-Fetch-Site")
        if self.request.method not in SAFE_METHODS and site is not None and site not in _OWN_SITE:
            raise tornado.web.HTTPError(HTTPStatus.FORBIDDEN)
        if not sent.is_sound(self.request):
            raise tornado.web.HTTPError(HTTPStatus.BAD_REQUEST)
        language.speak_here(wished_language(self))
        await super().prepare(**options)
        if self._finished:
            return
        if self.current_user is not None and self.visitor.language:
            language.speak_here(self.visitor.language)
        if self.in_shell and self.current_user is not None:
            shells: Shells = self.settings["cx_shells"]
            self._shell = await self.run(shells.of, self.visitor, self._asked_for())
        if not self.is_allowed():
            raise tornado.web.HTTPError(HTTPStatus.FORBIDDEN)

    def _asked_for(self) -> Asked:
        """What the request says of its page's shell."""
        company = self.get_query_argument("company", "") or self.get_query_argument("customer", "")
        zone = unquote(self.get_cookie(ZONE_COOKIE) or "")
        return Asked(self.request.path.removeprefix(self.base_url), company[:_LONGEST_NAME], zone)

    def shell(self) -> Shell | None:
        """Shell of the page; None for strangers."""
        if self.current_user is None:
            return None
        return self._shell or Shell.bare(self.visitor, self._asked_for())

    def is_allowed(self) -> bool:
        """Whether who asks is of the kind that the route is for."""
        if self.access in {Access.PUBLIC, Access.PERSON}:
            return self.access is Access.PUBLIC or self.current_user is not None
        if self.current_user is None:
            return False
        return self.visitor.is_operator == (self.access is Access.OPERATOR)

    async def run(self, act: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Do what takes a while in a thread, when it is the turn of who asks; others are not held up."""
        return await self._turns("cx_turns").run(self._asker, act, *arguments, **options)

    def _turns(self, kind: str) -> Turns:
        turns: Turns = self.settings[kind]
        return turns

    @property
    def _asker(self) -> str:
        """Whose turn it must be: the person's, or the address's of a stranger."""
        person = self.current_user
        return throttle.address(self.address) if person is None else f"person {person.visitor.user_id}"

    def errand(self, act: Callable[..., None], *arguments: Any, **options: Any) -> None:
        """Do something after the answer, such as sending a letter; whether it works goes to the log."""
        work = asyncio.ensure_future(self._errand(act, *arguments, **options))
        self.settings.setdefault("cx_errands", set()).add(work)
        work.add_done_callback(self.settings["cx_errands"].discard)

    async def _errand(self, act: Callable[..., None], *arguments: Any, **options: Any) -> None:
        try:
            await self._turns("cx_errand_turns").run(self._asker, act, *arguments, **options)
        except CxreportsError:
            _log.exception("A letter could not be sent.")

    def tell_of_change(self, user_id: int, event: Event, *, email: str = "", to: str | None = None) -> None:
        """Write to whose account it is what was changed, when and from where."""
        change = Change(event, now(), address=self.address, agent=self.agent, email=email)
        self.errand(self.post_office.tell_of_change, user_id, change, to=to)

    def show(self, template: str, status: int = HTTPStatus.OK, **values: Any) -> None:
        """Answer with a page."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(self.text_of(template, **values))

    def text_of(self, template: str, **values: Any) -> str:
        """Fill in a template with what all of them need."""
        files, names = self.settings["cx_static"], manifest()
        text: str = (
            self.settings["voila_jinja2_env"]
            .get_template(template)
            .render(
                {
                    "styles": {stem: f"{files}/{names[f'{stem}.css']}" for stem in ("forms", "page")},
                    "scripts": {stem: f"{files}/{names[f'{stem}.js']}" for stem in _SCRIPTS},
                    "base": self.base_url,
                    "language": language.current(),
                    "direction": "rtl" if language.is_right_to_left() else "ltr",
                    "visitor": None if self.current_user is None else self.visitor,
                    "xsrf": Markup(self.xsrf_form_html()),  # noqa: S704 (tornado escapes the token)
                    "places": self.places,
                    "shell": self.shell,
                    "most_tabs": site_map.TABS,
                    "texts": harmless(language.script_texts()),
                    "harmless": harmless,
                    "theme": self._theme(),
                    "message": "",
                    "notice": "",
                    "wrong": "",
                    "faulty": 0,
                    **values,
                }
            )
        )
        return text

    def _theme(self) -> str:
        """Look that the address or the visitor's preferences name; empty for the system's."""
        asked = self.get_query_argument("theme", "")
        kept = "" if self.current_user is None else self.visitor.theme
        chosen = asked if asked in _THEMES else kept
        return chosen if chosen in _LOOKS else ""

    def places(self, shown: Shown) -> list[Place]:
        """Places that who asks may go to, as they are shown in the navigation or elsewhere."""
        return [] if self.current_user is None else site_map.places(self.visitor, shown)

    def write_error(self, status_code: int, **options: Any) -> None:
        """Say in plain words that it did not work and what to do; a defect goes to the log under an id."""
        code = ""
        if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            code = secrets.token_hex(4)
            _log.error("%s %s failed [%s]", self.request.method, self.request.path, code, **_traced(options))
        try:
            self.show("error.html.j2", status_code, http_status=int(status_code), code=code)
        except Exception:  # noqa: BLE001 (whatever it is, the visitor gets a page)
            # What failed may have failed again: the database that knows the session, a template.
            _log.exception("The error page of %s failed too [%s]", self.request.path, code)
            self.set_status(status_code)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(_BARE_PAGE.format(status=int(status_code), code=code))


def _traced(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"exc_info": options["exc_info"]} if "exc_info" in options else {}


def harmless(text: str) -> str:
    """JSON such that no script element ends in it."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def session_cookie_name(handler: tornado.web.RequestHandler) -> str:
    """Name of the cookie that holds the session's id."""
    # With this prefix browsers take the cookie from this very host alone, and over TLS alone.
    is_encrypted = client_protocol(handler.request, handler.settings["cx_trusted_proxies"]) == "https"
    return f"__Host-{SESSION_COOKIE}" if is_encrypted else SESSION_COOKIE


def wished_language(handler: tornado.web.RequestHandler) -> str:
    """Language of this browser's last choice, else the one that the browser prefers."""
    chosen = handler.get_cookie(LANGUAGE_COOKIE) or ""
    if chosen in language.LANGUAGES:
        return chosen
    return language.preferred(handler.request.headers.get("Accept-Language", ""))
