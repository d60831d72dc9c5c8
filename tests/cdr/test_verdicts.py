"""Formats of small files that look alike, against a detector that remembers nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cxreports.cdr.bundles.verdicts import Verdicts
from cxreports.cdr.content import content_in
from cxreports.cdr.definition import known_formats
from cxreports.cdr.detect import Detector, Sighting
from cxreports.errors import LoadError

FORMATS = list(known_formats().values())
LAYOUTS = [layout for known in FORMATS for layout in known.layouts if layout.kind == "csv" and layout.header]


def found(finder: Verdicts | Detector, lines: list[str]) -> Sighting | str:
    content = content_in(Path("calls.csv"), "\n".join(lines).encode())
    try:
        return finder.sighting(content, lines)
    except LoadError as error:
        return str(error)


def heading(chance: random.Random) -> str:
    """What a format needs, as somebody may spell it, and perhaps some more."""
    layout = chance.choice(LAYOUTS)
    names = [
        *layout.needs,
        *chance.sample(["note", "created at", "insert", "{x", "callid"], chance.choice([0, 0, 1])),
    ]
    chance.shuffle(names)
    spelled = [
        chance.choice([name, name.upper(), name.replace("_", " "), f'"{name}"', f" {name[:2]}-{name[2:]}"])
        for name in names
    ]
    return (layout.delimiter or chance.choice([",", ";", "\t", "|"])).join(spelled)


def row(chance: random.Random) -> str:
    return chance.choice([",", ";", "\t"]).join(
        chance.choice(["2026-03-29 10:00:00", "c-1", "200", "", "ANSWERED", "34600", "x"]) for _ in range(8)
    )


@pytest.mark.parametrize("seed", range(2))
def test_a_remembered_heading_decides_what_a_look_at_the_file_decides(seed: int) -> None:
    chance = random.Random(seed)
    verdicts, detector = Verdicts(FORMATS), Detector(FORMATS)
    headings = [heading(chance) for _ in range(40)]
    for _ in range(300):
        lines = [chance.choice(headings), *(row(chance) for _ in range(chance.choice([0, 1, 2])))]
        if chance.random() < 0.3:
            odd = [*headings, "", "insert into cdr (calldate) values (1);", '{"uuid": 1}', "#cdr_id"]
            lines.insert(chance.choice([0, 1, len(lines)]), chance.choice(odd))
        assert found(verdicts, lines) == found(detector, lines)


HEAD = "dt,callid,customer_id,dest_number,duration,sip_code"


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        (f"{HEAD},insert into cdr (disposition,billsec,dst", "1", ") values (1)"),
        (f"{{,{HEAD}", "1", '"sid": 1, "status": 2, "direction": 3'),
        (
            "cdrRecordType,globalCallID_callId,dateTimeOrigination,dateTimeConnect",
            "1,7,1774771200,1774771201",
            "INTEGER,INTEGER,INTEGER,INTEGER",
        ),
        (
            HEAD,
            "1,2",
            "src\tdst\tdisposition\tbillsec\tduration\tcalldate\tchannel\tuniqueid\tdcontext\tlastapp",
        ),
    ],
    ids=["a dump", "JSON", "a row of types", "another heading"],
)
def test_what_a_heading_does_not_decide_is_looked_at(heading: str, first: str, second: str) -> None:
    verdicts, detector = Verdicts(FORMATS), Detector(FORMATS)
    assert found(detector, [heading, first]) != found(detector, [heading, second])
    for line in (first, second, first):
        assert found(verdicts, [heading, line]) == found(detector, [heading, line])


def test_a_heading_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts, looked = Verdicts(FORMATS), list[str]()
    look = Detector.sighting
    monkeypatch.setattr(
        Detector,
        "sighting",
        lambda self, content, lines: (looked.append(lines[1]), look(self, content, lines))[1],
    )
    for line in ("1,a", "2,b", "callid,sip_code,duration", "3,c"):
        found(verdicts, [HEAD, line])
    assert looked == ["1,a", "callid,sip_code,duration"]
