"""Events of FreeSWITCH and Asterisk, from peers that speak the wire formats: each may mean a new question."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

import pytest
from switch_peers import EventSocket, Manager, Peer, tcp_peer

from cxreports.feeds.configuration import Secret, Switch
from cxreports.feeds.switches import tcp
from cxreports.feeds.switches.freeswitch import EVENTS
from cxreports.feeds.switches.kinds import source_of
from cxreports.feeds.switches.poller import Poller
from cxreports.feeds.switches.source import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cxreports.feeds.switches.tcp import OverTcp
    from cxreports.portal.feeds.under_way import Reading

LEG = {
    "uuid": "aaaa", "call_uuid": "aaaa", "direction": "inbound", "created_epoch": "1795919966",
    "cid_num": "100", "dest": "200", "callstate": "ACTIVE",
}  # fmt: skip
CHANNEL = {
    "Channel": "PJSIP/ana-07", "ChannelState": "6", "CallerIDNum": "100", "Exten": "200",
    "Uniqueid": "1795919966.7", "Linkedid": "1795919966.7",
}  # fmt: skip

AT_ONCE_S = 0.05
PATIENCE_S = 60.0
KINDS = ["freeswitch", "asterisk"]


@pytest.fixture(name="password")
def _password(tmp_path: Path) -> Secret:
    (tmp_path / "password").write_text("s3cret\n")
    return Secret(file=tmp_path / "password")


def peer_of(kind: str) -> EventSocket | Manager:
    return EventSocket(LEG) if kind == "freeswitch" else Manager(CHANNEL)


def begins(peer: Peer) -> bytes:
    """An event that a call has begun."""
    if isinstance(peer, EventSocket):
        return peer.event("CHANNEL_CREATE", **{"Channel-State": "CS_INIT"})
    return Manager.event("Newchannel", ChannelState="0", ChannelStateDesc="Down")


def switch_of(kind: str, url: str, password: Secret, **more: Any) -> Switch:
    return Switch(name="sbc", kind=kind, url=url, user="cx", password=password, **{"timeout_s": 2, **more})


@contextmanager
def answering(peer: Peer, kind: str, password: Secret, **more: Any) -> Iterator[OverTcp]:
    """What asks a switch that has answered once."""
    with tcp_peer(peer) as url:
        source: Any = source_of(switch_of(kind, url, password, **more))
        try:
            assert len(source.channels_now()) == 1
            yield source
        finally:
            source.close()


def test_freeswitch_is_asked_for_the_events_of_its_channels(password: Secret) -> None:
    peer = EventSocket(LEG)
    with answering(peer, "freeswitch", password):
        assert peer.sent == [
            "auth s3cret\n\n",
            f"event json {' '.join(EVENTS)}\n\n",
            "api show channels as json\n\n",
        ]


def test_asterisk_is_asked_for_the_events_of_calls_and_each_question_has_its_own_id(password: Secret) -> None:
    peer = Manager(CHANNEL)
    with answering(peer, "asterisk", password) as source:
        source.channels_now()
        login, *questions = peer.sent
    assert login == "Action: Login\r\nUsername: cx\r\nSecret: s3cret\r\nEvents: call\r\n\r\n"
    assert [question.split("ActionID: ")[1].strip() for question in questions] == [
        "cxreports-1",
        "cxreports-2",
    ]


def test_a_switch_may_be_asked_at_its_interval_alone(password: Secret) -> None:
    for kind, silence in (("freeswitch", "api show"), ("asterisk", "Events: off")):
        peer = peer_of(kind)
        with answering(peer, kind, password, events=False):
            assert silence in peer.sent[-1 if kind == "freeswitch" else 0]
            assert len(peer.sent) == 2


def test_a_user_that_may_not_have_events_is_asked_all_the_same(password: Secret) -> None:
    peer = EventSocket(LEG)
    peer.gives_events = False
    with answering(peer, "freeswitch", password) as source:
        assert not source.has_changed(AT_ONCE_S)


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_says_that_calls_have_changed(kind: str, password: Secret) -> None:
    peer = peer_of(kind)
    with answering(peer, kind, password) as source:
        assert not source.has_changed(AT_ONCE_S)
        peer.tell(begins(peer) * 3)
        assert source.has_changed(PATIENCE_S)
        assert len(source.channels_now()) == 1
        assert not source.has_changed(AT_ONCE_S)


def test_other_events_of_asterisk_say_nothing_new(password: Secret) -> None:
    peer = Manager(CHANNEL)
    with answering(peer, "asterisk", password) as source:
        peer.tell(Manager.event("MusicOnHoldStart") + Manager.event("ExtensionStatus"))
        assert not source.has_changed(AT_ONCE_S)


@pytest.mark.parametrize("kind", KINDS)
def test_events_amid_an_answer_are_no_part_of_it_and_not_forgotten(kind: str, password: Secret) -> None:
    peer = peer_of(kind)
    peer.amid = begins(peer) * 50
    with answering(peer, kind, password) as source:
        (call,) = source.channels_now()
        assert (call.caller, call.callee) == ("100", "200")
        assert source.has_changed(AT_ONCE_S)


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_ends_between_two_questions_is_a_reason_to_ask(kind: str, password: Secret) -> None:
    peer = peer_of(kind)
    with answering(peer, kind, password) as source:
        peer.cut()
        assert source.has_changed(PATIENCE_S)
        assert not source.has_changed(AT_ONCE_S)
        assert len(source.channels_now()) == 1


def test_a_freeswitch_that_takes_its_leave_is_asked_anew(password: Secret) -> None:
    peer = EventSocket(LEG)
    with answering(peer, "freeswitch", password) as source:
        peer.tell(begins(peer) + peer.notice())
        assert source.has_changed(PATIENCE_S)
        assert len(source.channels_now()) == 1
        assert sum(message.startswith("auth") for message in peer.sent) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_half_an_event_is_a_fault(kind: str, password: Secret) -> None:
    peer = peer_of(kind)
    with answering(peer, kind, password, timeout_s=0.2) as source:
        peer.tell(begins(peer)[:-5])
        assert source.has_changed(PATIENCE_S)
        assert len(source.channels_now()) == 1


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("freeswitch", b"Content-Length: 9999999999\nContent-Type: text/event-json\n\n"),
        ("freeswitch", b"Content-Length: -1\nContent-Type: text/event-json\n\n"),
        ("freeswitch", b"x" * 2 * tcp.LARGEST_HEAD),
        ("asterisk", b"Event: Newchannel\r\n" + b"A: b\r\n" * (tcp.LARGEST_HEAD // 4)),
        ("asterisk", b"x" * 2 * tcp.LARGEST_HEAD),
    ],
)
def test_an_event_without_end_is_a_fault(kind: str, content: bytes, password: Secret) -> None:
    peer = peer_of(kind)
    with answering(peer, kind, password) as source:
        sending = threading.Thread(target=_sent_until_cut, args=(peer, content))
        sending.start()
        assert source.has_changed(PATIENCE_S)
        sending.join()
        assert len(source.channels_now()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_events_instead_of_an_answer_are_none(kind: str, password: Secret) -> None:
    peer = peer_of(kind)
    with answering(peer, kind, password, timeout_s=0.3) as source:
        peer.is_mute = True
        flooding = threading.Thread(target=_sent_until_cut, args=(peer, begins(peer) * 10))
        flooding.start()
        with pytest.raises(NoAnswer, match="does not answer: timed out"):
            source.channels_now()
        flooding.join()


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_ends_the_connection_and_the_next_question_begins_another(
    kind: str, password: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "MOST_A_SECOND", 500)
    peer = peer_of(kind)
    with answering(peer, kind, password) as source:
        flooding = threading.Thread(target=_sent_until_cut, args=(peer, begins(peer) * 100))
        flooding.start()
        while source.has_changed(PATIENCE_S):
            continue
        flooding.join()
        assert len(source.channels_now()) == 1


def _sent_until_cut(peer: Peer, content: bytes) -> None:
    try:
        while True:
            peer.tell(content)
    except OSError:
        return


class Told:
    """Readings as a poller tells them while it runs."""

    def __init__(self) -> None:
        self.readings: Queue[Reading] = Queue()
        self.counted: list[Reading] = []

    def next(self) -> Reading:
        return self.readings.get(timeout=PATIENCE_S)


@contextmanager
def polling(switch: Switch) -> Iterator[Told]:
    """A poller that runs."""
    told, stop = Told(), threading.Event()
    poller = Poller(switch, told.readings.put, told.counted.append)
    thread = threading.Thread(target=poller.run, args=(stop,))
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_is_known_long_before_the_next_poll(kind: str, password: Secret) -> None:
    peer = peer_of(kind)
    row = peer.rows.pop()
    with tcp_peer(peer) as url, polling(switch_of(kind, url, password, every_s=60)) as told:
        assert told.next().calls == ()
        peer.rows.append(row)
        peer.tell(begins(peer) * 1000)
        first = told.next()
        assert [call.caller for call in first.calls] == ["100"]
        with pytest.raises(Empty):
            told.readings.get(timeout=AT_ONCE_S)
        assert len(told.counted) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_switch_that_is_gone_is_unknown_since_its_last_answer(kind: str, password: Secret) -> None:
    peer = peer_of(kind)
    with tcp_peer(peer) as url:
        listening = polling(switch_of(kind, url, password, every_s=60))
        told = listening.__enter__()
        last = told.next()
    try:
        gone = told.next()
        assert (gone.calls, gone.unknown_since) == ((), last.at)
    finally:
        listening.__exit__(None, None, None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_switch_that_sends_events_and_no_answer_is_unknown_since_its_last(
    kind: str, password: Secret
) -> None:
    peer = peer_of(kind)
    switch = {"every_s": 60, "timeout_s": 0.3}
    with tcp_peer(peer) as url, polling(switch_of(kind, url, password, **switch)) as told:
        last = told.next()
        assert len(last.calls) == 1
        peer.is_mute = True
        peer.amid = begins(peer) * 500
        peer.tell(begins(peer))
        gone = told.next()
        assert (gone.calls, gone.unknown_since) == ((), last.at)
        assert "timed out" in gone.failure
