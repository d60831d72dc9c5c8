from cxreports import sip
from cxreports.traffic.endings import ANSWERED, ENDINGS


def test_words_are_those_that_switches_write() -> None:
    for ending in (ANSWERED, *ENDINGS.values()):
        assert sip.meaning(ending.sip_code) == ending.sip_reason


def test_an_unregistered_code_is_told_by_its_class() -> None:
    assert sip.meaning(499) == "Request failure"
    assert sip.meaning(799) == "Unknown response"


def test_nothing_said_is_no_ending() -> None:
    assert sip.meaning(None) == "Not said by the switch"
    assert sip.ending(None, ()) is None


def test_the_code_set_decides_on_whose_side_a_call_ended() -> None:
    assert sip.ending(486, {486}) == "user side"
    assert sip.ending(486, ()) == "network side"
    assert sip.ending(202, {202}) == "answered"
