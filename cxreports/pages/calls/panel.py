"""What the panel of a call says: its timeline, how it ended, its charge, its record as delivered."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cxreports import sip
from cxreports.cdr.record import FIELDS
from cxreports.clock import zone
from cxreports.figures.delivered import columns_behind
from cxreports.language import _, date_and_time, isolated, number
from cxreports.pages.calls.charge import charge_lines
from cxreports.sheets.call_records import LABELS
from cxreports.wording import ABSENT, exact_digits, minutes, moment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from cxreports.figures.delivered import Delivery


def panel(
    call: Mapping[str, Any],
    tz: str,
    user_side_codes: Collection[int],
    legs: Collection[Mapping[str, Any]] = (),
    deliveries: Sequence[Delivery] = (),
) -> dict[str, Any]:
    """What is shown of a call.

    Parameters
    ----------
    call
        Every column of the record.
    tz
        Zone that times are shown in.
    user_side_codes
        SIP codes that the NER counts as the called side's.
    legs
        The legs that it is made of, where it is more than one.
    deliveries
        The loads that its records came with, those in reach.

    Returns
    -------
    dict
        ``key``, ``answered``, ``state``, ``source``, ``destination``, ``when``, ``way``, ``timeline``,
        ``legs``, ``ending``, ``charge``, ``recording``, ``delivered`` and ``record``: texts, and lists of
        them.
    """
    begun = call["call_time"].astimezone(zone(tz))
    return {
        "key": str(call["record_key"]),
        "answered": bool(call["connected"]),
        "state": _("Answered") if call["connected"] else _("Not answered"),
        "source": call["source"] or ABSENT,
        "destination": call["destination"] or ABSENT,
        "when": f"{date_and_time(begun, 'yMMMEd')}{begun::%S} {tz.replace('_', ' ')}",
        "way": _way(call),
        "timeline": timeline(call, tz),
        "legs": [_leg(each, tz) for each in legs],
        "ending": ending(call, user_side_codes),
        "charge": charge_lines(call),
        "recording": _recording(call["recording"]),
        "delivered": [_delivered(each, tz) for each in deliveries],
        "record": _record(call, columns_behind(each.format for each in deliveries)),
    }


def _delivered(delivery: Delivery, tz: str) -> str:
    """A load that brought the record: file, format, time."""
    return _("{file}, read as {format}, loaded {time}").format(
        file=isolated(delivery.file),
        format=isolated(delivery.format or ABSENT),
        time=moment(delivery.loaded_at, zone(tz)),
    )


def _leg(leg: Mapping[str, Any], tz: str) -> dict[str, str]:
    """What a row of legs says: ``time``, ``way``, ``state``, ``lasted``."""
    code = leg["sip_code"]
    return {
        "time": _clock(leg["call_time"], tz),
        "way": f"{leg['source'] or ABSENT} \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
        f"{leg['destination'] or ABSENT}",
        "state": _("Answered")
        if leg["connected"]
        else f"SIP {code}"
        if code is not None
        else leg["release_reason"] or _("Not answered"),
        "lasted": minutes(leg["duration_s"]) if leg["connected"] else "",
    }


def _way(call: Mapping[str, Any]) -> str:
    code, name = call["destination_code"], call["destination_name"]
    place = f"{name} ({code})" if name and code else name or code or ""
    way = {"inbound": _("inbound"), "outbound": _("outbound")}.get(call["direction"] or "", "")
    return " · ".join(text for text in (way, place) if text)


def timeline(call: Mapping[str, Any], tz: str) -> list[dict[str, Any]]:
    """What happened when: ``kind``, ``time``, ``label``, ``detail`` (until the next), ``share`` of the whole.

    What the record does not say is left out.
    """
    begun, answered, ended = call["call_time"], call["answer_time"], call["end_time"]
    steps = [("attempt", begun, _("Dialled"))]
    if call["pdd_ms"] is not None:
        ringing = begun + timedelta(milliseconds=float(call["pdd_ms"]))
        if ringing <= (answered or ended or ringing):
            steps.append(("ringing", ringing, _("Ringing")))
    if answered is not None:
        steps.append(("answered", answered, _("Answered")))
    if ended is not None:
        steps.append(("end", ended, _("Ended")))
    whole = (steps[-1][1] - begun) / timedelta(seconds=1)
    return [
        {
            "kind": kind,
            "time": _clock(at, tz),
            "label": label,
            "detail": _lasted(kind, call, at, after) if after else call["release_reason"] or "",
            "share": (after - at) / timedelta(seconds=1) / whole if after and whole else 0,
        }
        for (kind, at, label), after in zip(
            steps, [*(at for _kind, at, _label in steps[1:]), None], strict=True
        )
    ]


def _lasted(kind: str, call: Mapping[str, Any], at: datetime, until: datetime) -> str:
    """What a step of the timeline lasted, in words."""
    seconds = Decimal((until - at) // timedelta(milliseconds=1)) / 1000
    lasted = number(seconds, 1)
    if kind == "answered":
        text = _("{minutes} talking ({seconds} s)").format(
            minutes=minutes(call["duration_s"]), seconds=exact_digits(call["duration_s"] or Decimal(0))
        )
        keypad = _("keypad {digits}").format(digits=call["dtmf"])
        return f"{text} · {keypad}" if call["dtmf"] else text
    if kind == "attempt" and call["pdd_ms"] is not None:
        return _("{seconds} s post-dial delay").format(seconds=lasted)
    if kind == "ringing":
        return _("{seconds} s ringing").format(seconds=lasted)
    return _("{seconds} s").format(seconds=lasted)


def ending(call: Mapping[str, Any], user_side_codes: Collection[int]) -> dict[str, str]:
    """How a call ended: ``code`` (in the protocol's words), ``tone``, ``text``, what it ``counts`` for."""
    code = call["sip_code"]
    reason = call["sip_reason"] or sip.translated(sip.meaning(code))
    side = "answered" if call["connected"] else sip.ending(code, user_side_codes)
    if side == "answered" and not call["connected"]:
        side = "network side"
    counts = {
        "answered": _("Counts as connected in ASR and NER."),
        "user side": _("A person ended it, not a network: the ASR goes down, the NER does not."),
        "network side": _("It ended in the network: ASR and NER go down."),
        None: _("The switch did not say how it ended: the NER of its period is not known."),
    }
    text = (
        _("It was answered.")
        if call["connected"]
        else _(sip.SENTENCES[code])
        if code in sip.SENTENCES
        else ""
    )
    return {
        "code": f"SIP {code} {reason}" if code is not None else sip.translated(sip.NO_CODE),
        "tone": {"answered": "good", "network side": "bad"}.get(side or "", ""),
        "text": text,
        "counts": counts[side],
    }


def _recording(recording: str | None) -> dict[str, str]:
    """Recording: its name, and its address where it is one of the web."""
    if not recording:
        return {}
    is_link = recording.startswith(("https://", "http://"))
    return {"text": recording, "url": recording if is_link else ""}


def _record(call: Mapping[str, Any], behind: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Every column of the record: name, heading, meaning, value with every digit, the file's own columns."""
    return [
        {
            "name": field.name,
            "label": _(LABELS[field.name]) if field.name in LABELS else field.name,
            "meaning": _(field.meaning),
            "value": _exact(call[field.name]),
            "columns": ", ".join(behind.get(field.name, ())),
        }
        for field in FIELDS
    ]


def _exact(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return exact_digits(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value.isoformat(timespec="microseconds") if hasattr(value, "isoformat") else str(value)


def _clock(moment: datetime, tz: str) -> str:
    """Time of day to the tenth of a second, in a zone."""
    at = moment.astimezone(zone(tz))
    return f"{at:%H:%M:%S}.{at.microsecond // 100_000}"
