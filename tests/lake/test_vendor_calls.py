# ruff: noqa: E501 (records as switches write them)
"""Legs of vendors that write a record each: what a call counts, by hand from what their documents say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import cxreports

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cxreports.figures.analyst import Lake

    Deliver = Callable[..., dict[str, Any]]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return cxreports.open(tmp_path / "home")


@pytest.fixture
def deliver(lake: Lake, tmp_path: Path) -> Deliver:
    """Load a text as a file and give the figures of the only month."""
    numbers = iter(range(100))

    def delivered(text: str, expected_format: str, **given: Any) -> dict[str, Any]:
        path = tmp_path / f"calls-{next(numbers)}"
        path.write_text(text, "utf-8")
        (report,) = lake.load(path, customer="acme", **given)
        assert (report.refused, report.format, report.rejected) == (None, expected_format, 0)
        assert lake.verify().rows() == []
        (row,) = lake.summary("all", "month").to_dicts()
        return row

    return delivered


def figures(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["attempts"], row["connected"], row["duration_s"]


def at(minute: int, second: int, hour: int = 10) -> datetime:
    return datetime(2024, 3, 4, hour, minute, second, tzinfo=UTC)


CISCO = (
    '{unix},{leg},1,{type},"{conf}","5005","","*10:00:{setup} UTC Mon Mar 4 2024","","*10:00:{connect} UTC Mon Mar 4 2024",'
    '"*10:01:{end} UTC Mon Mar 4 2024","{cause}","x","{origin}",,"speech",1,2,3,4,"","5001","{dnis}"\n'
)


def cisco(**given: object) -> str:
    usual = {
        "unix": 1709546500,
        "type": 2,
        "conf": "C4A1F3D0 0A9211DD 8001B2A5 1D2E3F40",
        "cause": "10",
        "dnis": "5005",
    }
    return CISCO.format(**(usual | given))


# The leg to 5005 was answered from 10:00:06 to 10:01:09; the caller heard it from 10:00:07 to 10:01:10.
ANSWERED = cisco(leg=31, setup="00.000", connect="07.000", end="10.000", origin="answer", type=1)
ORIGINATED = cisco(leg=32, setup="01.000", connect="06.000", end="09.000", origin="originate", dnis="095005")
OTHER = cisco(
    leg=33, setup="30.000", connect="59.000", end="20.000", origin="answer", conf="AAAA 0A92 8001 1D2E"
)


def test_the_legs_of_a_cisco_gateway(lake: Lake, deliver: Deliver) -> None:
    # 64 seconds in which one or the other was answered, and 21 of the other call.
    assert figures(deliver(ANSWERED + ORIGINATED + OTHER, "cisco-gateway")) == (2, 2, 64 + 21)
    call = "SELECT legs, source, destination, direction, call_time, end_time, leg FROM cdr ORDER BY call_time"
    assert lake.sql(call).fetchall() == [
        (2, "5001", "5005", "inbound", at(0, 0), at(1, 10), "31"),
        (1, "5001", "5005", "inbound", at(0, 30), at(1, 20), "33"),
    ]


def test_a_leg_of_a_cisco_gateway_that_comes_later_and_again(lake: Lake, deliver: Deliver) -> None:
    assert figures(deliver(ORIGINATED, "cisco-gateway")) == (1, 1, 63)
    assert figures(deliver(ANSWERED, "cisco-gateway")) == (1, 1, 64)
    # The detailed template has more columns; the record is the same.
    detailed = ANSWERED.replace("\n", ',""' * 107 + "\n")
    assert figures(deliver(detailed, "cisco-gateway")) == (1, 1, 64)
    assert lake.sql("SELECT legs, destination FROM cdr").fetchall() == [(2, "5005")]


def test_the_legs_of_a_cisco_gateway_count_for_those_who_bill_by_leg(lake: Lake, deliver: Deliver) -> None:
    assert figures(deliver(ANSWERED + ORIGINATED, "cisco-gateway", by_leg=True)) == (2, 2, 63 + 63)
    assert lake.sql("SELECT DISTINCT legs FROM cdr").fetchall() == [(1,)]


TELCO = (
    "END,SessionId='{session}',LegId='0x{leg}',StartTime='2024-03-04 10:00:0{start}',ConnectedTime='{connected}',"
    "EndTime='2024-03-04 10:01:05',TerminationCause='NORMAL_CALL_CLEARING',Calling='100',Called='{called}',NAP='{nap}',Direction='{direction}'\n"
)


def telco(leg: int, connected: str, direction: str, session: str = "EB2D14BF", called: str = "200") -> str:
    start = 0 if direction == "ANSWERING" else leg
    nap = "IN" if direction == "ANSWERING" else f"OUT{leg}"
    answered = connected and f"2024-03-04 {connected}"
    return TELCO.format(
        session=session, leg=leg, start=start, connected=answered, called=called, nap=nap, direction=direction
    )


def test_the_legs_of_telcobridges(lake: Lake, deliver: Deliver) -> None:
    """A first route failed, the second answered: one call of a minute, and another one that nobody answered."""
    text = telco(2, "", "ORIGINATING", called="9200") + telco(3, "10:00:05", "ORIGINATING", called="8200")
    text += telco(1, "10:00:05", "ANSWERING") + telco(4, "", "ANSWERING", session="EB2D14C0")
    row = deliver(text, "telcobridges")
    assert (*figures(row), row["asr_pct"]) == (2, 1, 60, 50)
    assert lake.sql("SELECT legs, destination, switch, call_time FROM cdr WHERE connected").fetchall() == [
        (3, "200", "IN", at(0, 0))
    ]
    # The same legs in another file, and the order of it, change nothing.
    assert figures(
        deliver(
            telco(1, "10:00:05", "ANSWERING") + telco(2, "", "ORIGINATING", called="9200"), "telcobridges"
        )
    ) == (2, 1, 60)


AVAYA = "2024/03/04 10:00:00,{},{},01707392200,I,299999,299999,,0,{},{},{},{},{},{},{},{},,,,{},EUR,,,,,,,,,,,,,,,\n"


def avaya(
    connected: str,
    ring: int,
    call: int,
    more: int,
    party: str,
    hold: int = 0,
    park: int = 0,
    charge: str = "",
) -> str:
    return AVAYA.format(connected, ring, call, more, party, party, "T9002", "LINE 1.2", hold, park, charge)


def test_the_segments_of_an_avaya_ip_office(lake: Lake, deliver: Deliver) -> None:
    """The manual's call that is transferred to voicemail: 7 s ringing, 13 s talk, 11 s held, then 21 s."""
    transferred = avaya("00:00:13", 7, 1000014160, 1, "E4750", hold=11, charge="0.10")
    transferred += avaya("00:00:21", 0, 1000014160, 0, "V9502", charge="0.05")
    # The manual's call that is picked up: rings 8 s at one, is answered by another after a second, 38 s.
    picked_up = avaya("00:00:00", 8, 1000038, 1, "E2124") + avaya("00:00:38", 1, 1000038, 0, "E2121")
    row = deliver(transferred + picked_up, "avaya-ipo")
    assert (*figures(row), row["charge"]) == (2, 2, 13 + 21 + 38, Decimal("0.15"))
    calls = "SELECT legs, duration_s, ring_s, epoch(end_time - call_time) FROM cdr ORDER BY duration_s"
    assert lake.sql(calls).fetchall() == [(2, 34, 7, 7 + 13 + 11 + 21), (2, 38, 8, 8 + 1 + 38)]


def test_the_call_ids_of_an_avaya_ip_office_start_again(lake: Lake, deliver: Deliver) -> None:
    """Number 1000001 before the system was restarted, and after."""
    after = avaya("00:00:05", 1, 1000001, 0, "E201").replace("10:00:00", "10:30:00", 1)
    assert figures(deliver(avaya("00:01:00", 2, 1000001, 0, "E200") + after, "avaya-ipo")) == (2, 2, 65)
    assert lake.sql("SELECT legs, duration_s FROM cdr ORDER BY call_time").fetchall() == [(1, 60), (1, 5)]


def test_a_segment_of_an_avaya_ip_office_that_comes_later(deliver: Deliver) -> None:
    assert figures(deliver(avaya("00:00:13", 7, 1000014160, 1, "E4750"), "avaya-ipo")) == (1, 1, 13)
    assert figures(deliver(avaya("00:00:21", 0, 1000014160, 0, "V9502"), "avaya-ipo")) == (1, 1, 34)
    assert figures(
        deliver(avaya("00:00:21", 0, 1000014160, 0, "V9502") + avaya("00:00:01", 0, 9, 0, "E1"), "avaya-ipo")
    ) == (2, 2, 35)


STOP = (
    "STOP,{gateway},0x00010001,100,GMT,03/04/2024,10:00:00.2,1,150,560,03/04/2024,10:01:05.9,2,6010,16,"
    "VoIP,IP-TO-IP,CARRIER,,100,200,,0,more,fields\n"
)
ATTEMPT = "ATTEMPT,GW1,0x00010001,100,GMT,03/04/2024,10:00:00.2,1,80,10:00:03.0,3,34,VoIP,IP-TO-IP,CARRIER,,100,200,,0\n"


def test_an_attempt_of_ribbon_and_the_stop_of_the_same_call(lake: Lake, deliver: Deliver) -> None:
    """A route that was refused before the one that answered; another gateway has its own accounting ids."""
    assert figures(deliver(ATTEMPT, "ribbon")) == (1, 0, 0)
    assert figures(deliver(STOP.format(gateway="GW1"), "ribbon")) == (1, 1, Decimal("60.1"))
    assert figures(deliver(STOP.format(gateway="GW2"), "ribbon")) == (2, 2, Decimal("120.2"))
    assert lake.sql("SELECT legs, sip_code, switch FROM cdr ORDER BY switch").fetchall() == [
        (2, None, "GW1"),
        (1, None, "GW2"),
    ]


CUCM = (
    "cdrRecordType,globalCallID_callManagerId,globalCallID_callId,dateTimeOrigination,callingPartyNumber,"
    "originalCalledPartyNumber,finalCalledPartyNumber,destCause_value,dateTimeConnect,dateTimeDisconnect,pkid,duration,globalCallId_ClusterID\n"
    "INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(50),VARCHAR(50),VARCHAR(50),INTEGER,INTEGER,INTEGER,UNIQUEIDENTIFIER,INTEGER,VARCHAR(50)\n"
)
NINE = 1709542800
"""2024-03-04 09:00 UTC."""


def cucm(
    call: int,
    pkid: str,
    called: str,
    begun: int,
    answered: int,
    ended: int,
    cause: int = 16,
    cluster: str = "C1",
) -> str:
    """A record of CUCM, its times in seconds after nine."""
    connected, talked = (NINE + answered, ended - answered) if answered else (0, 0)
    return f"1,1,{call},{NINE + begun},2001,{called},{called},{cause},{connected},{NINE + ended},{pkid},{talked},{cluster}\n"


def test_a_transfer_of_cucm_is_one_call(lake: Lake, deliver: Deliver) -> None:
    """2001 talks to 2002, transfers to 2003 who answers before 2002 is gone; another cluster has the same number."""
    first = cucm(7, "p1", "2002", 0, 10, 60)
    transferred = cucm(7, "p2", "2003", 40, 50, 100)
    busy = cucm(7, "p3", "2004", 0, 0, 5, cause=17, cluster="C2")
    row = deliver(CUCM + transferred + first + busy, "cucm")
    # From 10 to 100 s one or the other was answered.
    assert (*figures(row), row["asr_pct"]) == (2, 1, 90, 50)
    call = "SELECT legs, source, destination, call_time, end_time, sip_code FROM cdr ORDER BY connected DESC"
    assert lake.sql(call).fetchall() == [
        (2, "2001", "2002", at(0, 0, 9), at(1, 40, 9), None),
        (1, "2001", "2004", at(0, 0, 9), at(0, 5, 9), 486),
    ]
    assert figures(deliver(CUCM + first, "cucm")) == (2, 1, 90)


def freeswitch(uuid: str, answered: int, ended: int, cause: str, a_leg: str = "") -> dict[str, Any]:
    """Variables of a FreeSWITCH leg, its times in seconds after nine."""
    usual = {
        "uuid": uuid,
        "direction": "outbound" if a_leg else "inbound",
        "hangup_cause": cause,
        "start_uepoch": NINE * 10**6,
    }
    usual |= {
        "answer_uepoch": (NINE + answered) * 10**6 if answered else 0,
        "end_uepoch": (NINE + ended) * 10**6,
    }
    usual |= {
        "billusec": (ended - answered) * 10**6 if answered else 0,
        "billsec": ended - answered if answered else 0,
    }
    return usual | ({"originating_leg_uuid": a_leg} if a_leg else {})


RING_GROUP = (
    freeswitch("b1", 0, 20, "NO_ANSWER", "a"),
    freeswitch("b2", 20, 80, "NORMAL_CLEARING", "a"),
    freeswitch("b3", 0, 20, "USER_BUSY", "a"),
    freeswitch("a", 20, 80, "NORMAL_CLEARING"),
)
NOBODY = (
    freeswitch("d1", 0, 30, "NO_ANSWER", "c"),
    freeswitch("d2", 0, 30, "NO_ANSWER", "c"),
    freeswitch("c", 0, 30, "NO_ANSWER"),
)


def as_json(legs: Sequence[dict[str, Any]]) -> str:
    return "".join(
        json.dumps({"variables": leg, "callflow": [{"caller_profile": {"destination_number": "200"}}]}) + "\n"
        for leg in legs
    )


def as_xml(legs: Sequence[dict[str, Any]]) -> str:
    told = ("".join(f"<{name}>{value}</{name}>" for name, value in leg.items()) for leg in legs)
    return "".join(f"<cdr><variables>{each}</variables><callflow/></cdr>\n" for each in told)


@pytest.mark.parametrize("written", [as_json, as_xml])
def test_the_legs_of_freeswitch_that_nobody_answered(
    lake: Lake, deliver: Deliver, written: Callable[..., str]
) -> None:
    """Three telephones ring and one is answered; then two ring and none is."""
    assert figures(deliver(written(RING_GROUP[:2]), "freeswitch")) == (1, 1, 60)
    row = deliver(written([*RING_GROUP[2:], *NOBODY]), "freeswitch")
    assert (*figures(row), row["asr_pct"]) == (2, 1, 60, 50)
    assert lake.sql("SELECT call_id, legs, sip_code, direction FROM cdr ORDER BY call_id").fetchall() == [
        ("a", 4, None, "inbound"),
        ("c", 3, 480, "inbound"),
    ]
