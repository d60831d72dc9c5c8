"""What somebody with bad intentions tries, each answered as it should be."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from callers import PASSWORD, Caller, Someone, comm_message, introduce, message, session_of
from driving import portal_of, until
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from cxreports import Lake
from cxreports.errors import CxreportsError
from cxreports.portal import audit
from cxreports.portal.database import Database, now
from cxreports.portal.people import second_factor, sessions, throttle, users
from cxreports.portal.people.vault import Vault
from cxreports.portal.site_map import Access
from cxreports.portal.tables import LoginSession, Stage, Throttle
from cxreports.settings import Settings
from cxreports.web.addresses import client_address
from cxreports.web.forms.log_in import safe_next
from cxreports.web.routes import routes
from cxreports.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from driving import Portal

ANN, BOB, OLGA = (
    Someone("ann@acme.example", "acme"),
    Someone("bob@other.example", ""),
    Someone("olga@op.example", None),
)
KERNEL = "0a1b2c3d-0000-4000-8000-0123456789ab"

ACCESS = {
    "/static/cxreports/(.*)": Access.PUBLIC,
    "/api/kernels/KERNEL": Access.OWNER,
    "/api/kernels/KERNEL/channels": Access.OWNER,
    "/api/kernels/KERNEL/end": Access.OWNER,
    "/api/cdr": Access.PUBLIC,  # by the token of a switch
    "/login": Access.PUBLIC,
    "/login/totp": Access.PUBLIC,
    "/login/passkey/(?P<step>options|answer)": Access.PUBLIC,
    "/confirm": Access.PERSON,
    "/confirm/passkey/(?P<step>options|answer)": Access.PERSON,
    "/logout": Access.PERSON,
    "/forgot": Access.PUBLIC,
    "/reset/LINK": Access.PUBLIC,
    "/invitation/LINK": Access.PUBLIC,
    "/session": Access.PERSON,
    "/session/open": Access.PERSON,
    "/zones/(en|es|pt|fr|de|ru|ar|hi|zh|ja)": Access.PERSON,
    "/profile/choices": Access.PERSON,
    "/profile": Access.PERSON,
    "/profile/verify/(?P<purpose>email|mobile)": Access.PERSON,
    "/profile/verify/(?P<purpose>email|mobile)/code": Access.PERSON,
    "/profile/language": Access.PERSON,
    "/profile/password": Access.PERSON,
    "/profile/two-factor": Access.PERSON,
    "/profile/two-factor/begin": Access.PERSON,
    "/profile/two-factor/confirm": Access.PERSON,
    "/profile/two-factor/codes": Access.PERSON,
    "/profile/two-factor/disable": Access.PERSON,
    "/profile/passkeys": Access.PERSON,
    "/profile/passkeys/(?P<step>options|answer)": Access.PERSON,
    "/profile/passkeys/remove": Access.PERSON,
    "/profile/sessions": Access.PERSON,
    "/profile/sessions/(?P<which>end|end-others|end-all)": Access.PERSON,
    "/profile/log": Access.PERSON,
    "/views": Access.PERSON,
    "/reports": Access.PERSON,
    "/reports/schedule": Access.PERSON,
    "/reports/once": Access.PERSON,
    r"/reports/once/(\d{1,9})": Access.PERSON,
    r"/reports/once/(\d{1,9})/state": Access.PERSON,
    "/reports/preview": Access.PERSON,
    "/reports/mail": Access.PERSON,
    "/reports/when": Access.PERSON,
    r"/reports/file/(\d{1,9})": Access.PERSON,
    r"/reports/thumbnail/(\d{1,9})": Access.PERSON,
    "/reports/link/([0-9a-f.]{1,64})": Access.PERSON,
    "/unsubscribe/([0-9a-f.]{1,64})": Access.PUBLIC,
    "/alerts": Access.PERSON,
    "/alerts/rule": Access.PERSON,
    "/alerts/preview": Access.PERSON,
    "/under-way": Access.PERSON,
    "/under-way/list": Access.PERSON,
    "/numbers": Access.CUSTOMER,
    "/payments": Access.CUSTOMER,
    "/operator/numbers": Access.OPERATOR,
    "/operator/companies": Access.OPERATOR,
    "/operator/companies/add": Access.OPERATOR,
    "/operator/companies/change": Access.OPERATOR,
    "/operator/feeds": Access.OPERATOR,
    "/operator/users": Access.OPERATOR,
    "/operator/payments": Access.OPERATOR,
    "/operator/review": Access.OPERATOR,
    "/operator/review/week": Access.OPERATOR,
    "/operator": Access.OPERATOR,
    "/": Access.PERSON,
    "/cdr": Access.PERSON,
    "/.*": Access.PERSON,
}
"""Every route of the portal. A new one must be put here by somebody who has thought about who may use it."""


def plain(pattern: str) -> str:
    """Write a route's pattern in short."""
    return re.sub(r"\(\?P<token>[^)]*\)", "LINK", re.sub(r"\(\?P<kernel_id>.*?12\}\)", "KERNEL", pattern))


def sample(pattern: str) -> str:
    """Give a path that a route's pattern takes."""
    path = plain(pattern).replace("KERNEL", KERNEL).replace("LINK", "x" * 43)
    path = re.sub(r"\(\?P<\w+>([\w-]+)(?:\|[\w-]+)+\)", r"\1", path)
    return path.replace("(.*)", "manifest.json").replace("/.*", "/nothing/here")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, small_demo: Callable[[Path], None]) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("home")
    small_demo(home)
    global BOB  # noqa: PLW0603 (another customer of the demo, whichever it has)
    other = next(each for each in Lake(home).customers()["customer"] if each != "acme")
    BOB = Someone("bob@other.example", other)
    introduce(home, ANN, BOB, OLGA)
    with portal_of(home, warm=0) as running:
        yield running


@pytest.fixture
def database(portal: Portal) -> Iterator[Database]:
    opened = Database.of(portal.home)
    yield opened
    opened.close()


def logged_in(portal: Portal, who: Someone) -> Caller:
    return Caller(portal.address, {"cx-session": session_of(portal.home, who.email)})


# routes ------------------------------------------------------------------------------------------


def test_every_route_is_known_with_who_may_use_it() -> None:
    found = {plain(pattern): handler.access for pattern, handler, *_ in routes("/")}
    assert found == ACCESS


@pytest.mark.parametrize("pattern", [pattern for pattern, handler, *_ in routes("/")])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_a_stranger_gets_nothing_but_the_log_in(portal: Portal, pattern: str, method: str) -> None:
    access = ACCESS[plain(pattern)]
    answer = Caller(portal.address).ask(sample(pattern), method)
    assert "cx-start" not in answer.text
    if method not in {"GET", "HEAD"}:
        assert answer.status in {204, 401, 403, 404, 405}
    elif access is not Access.PUBLIC:
        assert answer.status in {302, 403, 405}
        assert answer.location == "" or answer.location.startswith("/login")
    assert answer.status != 500


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", [path for path, access in ACCESS.items() if access is Access.OPERATOR])
def test_a_customer_is_no_operator(portal: Portal, path: str, method: str) -> None:
    ann = logged_in(portal, ANN)
    answer = ann.ask(path) if method == "GET" else ann.post(path, {}, action="x", id="x", email=ANN.email)
    assert answer.status in ({403, 405} if method == "POST" else {403})


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "x" * 5000, "0" * 43, '"; drop table sessions; --', "%00", "2|1:0|10:1|10:cx-session|4:YWRt|x"],
)
def test_a_forged_cookie_is_no_session(portal: Portal, cookie: str) -> None:
    answer = Caller(portal.address, {"cx-session": cookie}).ask("/")
    assert (answer.status, answer.location) == (302, "/login?next=%2F") or answer.status == 400


@pytest.mark.parametrize("age", ["idle", "life"])
def test_an_expired_session_is_no_session(portal: Portal, database: Database, age: str) -> None:
    ann = logged_in(portal, ANN)
    assert ann.ask("/nothing").status == 404
    with database.writing() as db:
        session = db.get(LoginSession, sessions.hashed(ann.cookies["cx-session"]))
        assert session is not None
        if age == "idle":
            session.seen_at = now() - sessions.idle() - timedelta(seconds=1)
        else:
            session.expires_at = now()
    assert ann.ask("/nothing").location.startswith("/login")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Cx-User": "olga@op.example"},
        {"Authorization": "token x"},
        {"Authorization": "Basic b2xnYTp4"},
        {"Remote-User": "olga"},
        {"X-Forwarded-User": "olga"},
    ],
)
def test_a_header_makes_nobody(portal: Portal, headers: dict[str, str]) -> None:
    assert Caller(portal.address).ask("/?token=x", headers=headers).location.startswith("/login")


def test_strangers_are_logged_with_their_own_address(portal: Portal, database: Database) -> None:
    Caller(portal.address).post(
        "/login", headers={"X-Forwarded-For": "203.0.113.9"}, email="spoof@acme.example", password="x"
    )
    with database.reading() as db:
        (entry,) = [each for each in audit.entries(db) if each.who == "spoof@acme.example"]
    assert entry.address in {"127.0.0.1", "::1"}


@pytest.mark.parametrize(
    ("connection", "forwarded", "address"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),
        ("10.0.0.2", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["203.0.113.9, 10.0.0.3"], "203.0.113.9"),
        ("10.0.0.2", ["1.2.3.4", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["nonsense"], "10.0.0.2"),
        ("10.0.0.2", ["203.0.113.9, nonsense"], "10.0.0.2"),
        ("10.0.0.2", [], "10.0.0.2"),
    ],
)
def test_only_trusted_proxies_say_whom_they_forward_for(
    connection: str, forwarded: list[str], address: str
) -> None:
    headers = HTTPHeaders({"Host": "reports.example.org"})
    for each in forwarded:
        headers.add("X-Forwarded-For", each)
    request = HTTPServerRequest(start_line=RequestStartLine("GET", "/", "HTTP/1.1"), headers=headers)
    request.remote_ip = connection
    assert client_address(request, ("10.0.0.0/8",)) == address


@pytest.mark.parametrize(
    "path",
    [
        "/static/cxreports/../../../etc/passwd",
        "/static/cxreports/..%2f..%2f..%2fpyproject.toml",
        "/static/cxreports/%2e%2e/%2e%2e/web/serving.py",
        "/static/cxreports//etc/passwd",
        "/static/cxreports/..\\..\\web\\serving.py",
    ],
)
def test_files_beside_the_built_ones_are_out_of_reach(portal: Portal, path: str) -> None:
    answer = Caller(portal.address).ask(path)
    assert answer.status in {302, 403, 404}
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/voila/files/dashboard.ipynb", "/voila/static/x.js", "/api/kernels", "/api/contents", "/voila/query/x"],
)
def test_what_the_framework_would_offer_is_not_there(portal: Portal, path: str) -> None:
    assert logged_in(portal, OLGA).ask(path).status == 404
    assert Caller(portal.address).ask(path).location.startswith("/login")


def test_no_page_may_be_framed_or_run_foreign_script(portal: Portal) -> None:
    headers = logged_in(portal, ANN).ask("/nothing").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


# forms -------------------------------------------------------------------------------------------


def test_a_form_without_its_token_is_refused(portal: Portal) -> None:
    stranger = Caller(portal.address)
    assert stranger.ask("/login", "POST", f"email={ANN.email}&password=x").status == 403
    stranger.ask("/login")
    assert stranger.ask("/login", "POST", "_xsrf=2|0|0|0&email=a&password=x").status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_form_from_another_site_is_refused(portal: Portal, headers: dict[str, str]) -> None:
    ann = logged_in(portal, ANN)
    assert ann.post("/logout", headers).status in {403, 404}
    assert ann.ask("/nothing").status == 404


def test_a_link_logs_nobody_out(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    ann.ask("/logout")
    assert ann.ask("/nothing").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "///evil.example",
        "http:evil.example",
        " //evil.example",
    ],
)
def test_the_log_in_leads_nowhere_else(portal: Portal, path: str) -> None:
    assert safe_next(path, "/") == "/"
    answer = logged_in(portal, ANN).ask(
        "/login?next=" + path.replace("\\", "%5C").replace("\t", "%09").replace(" ", "%20")
    )
    assert (answer.status, answer.location) == (302, "/")


def test_the_log_in_leads_back(portal: Portal) -> None:
    assert safe_next("/cdr?customer=acme&period=7d", "/") == "/cdr?customer=acme&period=7d"
    ann = Caller(portal.address)
    asked = ann.ask("/cdr?period=7d").location
    ann.ask(asked)
    assert ann.post(asked, email=ANN.email, password=PASSWORD).location == "/cdr?period=7d"


# passwords and codes -----------------------------------------------------------------------------


def test_wrong_passwords_are_slowed_down_and_tell_nothing(portal: Portal, database: Database) -> None:
    texts = set()
    for email in ("eve@acme.example", BOB.email):
        guesser = Caller(portal.address)
        for _ in range(40):
            answer = guesser.log_in(email, "wrong password here")
            if answer.status == 429:
                break
            assert answer.status == 401
            texts.add(re.sub(r"\s+", " ", re.findall(r'role="alert">(.*?)</p>', answer.text)[0]))
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0
        with database.writing() as db:
            # However long the machine takes for the next try.
            db.get_one(Throttle, throttle.account(email)).open_at = now() + timedelta(hours=1)
        assert guesser.log_in(email).status == 429, "not even the right one is looked at"
        with database.writing() as db:
            throttle.succeeded(db, throttle.account(email))
    assert len(texts) == 1


def test_a_session_gets_its_id_at_the_log_in(portal: Portal, database: Database) -> None:
    planted = Caller(portal.address, {"cx-session": "planted-by-somebody-else-0123456789abcdefgh"})
    assert planted.log_in(ANN.email).status == 302
    assert planted.cookies["cx-session"] != "planted-by-somebody-else-0123456789abcdefgh"
    with database.writing() as db:
        half = sessions.begin(db, users.get(db, ANN.email), stage=Stage.SECOND_FACTOR)
    assert Caller(portal.address, {"cx-session": half}).ask("/").location.startswith("/login")


def test_a_one_time_code_is_good_once(portal: Portal, database: Database) -> None:
    tom = Someone("tom@acme.example", "acme")
    introduce(portal.home, tom)
    vault = Vault.of(portal.home)
    with database.writing() as db:
        user = users.get(db, tom.email)
        secret = second_factor.begin(db, user, vault).secret
    with database.writing() as db:
        code = pyotp.TOTP(secret).at(now() - timedelta(seconds=30))
        second_factor.confirm(db, users.get(db, tom.email), code, vault)
    one, other = Caller(portal.address), Caller(portal.address)
    for each in (one, other):
        assert each.log_in(tom.email).location.startswith("/login/totp")
        assert each.ask("/").location.startswith("/login")
    code = pyotp.TOTP(secret).at(now() + timedelta(seconds=30))
    before = one.cookies["cx-session"]
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda caller: caller.post("/login/totp", code=code), (one, other)))
    statuses = sorted(answer.status for answer in answers)
    # The loser's code was used, or it came while the other's guess was still counted.
    assert statuses in ([302, 401], [302, 429])
    winner = (one, other)[[answer.status for answer in answers].index(302)]
    assert winner.ask("/nothing").status == 404
    if winner is one:
        assert winner.cookies["cx-session"] != before


# kernels -----------------------------------------------------------------------------------------


ELSEWHERE = "127.0.0.2"
"""Refusals that tests before noted about the usual address are many: the log leaves out more of them."""


def handshakes(database: Database, owner: str) -> set[str]:
    """Who was refused the socket of somebody's kernel, as the log has it."""
    with database.reading() as db:
        found = audit.entries(db, events=[audit.Event.ACCESS_REFUSED])
        return {
            each.who
            for each in found
            if each.detail.get("of") == owner
            and (each.address, each.detail["outcome"]) == (ELSEWHERE, "refused")
            and each.detail["path"] == "/api/kernels/…/channels"
        }


def test_a_kernel_is_for_the_login_that_it_was_started_for(portal: Portal, database: Database) -> None:
    ann = logged_in(portal, ANN)
    others = {
        "stranger": Caller(portal.address),
        "another customer": logged_in(portal, BOB),
        "an operator": logged_in(portal, OLGA),
        "another login of the same": logged_in(portal, ANN),
    }
    for other in others.values():
        other.comes_from = ELSEWHERE
    # Last: a page that nobody joins ends after half a minute, which logging in may take on a busy machine.
    kernel = ann.ask("/").start()["kernel"]
    assert ann.ask(f"/api/kernels/{kernel}").status == 200
    for who, other in others.items():
        assert other.ask(f"/api/kernels/{kernel}").status == 403, who
        assert other.socket(kernel) == 403, who
        assert other.post(f"/api/kernels/{kernel}/end").status == 403, who
        assert other.ask(f"/api/kernels/{kernel}", "DELETE").status == 405, who
    refused = {"", BOB.email, OLGA.email, ANN.email}
    until(lambda: handshakes(database, ANN.email) >= refused, "the log has who asked for ann's kernel")
    assert ann.socket(kernel, headers={"Origin": "https://evil.example"}) == 403
    assert ann.socket(kernel) == 101
    assert ann.post(f"/api/kernels/{kernel}/end").status == 204
    assert ann.ask(f"/api/kernels/{kernel}").status == 403


def test_a_browser_sends_its_kernel_nothing_but_widget_messages(portal: Portal, tmp_path: Path) -> None:
    ann = logged_in(portal, ANN)
    kernel = ann.ask("/").start()["kernel"]
    trace = tmp_path / "trace"
    content = {
        "code": f"open({str(trace)!r}, 'w').close()",
        "silent": False,
        "target_name": "jupyter.widget.control",
        "comm_id": "c",
        "data": {},
        "restart": False,
    }
    kinds = ["execute_request", "comm_open", "shutdown_request", "complete_request", "debug_request"]
    said = [message(channel, kind, content) for channel in ("shell", "control", "stdin") for kind in kinds]
    assert ann.socket(kernel, *said) == 101
    assert not trace.exists()
    assert ann.ask(f"/api/kernels/{kernel}").status == 200


def test_a_page_cannot_be_asked_for_another_customers_rows(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    start = ann.ask(f"/?customer={BOB.customer}").start()
    root = start["root"].removeprefix("anywidget:").removeprefix("IPY_MODEL_")
    bar = next(id_ for id_, state in start["states"].items() if "zones" in state)
    assert (
        ann.socket(
            start["kernel"],
            comm_message(root, {"method": "custom", "content": {"hello": {"customer": BOB.customer or ""}}}),
            comm_message(bar, {"method": "update", "state": {"customer": BOB.customer}, "buffer_paths": []}),
        )
        == 101
    )
    text = str(start["states"])
    assert "acme" in text
    assert str(BOB.customer) not in text


@pytest.mark.parametrize("loads", [12, pytest.param(40, marks=pytest.mark.slow)])
def test_two_visitors_at_once_never_see_each_others_rows(portal: Portal, loads: int) -> None:
    callers = [logged_in(portal, ANN), logged_in(portal, BOB)]
    own = [str(ANN.customer), str(BOB.customer)]

    def load(number: int) -> tuple[str, str, dict[str, object]]:
        which = number % 2
        path = ("/", "/cdr")[number // 2 % 2]
        caller = Caller(portal.address, dict(callers[which].cookies))
        start = caller.ask(path).start()
        caller.post(f"/api/kernels/{start['kernel']}/end")
        return own[which], own[1 - which], start["states"]

    with ThreadPoolExecutor(4) as many:
        for mine, other, states in many.map(load, range(loads)):
            text = str(states)
            assert mine in text
            assert re.search(rf"\b{re.escape(other)}\b", text) is None


def test_logging_out_ends_the_pages(portal: Portal) -> None:
    ann = logged_in(portal, ANN)
    kernel = ann.ask("/").start()["kernel"]
    session = ann.cookies["cx-session"]
    ann.post("/logout")
    assert ann.cookies["cx-session"] == ""
    again = Caller(portal.address, {"cx-session": session})
    assert again.ask("/").location.startswith("/login")
    assert again.socket(kernel) == 403


def test_a_session_that_is_ended_elsewhere_ends_its_pages_too(portal: Portal, database: Database) -> None:
    zoe = Someone("zoe@acme.example", "acme")
    introduce(portal.home, zoe)
    caller = logged_in(portal, zoe)
    kernel = caller.ask("/").start()["kernel"]
    assert portal.kernel(kernel)
    with database.writing() as db:
        users.disable(db, users.get(db, zoe.email))
    assert caller.ask("/").location.startswith("/login")
    until(lambda: portal.kernel(kernel) is None, "the kernel has ended")


# serving -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "portal.example"])
def test_passwords_do_not_cross_a_network_in_the_clear(host: str, tmp_path: Path) -> None:
    with pytest.raises(CxreportsError, match="in the clear"):
        Site(Settings(home=tmp_path), host).check()
    Site(Settings(home=tmp_path), host).check(insecure=True)
    Site(Settings(home=tmp_path), host, certificate=tmp_path / "cert.pem").check()
    Site(Settings(home=tmp_path, trusted_proxies=("10.0.0.1",)), host).check()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_needs_no_certificate(host: str, tmp_path: Path) -> None:
    Site(Settings(home=tmp_path), host).check()
