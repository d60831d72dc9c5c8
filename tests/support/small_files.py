"""Random small files as switches write them, one call or a few each, and what a lake that loads them says."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from cxreports.lake import Store

FIRST = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
"""The evening before clocks in Europe go forward."""

HEAD = "dt,callid,customer_id,dest_number,duration,sip_code,customer_charge,customer_card_currency"


def csv_file(chance: random.Random, numbers: list[int]) -> str:
    """Calls in ConnexCS's columns; now and then a line is broken, quoted, or holds what cannot be read."""
    lines = [HEAD]
    for number in numbers:
        at = FIRST + timedelta(minutes=number * 7)
        name = chance.choice(["acme", "acme", "zeta", '"Müller, Söhne"'])
        price = chance.choice(["0.01", "0.25", "0.25", "", "dear"])
        lines.append(f"{at:%Y-%m-%d %H:%M:%S},c-{number},{name},34{number:06d},{number % 90},200,{price},USD")
        if chance.random() < 0.05:
            lines.append(chance.choice([HEAD, "", "a,b", 'x,"y']))
    return "\n".join(lines) + chance.choice(["\n", "\n", "\n", ""])


def asterisk_file(chance: random.Random, numbers: list[int]) -> str:
    """Calls as cdr-csv writes them, without a heading; the order of their dates may need the whole file."""
    lines = []
    for number in numbers:
        at = FIRST + timedelta(minutes=number * 7)
        when = f"{at:%d/%m/%Y %H:%M:%S}" if chance.random() < 0.1 else f"{at:%Y-%m-%d %H:%M:%S}"
        who = f'"acme","34{number:06d}","44{number:06d}","default","""Ann"" <34>","SIP/a-{number}","SIP/b"'
        times = f'"{when}","{when}","{when}",{number % 90},{number % 60}'
        lines.append(f'{who},"Dial","x",{times},"ANSWERED","DOCUMENTATION","{number}.1",""')
    return "\n".join(lines) + "\n"


def json_file(chance: random.Random, numbers: list[int]) -> str:
    """Records of mod_json_cdr: A and B legs; some members are absent, null or unreadable."""
    records = []
    for number in numbers:
        call, leg = divmod(number, 2)
        at = FIRST + timedelta(minutes=call * 11)
        us = int(at.timestamp()) * 1_000_000
        is_answered = chance.random() < 0.7
        variables: dict[str, Any] = {
            "uuid": str(uuid.UUID(int=number + 1)),
            "direction": "outbound" if leg else "inbound",
            "start_uepoch": str(us if chance.random() < 0.95 else "soon"),
            "answer_uepoch": str(us + 3_000_000) if is_answered else "0",
            "end_uepoch": str(us + 63_000_000),
            "hangup_cause": "NORMAL_CLEARING" if is_answered else "USER_BUSY",
            "accountcode": chance.choice(["acme", "zeta"]),
            "digits_dialed": chance.choice(["none", "12"]),
            "billusec": "60000000" if is_answered else "0",
            "sip_term_status": chance.choice(["200", "486"]),
        }
        if leg:
            variables["originating_leg_uuid"] = str(uuid.UUID(int=number))
        for name in (
            "digits_dialed",
            "accountcode",
            "billusec",
            "sip_term_status",
            "direction",
            "answer_uepoch",
        ):
            if chance.random() < 0.15:
                del variables[name]
            elif chance.random() < 0.05:
                variables[name] = None
        profile = {"caller_id_number": "34600", "destination_number": chance.choice(["34911", "%2B34"])}
        record = {"core-uuid": "5", "switchname": "fs-ü", "variables": variables}
        record |= {"callflow": [{"caller_profile": profile}]} if chance.random() < 0.9 else {}
        records.append(record)
    indent = chance.choice([None, None, 2])
    text = "\n".join(json.dumps(each, indent=indent, ensure_ascii=False) for each in records)
    text += chance.choice(["", "\n"])
    return text + ("{ broken\n" if chance.random() < 0.05 else "")


def form_file(chance: random.Random, numbers: list[int]) -> str:
    """A record of mod_json_cdr with the same members as the others, on one line; some values are odd."""
    number = numbers[0]
    us = int((FIRST + timedelta(minutes=number * 11)).timestamp()) * 1_000_000
    name = chance.choice(["Ann", "Ann", "Ann", 'say "no"', "a\u2028b", ": 1,", "%s", "", f",{HEAD},"])
    variables = {
        "uuid": str(uuid.UUID(int=number + 1)),
        "start_uepoch": chance.choice([f"{us}"] * 9 + ["soon"]),
        "end_uepoch": f"{us + 63_000_000}",
        "hangup_cause": chance.choice(["NORMAL_CLEARING", "USER_BUSY"]),
        "accountcode": chance.choice(["acme", "zeta"]),
        "billsec": number % 60,
        "sip_from_display": name,
    }
    profile = {"caller_id_number": "34600", "destination_number": "34911", "caller_id_name": name}
    record = {"variables": variables, "callflow": [{"caller_profile": profile}]}
    return json.dumps(record, ensure_ascii=False) + chance.choice(["", "\n"])


def written(chance: random.Random, folder: Path, count: int, kinds: str) -> list[Path]:
    """Write files (c CSV, a Asterisk, j JSON, f JSON of one form), some packed, grown, empty or foreign."""
    makers = {"c": csv_file, "a": asterisk_file, "j": json_file, "f": form_file}
    paths: list[Path] = []
    for nth in range(count):
        maker = makers[chance.choice(kinds)]
        path = folder / f"{nth:03d}-{chance.choice(['calls', 'calls[1]'])}.cdr"
        data = maker(chance, [chance.randrange(60) for _ in range(chance.choice([1, 1, 1, 2, 5]))]).encode()
        before = chance.choice(paths).read_bytes() if paths else b""
        data = {
            0: before,
            1: before + data.partition(b"\n")[2] if before.startswith(HEAD.encode()) else before + data,
            2: gzip.compress(data, mtime=0),
            3: chance.choice([b"", HEAD.encode() + b"\n", b"nothing of the kind\n", b"[]"]),
            4: data.replace(b"\n", b"\r\n"),
            5: data.decode().encode("latin-1", "replace"),
            6: b"\xef\xbb\xbf" + data,
            7: data.decode().encode("utf-16"),
            8: data.replace(b'"', b'"\0', 1) + data[: len(data) // 2],
            9: data + b"src,dst,disposition,billsec,calldate,uniqueid\n",
        }.get(chance.randrange(25), data)
        path.write_bytes(data)
        paths.append(path)
    return paths


def state(store: Store) -> dict[str, list[Any]]:
    """Everything that a lake says, in an order of its own, but for when it was loaded."""
    queries = {
        "cdr": "SELECT * FROM cdr",
        # A record that was a call by itself for a while has lost its place in its file.
        "leg": "SELECT * EXCLUDE nth FROM leg",
        "reject": "SELECT * EXCLUDE loaded_at FROM reject",
        "loads": "SELECT * EXCLUDE loaded_at FROM loads",
        "channels": "FROM channels",
        "sums": "SELECT customer, day, currency, sum(attempts), sum(connected), sum(duration_s), sum(charge) "
        "FROM daily GROUP BY ALL",
    }
    return {
        name: sorted(map(str, store.snapshot().query(query).to_dicts())) for name, query in queries.items()
    }
