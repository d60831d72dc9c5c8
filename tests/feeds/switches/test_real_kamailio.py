"""A real Kamailio, called by sipp: channels meanwhile, records afterwards, unknown once it is killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from driving import until
from kamailio_server import SCENARIOS, Kamailio, ended, kamailio

from cxreports import Lake
from cxreports.desk.clerk import answered
from cxreports.desk.requests import Channels
from cxreports.feeds.configuration import feeds_of
from cxreports.feeds.feeding import feeding
from cxreports.feeds.trying import tried
from cxreports.portal.feeds.under_way import readings
from cxreports.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

LASTS_MS = 8000
DIGITS = ["1;2;3;#", "0;*;9;A", "5;5;5;5"]
"""What sipp keys in each of its calls with digits."""

ANN, BEA = (Visitor(1, "x@example.org", "X", customer) for customer in ("acme", "bravo"))


@pytest.fixture(name="switch")
def _switch() -> Iterator[Kamailio]:
    with kamailio() as running:
        yield running


def feeds(switch: Kamailio) -> str:
    return f"""
[[switch]]
name = "sbc1"
kind = "kamailio"
url = "{switch.rpc}"
every_s = 0.5
customer = [{{attribute = "customer"}}]

[[database]]
name = "acc"
url = "sqlite:///{switch.database}"
table = "acc"
format = "kamailio"
customer = "acme"
every_s = 0.5
"""


def test_channels_follow_sipp_and_records_equal_its_statistics(switch: Kamailio, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(feeds(switch))
    lake = Lake(tmp_path)
    lake.create()

    def in_use(visitor: Visitor) -> int | None:
        found = answered(None, visitor, Channels(customer=visitor.customer), tmp_path)
        return None if found is None else found.count

    with feeding(tmp_path):
        until(lambda: in_use(ANN) == 0, "Kamailio answers")
        talking = [
            switch.call("200", "caller", 6, LASTS_MS),
            switch.call("fork", "caller", 2, LASTS_MS),
            switch.call("auth", "caller-auth", 2, LASTS_MS),
            keying := switch.call("dtmf", "caller-dtmf", 3, LASTS_MS, fields=DIGITS),
        ]
        ringing = switch.call("487", "caller-487", 1, LASTS_MS)
        until(lambda: in_use(ANN) == 14, "the channels of all calls are shown")
        begun = datetime.now(UTC)
        assert in_use(BEA) == 0
        (now,) = readings(tmp_path)
        assert sorted(call.state for call in now.calls) == ["answered"] * 13 + ["ringing"]
        assert {call.caller for call in now.calls} == {"34910000001"}
        assert {call.callee for call in now.calls} == {"200", "fork", "auth", "dtmf", "487"}
        assert all(call.since and abs(call.since - begun) < timedelta(minutes=1) for call in now.calls)
        failing = [switch.call("486", "caller-486", 3, 0), switch.call("404", "caller-404", 2, 0)]
        ended([*talking, ringing, *failing])
        until(lambda: in_use(ANN) == 0, "the calls have ended")
        callers = [*talking, ringing, *failing]
        attempts = sum(each.count("TotalCallCreated") for each in callers)
        assert attempts == 19
        until(
            lambda: lake.sql("select count(*), count(duration_s) filter (answer_time is not null) from cdr")
            .fetchall() == [(attempts, 13)],
            "the calls are in the lake",
        )  # fmt: skip
        switch.kill()
        until(lambda: in_use(ANN) is None, "a killed switch is unknown")
        (gone,) = readings(tmp_path)
        assert gone.unknown_since is not None
        assert gone.unknown_since >= begun
        assert "does not answer" in gone.failure
    totals = lake.totals("acme").row(0, named=True)
    assert (totals["attempts"], totals["connected"]) == (
        attempts,
        sum(each.count("SuccessfulCall(C)") for each in talking),
    )
    codes = dict(lake.sql("select sip_code, count(*) from cdr group by 1").fetchall())
    assert codes == {200: 13, 486: 3, 404: 2, 487: 1}
    # sipp measures from the INVITE to the answer to the BYE: a little more than was talked. It looks at its
    # clock once a turn, which on a busy machine may be some time before the answer comes.
    length_s = sum((each.length_s() + 0.1) * each.count("SuccessfulCall(C)") for each in talking)
    assert 13 * LASTS_MS / 1000 <= float(totals["duration_s"]) <= length_s
    peak = lake.series("acme", "channels", every="1m")["max"].max()
    assert peak == 13
    assert keying.count("Retransmissions(C)") >= len(DIGITS)  # which are no digits more
    digits = [row for (row,) in lake.sql("select dtmf from cdr where connected").fetchall()]
    assert sorted(filter(None, digits)) == sorted(keyed.replace(";", "") for keyed in DIGITS)
    assert (totals["dtmf_calls"], totals["dtmf_unknown"]) == (keying.count("SuccessfulCall(C)"), 0)
    assert totals["dtmf_pct"] == pytest.approx(100 * len(DIGITS) / 13)
    assert lake.verify().is_empty()


def test_a_switch_is_tried_from_the_command_line(switch: Kamailio, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(feeds(switch))
    named = {each.name: (kind, each) for kind, each in feeds_of(tmp_path).all()}
    until(lambda: tried(*named["sbc1"], tmp_path).works, "Kamailio answers")
    assert tried(*named["sbc1"], tmp_path).text == "0 calls under way, 0 of them of no known customer"
    assert tried(*named["acc"], tmp_path).text == "0 rows in acc"
    switch.kill()
    outcome = tried(*named["sbc1"], tmp_path)
    assert not outcome.works
    assert "does not answer" in outcome.text


def test_the_script_of_the_documentation_is_the_one_that_is_run_here() -> None:
    text = (Path(__file__).parents[3] / "docs/feeds.md").read_text()
    (script,) = (block for block in text.split("```")[1::2] if "route[DIGIT]" in block)
    run = (SCENARIOS / "kamailio.cfg").read_text().splitlines()
    comments = ("# in ", "loadmodule")
    assert [line for line in script.splitlines() if line not in run and not line.startswith(comments)] == []
