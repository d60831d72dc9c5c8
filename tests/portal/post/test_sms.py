"""Text messages, through a real HTTP gateway or kept in a file."""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from cxreports.errors import NotSent
from cxreports.portal.post import sms
from cxreports.settings import Settings

TO = "+442079460018"
TEXT = "Código: 123456 & más?\nno {braces}"


@dataclass
class Gateway:
    """Answers each message with a status, and remembers it."""

    status: int = 200
    answer: bytes = b"accepted"
    location: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def serving(gateway: Gateway) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gateway.asked.append((self.command, self.path, dict(self.headers), body))
            self.send_response(gateway.status)
            if gateway.location:
                self.send_header("Location", gateway.location)
            self.send_header("Content-Length", str(len(gateway.answer)))
            self.end_headers()
            self.wfile.write(gateway.answer)

        do_GET = do_POST  # noqa: N815 (the server's name)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def through(url: str) -> Settings:
    return Settings(sms_url=url)


def test_a_message_is_posted_with_what_is_filled_in() -> None:
    gateway = Gateway(status=202)
    with serving(gateway) as host:
        sms.send(TO, TEXT, through(f"http://{host}/send?key=K1&to={{to}}&text={{text}}"))
    ((method, path, headers, body),) = gateway.asked
    assert (method, urlsplit(path).path, body) == ("POST", "/send", b"")
    assert parse_qs(urlsplit(path).query) == {"key": ["K1"], "to": [TO], "text": [TEXT]}
    assert "Authorization" not in headers


def test_a_login_in_the_address_is_basic_authentication() -> None:
    gateway = Gateway()
    with serving(gateway) as host:
        sms.send(TO, "x", through(f"http://cx:p%40ss@{host}/?to={{to}}&text={{text}}"))
    ((_, path, headers, _),) = gateway.asked
    assert headers["Authorization"] == "Basic Y3g6cEBzcw=="
    assert headers["Host"] == host
    assert "p@ss" not in path


@pytest.mark.parametrize("status", [301, 302, 400, 403, 500])
def test_a_refusal_says_what_the_gateway_says_and_no_key(status: int) -> None:
    gateway = Gateway(status, b"no credit left", location="/elsewhere" if status < 400 else "")
    with serving(gateway) as host, pytest.raises(NotSent) as caught:
        sms.send(TO, "x", through(f"http://{host}/?key=SECRET&to={{to}}&text={{text}}"))
    assert f"{status} no credit left" in str(caught.value)
    assert host in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert len(gateway.asked) == 1


def test_a_gateway_that_is_not_there() -> None:
    with serving(Gateway()) as host:
        pass
    with pytest.raises(NotSent, match=host) as caught:
        sms.send(TO, "x", through(f"http://{host}/?key=SECRET&to={{to}}&text={{text}}"))
    assert "SECRET" not in str(caught.value)


def test_what_is_no_http_is_told() -> None:
    class Silent(BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(b"220 smtp\r\n")

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        with pytest.raises(NotSent, match="BadStatusLine"):
            sms.send(TO, "x", through(f"http://127.0.0.1:{server.server_port}/?to={{to}}&text={{text}}"))
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://gateway.example/{to}{text}",
        "file:///etc/passwd?{to}{text}",
        "gateway.example?to={to}&text={text}",
        "https://gateway.example/?text={text}",
        "https://gateway.example/?to={to}",
        "https://gateway.example/?to={to}&text={text}&who={who}",
        "https://gateway.example/?to={to}&text={text}&{",
    ],
)
def test_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(NotSent, match="CXREPORTS_SMS_URL"):
        sms.send(TO, "x", through(url))


def test_without_a_gateway_messages_are_lines_of_a_file_of_nobody_else(tmp_path: Path) -> None:
    home = Settings(home=tmp_path / "home")
    now = datetime(2026, 3, 18, 13, 15, 56, tzinfo=UTC)
    sms.send(TO, TEXT, home, now=now)
    sms.send(TO, "2", home)
    path = tmp_path / "home" / sms.FILE_NAME
    first, second = map(json.loads, path.read_text("utf-8").splitlines())
    assert first == {"at": "2026-03-18T13:15:56+00:00", "to": TO, "text": TEXT}
    assert second["text"] == "2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
