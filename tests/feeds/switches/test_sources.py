"""The sources, against peers that speak the real wire formats."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from switch_peers import EventSocket, Manager, heard, http_peer, tcp_peer

from cxreports.errors import BadFeed
from cxreports.feeds.configuration import Secret, Switch
from cxreports.feeds.switches.kinds import source_of
from cxreports.feeds.switches.sip_proxy import host_of, user_of
from cxreports.feeds.switches.source import NoAnswer

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from cxreports.portal.feeds.under_way import Dialog

BEGUN = 1795919966
AT = datetime(2026, 11, 29, 2, 39, 26, tzinfo=UTC)


@pytest.fixture(name="password")
def _password(tmp_path: Path) -> Secret:
    (tmp_path / "password").write_text("s3cret\n")
    return Secret(file=tmp_path / "password")


def asked(kind: str, url: str, times: int = 1, **more: Any) -> list[Dialog]:
    source = source_of(Switch(name="sbc", kind=kind, url=url, timeout_s=2, **more))
    try:
        for _ in range(times):
            found = list(source.channels_now())
    finally:
        source.close()
    return found


# Kamailio --------------------------------------------------------------------------------------


def kamailio_dialog(state: int, **more: Any) -> dict[str, Any]:
    """A dialogue as Kamailio 5.6 lists it."""
    return {
        "h_entry": 297, "h_id": 9071, "ref": 2, "call-id": "3-6978@192.0.2.1",
        "from_uri": "sip:+34910000001@acme.example:5090;user=phone", "to_uri": "sip:200@198.51.100.1",
        "state": state, "start_ts": BEGUN + 2 if state > 2 else 0, "init_ts": BEGUN, "end_ts": 0,
        "caller": {"tag": "a", "contact": "sip:sipp@192.0.2.77:5090", "cseq": "1", "route_set": ""},
        "callee": {"tag": "b", "contact": "sip:198.51.100.9:5080;transport=UDP", "cseq": "0"},
        "profiles": [{"trunk": "gold"}], "variables": [{"customer": "acme"}], **more,
    }  # fmt: skip


def test_kamailio_lists_its_dialogues() -> None:
    sent = []

    def answer(path: str, authorization: str, body: bytes) -> tuple[int, Any]:
        sent.append((path, authorization, json.loads(body)))
        found = [kamailio_dialog(4), kamailio_dialog(2), kamailio_dialog(5)]
        return 200, {"jsonrpc": "2.0", "result": found, "id": 1}

    with http_peer(answer) as url:
        up, ringing = asked("kamailio", f"{url}/RPC")
    assert sent == [("/RPC", "", {"jsonrpc": "2.0", "method": "dlg.list", "id": 1})]
    assert (up.id, up.caller, up.callee) == ("3-6978@192.0.2.1", "+34910000001", "200")
    assert (up.since, up.answered_at, up.state) == (AT, AT.replace(second=28), "answered")
    assert (ringing.since, ringing.answered_at, ringing.state) == (AT, None, "ringing")
    named = dict(up.attributes)
    assert (named["customer"], named["profile.trunk"], named["source_ip"]) == ("acme", "gold", "192.0.2.77")


@pytest.mark.parametrize(
    ("uri", "user", "host"),
    [
        ("sip:100@192.0.2.1:5060", "100", "192.0.2.1"),
        ("sips:ana@[2001:db8::1]:5061;x=y", "ana", "2001:db8::1"),
        ("tel:+34910000001;ext=1", "+34910000001", "+34910000001"),
        ("sip:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("", "", ""),
    ],
)
def test_the_parts_of_a_uri(uri: str, user: str, host: str) -> None:
    assert (user_of(uri), host_of(uri)) == (user, host)


# OpenSIPS --------------------------------------------------------------------------------------


def test_opensips_lists_its_dialogues(password: Secret) -> None:
    dialogue = {
        "ID": "1275605614592", "state": "4", "user_flags": "0", "timestart": str(BEGUN),
        "datestart": "2026-11-29 02:39:26", "timeout": "0", "callid": "abc@192.0.2.1",
        "from_uri": "sip:34910000001@192.0.2.1", "to_uri": "sip:34911@198.51.100.1", "caller_tag": "x",
        "caller_contact": "sip:34910000001@192.0.2.1:5061",
        "CALLEES": [{"callee_tag": "y", "callee_contact": "sip:34911@198.51.100.9"}],
        "context": {"values": [{"customer": "acme"}], "profiles": [{"trunk": "gold"}]},
    }  # fmt: skip
    early = {**dialogue, "callid": "early", "state": 2, "timestart": 0}
    gone = {**dialogue, "state": "5"}

    def answer(path: str, authorization: str, body: bytes) -> tuple[int, Any]:
        assert path == "/mi"
        assert json.loads(body)["method"] == "dlg_list_ctx"
        assert base64.b64decode(authorization.removeprefix("Basic ")) == b"cx:s3cret"
        return 200, {"jsonrpc": "2.0", "result": {"Dialogs": [dialogue, early, gone]}, "id": 1}

    with http_peer(answer) as url:
        up, ringing = asked("opensips", f"{url}/mi", user="cx", password=password)
    assert (up.id, up.caller, up.callee, up.answered_at) == ("abc@192.0.2.1", "34910000001", "34911", AT)
    assert (ringing.state, ringing.answered_at) == ("ringing", None)
    assert dict(up.attributes)["customer"] == "acme"
    assert dict(up.attributes)["source_ip"] == "192.0.2.1"


# FreeSWITCH ------------------------------------------------------------------------------------

LEG = {
    "uuid": "aaaa", "direction": "inbound", "created": "2026-11-29 02:39:26", "created_epoch": str(BEGUN),
    "name": "sofia/external/34910000001@192.0.2.77", "state": "CS_EXECUTE", "cid_name": "Ana",
    "cid_num": "34910000001", "ip_addr": "192.0.2.77", "dest": "442070000001", "application": "bridge",
    "accountcode": "acme", "callstate": "ACTIVE", "call_uuid": "aaaa", "context": "public",
}  # fmt: skip
OTHER = {**LEG, "uuid": "bbbb", "direction": "outbound", "dest": "gateway", "created_epoch": str(BEGUN + 1)}
RINGS = {**LEG, "uuid": "cccc", "call_uuid": "", "callstate": "EARLY", "accountcode": "", "dest": "331"}


def test_freeswitch_counts_a_call_of_two_channels_once(password: Secret) -> None:
    with tcp_peer(EventSocket(OTHER, LEG, RINGS)) as url:
        up, ringing = asked("freeswitch", url, times=2, password=password)
    assert (up.id, up.caller, up.callee, up.since) == ("aaaa", "34910000001", "442070000001", AT)
    assert (up.state, ringing.state) == ("answered", "ringing")
    named = dict(up.attributes)
    assert (named["account"], named["source_ip"]) == ("acme", "192.0.2.77")
    assert ringing.id == "cccc"


def test_freeswitch_without_a_call_has_none(password: Secret) -> None:
    with tcp_peer(EventSocket()) as url:
        assert asked("freeswitch", url, password=password) == []


# Asterisk --------------------------------------------------------------------------------------


CHANNEL = {
    "Channel": "PJSIP/ana-07", "ChannelState": "6", "ChannelStateDesc": "Up", "CallerIDNum": "100",
    "CallerIDName": "Ana", "ConnectedLineNum": "200", "AccountCode": "acme", "Context": "internal",
    "Exten": "200", "Priority": "2", "Uniqueid": f"{BEGUN}.7", "Linkedid": f"{BEGUN}.7",
    "Application": "Dial", "Duration": "00:00:10",
}  # fmt: skip


def test_asterisk_counts_a_call_of_two_channels_once(password: Secret) -> None:
    callee = CHANNEL | {
        "Channel": "PJSIP/bea-00000008", "CallerIDNum": "200", "Exten": "", "Uniqueid": f"{BEGUN + 1}.8",
        "AccountCode": "",
    }  # fmt: skip
    rings = CHANNEL | dict.fromkeys(("Uniqueid", "Linkedid"), "pbx-1795919999.9") | {"ChannelState": "4"}
    with tcp_peer(Manager(callee, CHANNEL, rings)) as url:
        up, ringing = asked("asterisk", url, times=2, user="cx", password=password)
    assert (up.id, up.caller, up.callee, up.since) == (f"{BEGUN}.7", "100", "200", AT)
    assert (up.state, ringing.state) == ("answered", "ringing")
    assert ringing.since == datetime.fromtimestamp(1795919999, UTC)
    assert dict(up.attributes)["account"] == "acme"


# any switch ------------------------------------------------------------------------------------


def test_any_json_is_read_by_its_mapping() -> None:
    content = {
        "data": {"calls": [
            {"id": 7, "a": {"num": "100"}, "b": ["200"], "t": BEGUN * 1000,
             "up": "2026-11-29T03:39:28+01:00", "acct": "x"},
            {"id": "8", "a": {}, "b": [], "t": "2026-11-29 02:39:26", "up": None, "acct": None},
        ]}
    }  # fmt: skip
    mapping = {
        "id": "id",
        "caller": "a.num",
        "callee": "b.0",
        "since": "t",
        "answered_at": "up",
        "account": "acct",
    }
    with http_peer(lambda *_: (200, content)) as url:
        first, second = asked("http", f"{url}/calls?all=1", calls="data.calls", fields=mapping)
    assert (first.id, first.caller, first.callee, first.since) == ("7", "100", "200", AT)
    assert (first.answered_at, first.state, first.attributes) == (
        AT.replace(second=28),
        "answered",
        (("account", "x"),),
    )
    assert (second.caller, second.since, second.answered_at, second.state) == ("", AT, None, "ringing")


# faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "content", "message"),
    [
        (500, {"error": {"code": 500, "message": "Method Not Found"}}, "answers 500"),
        (
            200,
            {"jsonrpc": "2.0", "error": {"message": "no dialog module"}},
            "refuses dlg[._]list(_ctx)?: no dialog module",
        ),
        (200, {"jsonrpc": "2.0", "result": None}, "with no list"),
        (200, [], "no JSON-RPC"),
        (200, b"<html>", "no JSON"),
        (302, b"http://127.0.0.1:1/elsewhere", "answers 302"),
    ],
)
@pytest.mark.parametrize("kind", ["kamailio", "opensips"])
def test_an_answer_that_is_none_is_said(kind: str, status: int, content: Any, message: str) -> None:
    with http_peer(lambda *_: (status, content)) as url, pytest.raises(NoAnswer, match=message):
        asked(kind, f"{url}/RPC")


def hanging(connection: socket.socket) -> None:
    heard(connection, b"never")


def rude(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\n\n")


@pytest.mark.parametrize(
    ("kind", "talk"),
    [
        ("freeswitch", hanging),
        ("freeswitch", rude),
        ("freeswitch", EventSocket(password="another")),
        ("asterisk", hanging),
        ("asterisk", rude),
        ("asterisk", Manager(password="another")),
    ],
)
def test_a_switch_that_is_none_does_not_answer_and_no_password_is_told(
    kind: str, talk: Any, password: Secret
) -> None:
    with tcp_peer(talk) as url:
        source = source_of(
            Switch(name="sbc", kind=kind, url=url, timeout_s=0.3, user="cx", password=password)
        )
        with pytest.raises(NoAnswer) as refused:
            source.channels_now()
        source.close()
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("kind", ["freeswitch", "asterisk"])
def test_a_connection_that_was_cut_is_made_anew(kind: str, password: Secret) -> None:
    peer = EventSocket(LEG) if kind == "freeswitch" else Manager(CHANNEL)
    with tcp_peer(peer) as url:
        source = source_of(Switch(name="sbc", kind=kind, url=url, timeout_s=2, user="cx", password=password))
        assert len(source.channels_now()) == 1
        peer.cut()
        with pytest.raises(NoAnswer):
            source.channels_now()
        assert len(source.channels_now()) == 1
        source.close()


def test_a_password_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadFeed, match="CX_NO_SUCH is not set"):
        Secret(env="CX_NO_SUCH").read()
    with pytest.raises(BadFeed, match="cannot be read"):
        Secret(file=tmp_path / "none").read()
