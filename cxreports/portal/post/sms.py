"""Text messages: through an operator's HTTP gateway, or written into a file where there is none.

Sending waits for the network: whoever serves others meanwhile does it in a thread.
"""

import json
from base64 import b64encode
from datetime import UTC, datetime
from http.client import HTTPException, HTTPMessage
from typing import IO, TYPE_CHECKING, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cxreports.errors import NotSent
from cxreports.language import _
from cxreports.private_file import append_private

if TYPE_CHECKING:
    from cxreports.settings import Settings

FILE_NAME: Final = "sms.log"
"""Where messages lie in the home while no gateway is set: an object of JSON on each line."""

PATIENCE_S: Final = 30.0
"""So long the gateway may take for an answer."""

_SHOWN: Final = 200


class _NoRedirect(HTTPRedirectHandler):
    """A POST that is sent elsewhere becomes a GET without a message."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing."""


_GATEWAY: Final = build_opener(_NoRedirect)


def send(to: str, text: str, settings: "Settings", *, now: datetime | None = None) -> None:
    """Send a text message, or write it into ``sms.log`` of the home where no gateway is set.

    Parameters
    ----------
    to
        Number in E.164, ``+442079460000``.

    Raises
    ------
    NotSent
        The gateway cannot be reached, or does not take it.
    """
    if not settings.sms_url:
        at = (now or datetime.now(UTC)).isoformat()
        entry = json.dumps({"at": at, "to": to, "text": text}, ensure_ascii=False)
        append_private(settings.home / FILE_NAME, f"{entry}\n".encode())
        return
    request = _request(settings.sms_url, to, text)
    try:
        with _GATEWAY.open(request, timeout=PATIENCE_S):
            pass
    except HTTPError as error:
        with error:
            answer = error.read(_SHOWN).decode(errors="replace").strip()
        raise NotSent(_refusal(to, request.host, f"{error.code} {answer}")) from None
    except (URLError, HTTPException, OSError, ValueError) as error:
        # Not the error itself: it may name the whole address, and that holds a key.
        reason = error.reason if isinstance(error, URLError) else type(error).__name__
        raise NotSent(_refusal(to, request.host, str(reason))) from None


def check(settings: "Settings") -> None:
    """Refuse an address of a gateway that no message could be handed over to.

    Raises
    ------
    NotSent
        ``CXREPORTS_SMS_URL`` is no such address.
    """
    if settings.sms_url:
        _request(settings.sms_url, "+442079460000", "")


def _request(template: str, to: str, text: str) -> Request:
    try:
        url = template.format(to=quote(to, safe=""), text=quote(text, safe=""))
        parts = urlsplit(url)
        good = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and all(each in template for each in ("{to}", "{text}"))
        )
    except (KeyError, IndexError, ValueError):
        good = False
    if not good:
        raise NotSent(
            _("CXREPORTS_SMS_URL cannot be used: write such as {example}.").format(
                example="https://HOST/send?key=KEY&to={to}&text={text}"
            )
        )
    host = parts.netloc.rpartition("@")[2]
    request = Request(parts._replace(netloc=host).geturl(), data=b"", method="POST")  # noqa: S310 (checked)
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", f"Basic {b64encode(login.encode()).decode()}")
    return request


def _refusal(to: str, host: str, reason: str) -> str:
    return _("The text message to {to} could not be handed over to {server}: {error}").format(
        to=to, server=host, error=reason
    )
