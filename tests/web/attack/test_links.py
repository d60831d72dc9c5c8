"""Links that let in whoever has them: no line of the server's log has one, whatever goes wrong."""

from __future__ import annotations

import secrets
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from driving import PATIENCE_S, portal_of

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from pathlib import Path


def asked(address: str, method: str, path: str, **headers: str) -> tuple[int, HTTPMessage]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers


def test_the_log_has_no_token(tmp_path: Path) -> None:
    tokens = []

    def token() -> str:
        tokens.append(secrets.token_urlsafe(32))
        return tokens[-1]

    with portal_of(tmp_path, warm=0) as portal:
        at = portal.address
        for page in ("reset", "invitation", "unsubscribe"):
            for method in ("GET", "POST", "PUT", "OPTIONS"):
                asked(at, method, f"/{page}/{token()}")
            asked(at, "GET", f"/{page}/{token()}%00")
            asked(at, "GET", f"/{page}/{token()}/more?x=1")
            asked(at, "GET", "/login?password=%ff", Referer=f"{at}/{page}/{token()}")
            for method in ("GET", "POST"):
                asked(at, method, "/login?next=" + quote(f"/{page}/{token()}", safe=""))
        status, headers = asked(at, "GET", f"/reset/{token()}")
        assert status == 410
        assert headers["Referrer-Policy"] == "strict-origin", "what the page loads does not learn it either"
    text = "".join(portal.log)
    assert "/reset/[token]" in text, "the requests stand in the log"
    assert [each for each in tokens if each in text] == []
