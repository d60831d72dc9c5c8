"""Webhooks, SFTP and S3, each against a real server of its kind on this machine."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh
import pytest
from portal_people import NOON, SECRET_KEY

from cxreports.delivery.carriers import Carriers
from cxreports.delivery.parcel import Parcel
from cxreports.delivery.webhook import secret, signature
from cxreports.errors import BadField, NotDelivered
from cxreports.portal.people.vault import Vault
from cxreports.portal.post import targets
from cxreports.portal.post.mail import Attachment
from cxreports.portal.post.outgoing import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

VAULT = Vault(SECRET_KEY)


@pytest.fixture(name="allowed", autouse=True)
def _allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("CXREPORTS_PRIVATE_TARGETS", "127.0.0.1")


def parcel(channel: Channel, target: str, *files: Attachment, text: str = "{}") -> Parcel:
    return Parcel(
        message_id=1,
        name="0123456789abcdef",
        channel=channel,
        target=target,
        subject="",
        text=text,
        html="",
        company_id="acme",
        headers={},
        attachments=files,
        created_at=NOON,
        tries=1,
        number=1,
        lease="x",
    )


def send(home: Path, what: Parcel) -> str:
    with Carriers(home) as carriers:
        return carriers.send(what)


class Listener:
    """An HTTP server that keeps requests, and answers as a test wants."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200
        self.port = 0


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            listener.requests.append((self.path, headers, body))
            self.send_response(listener.status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_PUT = do_POST  # noqa: N815

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    listener.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_is_signed_as_standard_webhooks_says(tmp_path: Path) -> None:
    text = json.dumps({"type": "report.finished"})
    with listening() as listener:
        url = f"http://127.0.0.1:{listener.port}/hooks/calls?x=1"
        assert send(tmp_path, parcel(Channel.WEBHOOK, url, text=text)) == "200 OK ok"
    ((path, headers, body),) = listener.requests
    assert (path, body.decode()) == ("/hooks/calls?x=1", text)
    assert headers["webhook-id"] == "0123456789abcdef"
    # The receiver's side, written down anew.
    key = base64.b64decode(secret(VAULT, "acme").removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_signature_is_the_one_of_the_standards_example() -> None:
    """From the test vectors of the Standard Webhooks libraries."""
    found = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_check_in_the_docs_takes_what_is_posted_and_nothing_else(tmp_path: Path) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
    names: dict[str, Any] = {}
    exec(docs.partition("```python\n")[2].partition("```")[0], names)
    is_genuine = names["is_genuine"]
    with listening() as listener:
        send(tmp_path, parcel(Channel.WEBHOOK, f"http://127.0.0.1:{listener.port}/"))
    ((_path, headers, body),) = listener.requests
    assert is_genuine(secret(VAULT, "acme"), headers, body)
    assert not is_genuine(secret(VAULT, "other"), headers, body)
    assert not is_genuine(secret(VAULT, "acme"), headers, body + b" ")
    assert not is_genuine(secret(VAULT, "acme"), headers | {"webhook-timestamp": "1614265330"}, body)


def test_every_company_has_a_secret_of_its_own() -> None:
    assert len({secret(VAULT, "acme"), secret(VAULT, "other"), secret(VAULT, None)}) == 3


@pytest.mark.parametrize(("status", "refusal"), [(410, "receiver"), (404, ""), (500, ""), (302, "")])
def test_a_webhook_that_is_refused(status: int, refusal: str, tmp_path: Path) -> None:
    with listening() as listener:
        listener.status = status
        with pytest.raises(NotDelivered, match=str(status)) as caught:
            send(tmp_path, parcel(Channel.WEBHOOK, f"http://127.0.0.1:{listener.port}/"))
    assert caught.value.refusal == refusal
    assert len(listener.requests) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "[::ffff:10.0.0.1]"]
)
@pytest.mark.parametrize(
    ("channel", "url"),
    [
        (Channel.WEBHOOK, "http://{host}/"),
        (Channel.WEBHOOK, "https://{host}/"),
        (Channel.SFTP, "sftp://acme@{host}/in"),
        (Channel.S3, "s3://bucket/in?endpoint=http://{host}"),
    ],
)
def test_no_address_inside_is_reached_unless_it_is_allowed(
    channel: Channel, url: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXREPORTS_PRIVATE_TARGETS")
    with pytest.raises(NotDelivered, match="no public address"):
        send(tmp_path, parcel(channel, url.format(host=host)))


@contextmanager
def sftp_server(root: Path) -> Iterator[tuple[int, list[str]]]:
    """An SFTP server for one user with a password."""
    passwords: list[str] = []

    class Door(asyncssh.SSHServer):
        def begin_auth(self, _username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            passwords.append(password)
            return (username, password) == ("acme", "pa:ss@word")

    loop = asyncio.new_event_loop()

    async def begin() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Door,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root)),
        )

    acceptor = loop.run_until_complete(begin())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def end() -> None:
        acceptor.close()
        await acceptor.wait_closed()

    try:
        yield acceptor.get_port(), passwords
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_files_go_into_a_folder_whole_and_twice_makes_no_second(tmp_path: Path) -> None:
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    (home / "r.csv").write_bytes(b"a,b\r\n")
    file = Attachment("Weekly_2026-11-16.csv", "text/csv", "r.csv")
    with sftp_server(root) as (port, passwords):
        plain = f"sftp://acme:pa%3Ass%40word@127.0.0.1:{port}/in/reports"
        target = targets.sealed(plain, VAULT)
        for _ in range(2):
            assert send(home, parcel(Channel.SFTP, target, file)) == "written to in/reports (1 file)"
    assert "pa" not in target.partition("@")[0].removeprefix("sftp://acme:sealed-")[:2]
    assert passwords == ["pa:ss@word"] * 2
    assert [path.name for path in (root / "in" / "reports").iterdir()] == ["Weekly_2026-11-16.csv"]
    assert (root / "in" / "reports" / "Weekly_2026-11-16.csv").read_bytes() == b"a,b\r\n"


def test_a_server_with_another_key_than_before_gets_no_password(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(b"x")
    file = Attachment("r.csv", "text/csv", "r.csv")
    with sftp_server(tmp_path) as (port, _):
        target = f"sftp://acme:pa%3Ass%40word@127.0.0.1:{port}/in"
        send(tmp_path, parcel(Channel.SFTP, target, file))
    known = tmp_path / "sftp_known_hosts"
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    with sftp_server(tmp_path) as (port, passwords):
        known.write_text(f"[127.0.0.1]:{port} {other}\n")
        with pytest.raises(NotDelivered):
            send(tmp_path, parcel(Channel.SFTP, f"sftp://acme:pa%3Ass%40word@127.0.0.1:{port}/in", file))
    assert passwords == []


def test_objects_go_into_a_bucket(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(b"a,b\r\n")
    with listening() as listener:
        target = f"s3://KEY:SECRET@reports/acme?region=eu-west-1&endpoint=http://127.0.0.1:{listener.port}"
        answer = send(tmp_path, parcel(Channel.S3, target, Attachment("w.csv", "text/csv", "r.csv")))
    ((path, headers, body),) = listener.requests
    assert (answer, path) == ("put into reports/acme", "/reports/acme/w.csv")
    assert b"a,b\r\n" in body
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=KEY/(\d{8}/eu-west-1/s3/aws4_request), "
        r"SignedHeaders=(\S+), Signature=(\S+)",
        headers["authorization"],
    )
    assert found, headers["authorization"]
    scope, signed, signature_of_it = found.groups()
    assert {"host", "x-amz-content-sha256", "x-amz-date"} <= {*signed.split(";")}
    assert headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
    assert signature_of_it == signature_v4("SECRET", scope, path, signed, headers)


def signature_v4(secret_key: str, scope: str, path: str, signed: str, headers: dict[str, str]) -> str:
    """Sign a PUT as Amazon documents it ("Authenticating Requests: AWS Signature Version 4")."""
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in signed.split(";"))
    request = "\n".join(["PUT", path, "", lines, signed, headers["x-amz-content-sha256"]])
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest])
    key = f"AWS4{secret_key}".encode()
    for part in [*scope.split("/"), text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def test_a_file_that_is_gone_is_not_sent(tmp_path: Path) -> None:
    with pytest.raises(NotDelivered, match=r"w\.csv is not kept any more"):
        send(tmp_path, parcel(Channel.SFTP, "sftp://a@127.0.0.1/", Attachment("w.csv", "text/csv", "r.csv")))


def test_passwords_are_sealed_and_never_shown() -> None:
    sealed = targets.sealed("sftp://acme:hush%21@files.acme.example:2222/in", VAULT)
    assert "hush" not in sealed
    assert targets.shown(sealed) == "sftp://acme@files.acme.example:2222/in"
    assert targets.password_of(sealed, VAULT) == "hush!"
    assert targets.sealed(sealed, VAULT) == sealed
    with pytest.raises(NotDelivered, match="secret key"):
        targets.password_of(sealed, Vault("another key, which is long enough too"))


@pytest.mark.parametrize(
    "typed", ["ftp://a/b", "https://", "sftp://host:0/x", "sftp://host:x/", "s3://", "file:///etc"]
)
def test_what_is_no_target_is_refused(typed: str) -> None:
    with pytest.raises(BadField):
        targets.sealed(typed, VAULT)
