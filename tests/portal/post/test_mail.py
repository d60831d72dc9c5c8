"""Mail, handed to a real SMTP server or kept in files."""

import smtplib
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cxreports.errors import NotSent
from cxreports.portal.post import mail
from cxreports.portal.post.mail import Letter
from cxreports.settings import Settings

LETTER = Letter("ana@acme.example", "Código 123456", "Su código: 123456\n", "<p>Su código: <b>123456</b></p>")
NOW = datetime(2026, 3, 18, 13, 15, 56, tzinfo=UTC)


class Mailbox:
    """Takes mail, but for one address."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], EmailMessage]] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.were_private: list[bool] = []

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append((envelope.mail_from or "", envelope.rcpt_tos, message))
        self.were_private.append(session.ssl is not None)
        return "250 OK"

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"p@ss:word", handled=False)


@contextmanager
def serving(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    # Port 0 lets the system choose; the controller would ask itself for it.
    class Anywhere(Controller):
        def _trigger_server(self) -> None:
            assert self.server
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = Anywhere(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture(scope="module", name="certificate")
def _certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost with its key, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(name="tls")
def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture(name="trusted")
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def to(url: str, **more: Any) -> Settings:
    return Settings(smtp_url=url, mail_from="Reports <reports@op.example>", **more)


def test_a_letter_arrives_as_text_and_html() -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        mail.send(LETTER, to(f"smtp://127.0.0.1:{port}"), now=NOW)
    ((sender, recipients, message),) = mailbox.letters
    assert (sender, recipients) == ("reports@op.example", ["ana@acme.example"])
    assert (message["Subject"], message["From"]) == (LETTER.subject, "Reports <reports@op.example>")
    assert message["Date"].datetime == NOW
    assert message["Message-ID"].endswith("@op.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    assert (text.get_content().splitlines(), html.get_content().strip()) == (
        LETTER.text.splitlines(),
        LETTER.html,
    )


def test_a_letter_without_html_is_plain() -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        mail.send(Letter("a@b.example", "Hello", "Hello\n"), to(f"smtp://127.0.0.1:{port}"))
    assert mailbox.letters[0][2].get_content_type() == "text/plain"


def test_starttls_is_used_where_it_is_offered(tls: ssl.SSLContext, trusted: None) -> None:
    mailbox = Mailbox()
    options = {"tls_context": tls, "authenticator": mailbox.login, "auth_required": True}
    with serving(mailbox, **options) as port:
        mail.send(LETTER, to(f"smtp://cx%40op:p%40ss%3Aword@localhost:{port}"))
        with pytest.raises(NotSent, match="535") as caught:
            mail.send(LETTER, to(f"smtp://cx%40op:wrong-secret@localhost:{port}"))
    assert mailbox.were_private == [True]
    assert mailbox.logins[0] == (b"cx@op", b"p@ss:word")
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_is_not_trusted_is_refused(scheme: str, tls: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    options = (
        {"tls_context": tls} if scheme == "smtp" else {"ssl_context": tls, "server_hostname": "localhost"}
    )
    with serving(mailbox, **options) as port, pytest.raises(NotSent, match="certificate"):
        mail.send(LETTER, to(f"{scheme}://localhost:{port}"))
    assert mailbox.letters == []


def test_smtps_is_private_from_the_first_byte(tls: ssl.SSLContext, trusted: None) -> None:
    mailbox = Mailbox()
    with serving(mailbox, ssl_context=tls) as port:
        mail.send(LETTER, to(f"smtps://localhost:{port}"))
    assert len(mailbox.letters) == 1


def test_no_password_is_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_HERE", frozenset())
    mailbox = Mailbox()
    options = {"authenticator": mailbox.login, "auth_require_tls": False}
    with serving(mailbox, **options) as port, pytest.raises(NotSent, match="in the clear"):
        mail.send(LETTER, to(f"smtp://cx:secret@127.0.0.1:{port}"))
    assert (mailbox.logins, mailbox.letters) == ([], [])


def test_what_the_server_says_is_told() -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port, pytest.raises(NotSent) as caught:
        mail.send(Letter("gone@acme.example", "x", "x"), to(f"smtp://127.0.0.1:{port}"))
    assert "gone@acme.example" in str(caught.value)
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert "550 5.1.1 no such mailbox" in str(caught.value)


def test_a_server_that_is_not_there() -> None:
    with serving(Mailbox()) as port:
        pass
    with pytest.raises(NotSent, match=f"127.0.0.1:{port}"):
        mail.send(LETTER, to(f"smtp://cx:secret@127.0.0.1:{port}"))


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example", "smtp://host:port"])
def test_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(NotSent, match="CXREPORTS_SMTP_URL"):
        mail.send(LETTER, to(url))


@pytest.mark.parametrize(
    "letter",
    [
        Letter("a@b.example", "x\nBcc: c@d.example", "x"),
        Letter("a@b.example\r\nBcc: c@d.example", "x", "x"),
    ],
)
def test_a_line_end_makes_no_header(letter: Letter, tmp_path: Path) -> None:
    with pytest.raises(NotSent, match="cannot be written"):
        mail.send(letter, Settings(home=tmp_path))
    assert not (tmp_path / mail.FOLDER).exists()


def test_without_a_server_letters_are_files_of_nobody_else(tmp_path: Path) -> None:
    home = Settings(home=tmp_path / "home", mail_from="reports@op.example")
    for _ in range(3):
        mail.send(LETTER, home)
    folder = tmp_path / "home" / mail.FOLDER
    files = sorted(folder.iterdir())
    assert [each.suffix for each in files] == [".eml"] * 3
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    kept = message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert (kept["To"], kept["Subject"]) == (LETTER.to, LETTER.subject)


def test_the_servers_word_is_worded() -> None:
    assert mail.answer_of(smtplib.SMTPResponseException(451, "try later")) == "451 try later"
    assert mail.answer_of(TimeoutError()) == "TimeoutError"
