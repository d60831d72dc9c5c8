"""JSON records that are filled in, against the same records parsed each by itself."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from cxreports.cdr.bundles import forms
from cxreports.cdr.bundles.small_file import Fitting, Readable, SmallFile
from cxreports.cdr.definition import known_formats

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = list(known_formats().values())
ODD = [
    "", " ", "a,b", 'say "no"', "back\\slash", '": 1', ": x", "%s 100 %", "{", "}", "ü漢\u2028", "x\ty",
    "\x85", "a\nb", "none", "null", "\ue0003\ue001", "192.0.2.7", "29/03/2026", "'", "\ud83d\ude00",
]  # fmt: skip
NUMBERS = [
    "0",
    "-0",
    "12",
    "1.50",
    "1e3",
    "007",
    "1.",
    "-",
    "NaN",
    "-Infinity",
    "true",
    "null",
    "[]",
    '{"a": "b"}',
]


def record(chance: random.Random) -> str:
    """A record of FreeSWITCH with odd values; few forms, so that they come again."""
    odd = chance.random() < 0.6
    values = {
        "uuid": f"{chance.randrange(1 << 60):x}",
        "start_uepoch": "1774771200000000",
        "end_uepoch": "1774771260000000",
        "hangup_cause": "USER_BUSY",
        "leg 1 %": "x",
        "sip_from_user": chance.choice(ODD) if odd else "34600",
    }
    if chance.random() < 0.2:
        values["Sip-From_User"] = chance.choice(ODD)
    text = json.dumps(
        {
            "core-uuid": "5",
            "variables": {**values, "billsec": "RAW"},
            "callflow": [{"caller_profile": {"caller_id_name": chance.choice(ODD) if odd else "Ann"}}],
            "app_log": {"applications": [{"app_name": "bridge"}]},
        },
        ensure_ascii=chance.random() < 0.3,
        separators=chance.choice([(", ", ": "), (",", ":"), (", ", " :\t")]),
    )
    text = text.replace('"RAW"', chance.choice(NUMBERS))
    if chance.random() < 0.1:
        text = chance.choice(
            [text[:-1], text + "}", " " + text, text * 2, text.replace('"uuid"', '"uuid":"y","uuid"')]
        )
    return text + chance.choice(["", "\n"])


def opened(folder: Path, text: str) -> SmallFile:
    path = folder / "a.json"
    path.write_text(text, "utf-8", "surrogatepass")
    file = SmallFile.opened(path)
    assert file is not None
    return file


def said(fit: Readable | None) -> Any:
    if fit is None:
        return None
    records = [
        (each.line, each.begin, each.end, [value or "" for value in each.values], each.row)
        for each in fit.records
    ]
    return fit.sighting, fit.key, fit.seen, list(fit.rejected), records


@pytest.mark.parametrize("seed", range(2))
def test_what_is_filled_in_is_what_is_parsed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    lot, filled = Fitting(FORMATS, "acme", None), 0
    alone = Fitting(FORMATS, "acme", None)
    for _ in range(500):
        file = opened(tmp_path, record(chance))
        alone._forms = forms.Forms()
        expected = alone.readable(file)
        fit = lot.readable(file)
        if fit is not None and expected is not None:
            assert said(fit) == said(expected)
            filled += isinstance(fit.records[0], forms.Filled) if fit.records else 0
        assert (fit is None) == (expected is None)
    assert filled > 60


def test_a_form_is_learned_from_the_second_file_with_it(tmp_path: Path) -> None:
    lot = Fitting(FORMATS, None, None)
    texts = [
        json.dumps(
            {"variables": {"uuid": uuid, "start_uepoch": "1774771200000000", "hangup_cause": "USER_BUSY"}}
        )
        for uuid in ("a", "b", "c", "d\\")
    ]
    fits = [lot.readable(opened(tmp_path, text)) for text in texts]
    assert [fit is not None and type(fit.records[0]).__name__ for fit in fits] == [
        "Record",
        "Record",
        "Filled",
        "Record",
    ]
    assert fits[2] is not None
    assert fits[2].records[0].row.endswith('""uuid"": ""c""}}"\n')


@pytest.mark.parametrize("member", ["", '"c": "\\n\u2028", '], ids=["in a value", "in the form"])
def test_a_line_end_in_a_value_is_looked_at(tmp_path: Path, member: str) -> None:
    """Where the text is more than a line, what stands in a value may be taken for a heading."""
    lot = Fitting(FORMATS, "acme", None)
    heading = ",dt,callid,customer_id,dest_number,duration,sip_code,"
    found = []
    for value in ("a", "b", "c", heading if member else f"\u2028{heading}"):
        text = f'{{{member}"variables": {{"uuid": "a", "hangup_cause": "x", "q": "{value}"}}}}'
        fit = lot.readable(opened(tmp_path, text))
        found.append(fit and fit.sighting.source_format.name)
        alone = Fitting(FORMATS, "acme", None).readable(opened(tmp_path, text))
        assert (alone and alone.sighting.source_format.name) == found[-1]
    assert found == ["freeswitch"] * 3 + [None]
