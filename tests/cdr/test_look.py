"""What a look at a sample rules out is never what a file is."""

from __future__ import annotations

import pytest

from cxreports.cdr.definition import parse_format
from cxreports.cdr.evidence.look import Look, Needs

COLUMNS = '\n[[connected]]\ncolumn = "a"\npresent = true\n[fields.call_time]\ncolumn = "a"\n'


def needs(layout: str) -> Needs:
    return Needs.of(parse_format(f'name = "own"\n[[layout]]\n{layout}{COLUMNS}', "own.toml").layouts[0])


CSV = needs('needs = ["Call ID", "calls.dt"]')
JSON = needs('kind = "json"\nneeds = ["variables.call_id", "dt"]')
XML = needs('kind = "xml"\nrecord = "cdr"\nneeds = ["variables.call_id"]')


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (CSV, "Call ID,calls.dt\n1,2"),
        (CSV, "made by a switch\n\n x ; CALL_ID;calls.DT ;\n"),
        (CSV, 'calls.dt\t"call-id"\n'),
        (CSV, 'calls.dt,"call\tid"\n'),
        (CSV, "callid|a|calls.dt"),
        (CSV, '{"made by": "a switch"}\ncall id,calls.dt\n1,2'),
        (JSON, '{"variables": {"call_id": 1, "dt" : 2}}'),
        (JSON, '\ufeff [{"CallID":1},{"x":1,\n"d t":2}]'),
        (XML, "<?xml version='1.0'?><cdr a='1'><variables><call_id>1</call_id></variables></cdr>"),
        (XML, "<CDR><Call-ID/></CDR>"),
    ],
)
def test_what_may_be_is_not_ruled_out(layout: Needs, text: str) -> None:
    assert Look(text).may_have(layout)


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (CSV, "Call ID,dt\n1,2"),
        (CSV, "Call ID of the leg,calls.dt\n"),
        (CSV, '{"call_id": 1, "calls.dt": 2}'),
        (JSON, '{"variables": {"call_id": "dt"}}'),
        (JSON, '"call_id": 1, "dt": 2'),
        (XML, "<cdr><variables>call_id</variables></cdr>"),
    ],
)
def test_what_cannot_be_is_ruled_out(layout: Needs, text: str) -> None:
    assert not Look(text).may_have(layout)
