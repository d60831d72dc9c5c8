"""What the portal decides by itself while it runs."""

from __future__ import annotations

import asyncio
import logging

import pytest
import zmq
from zmq.eventloop.zmqstream import ZMQStream

from cxreports.web.application import _is_news, turns_of


@pytest.mark.parametrize(
    ("pages", "processors", "turns"),
    [(0, 2, 2), (32, 2, 2), (33, 2, 1), (300, 2, 1), (300, 1, 1), (300, 16, 8), (200, 16, 16), (17, 1, 1)],
)
def test_many_pages_leave_half_of_the_processors_to_whoever_waits(
    pages: int, processors: int, turns: int
) -> None:
    assert turns_of(pages, processors) == turns


def test_the_log_leaves_out_that_a_page_has_left_but_no_other_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def event_of_a_closed_stream() -> None:
        context = zmq.Context()
        stream = ZMQStream(context.socket(zmq.PAIR))
        stream.close()
        stream._handle_events(0, 0)
        context.term()

    logger = logging.getLogger("tornado.general")
    said = []
    for filters in ([], [_is_news]):
        monkeypatch.setattr(logger, "filters", filters)
        caplog.clear()
        asyncio.run(event_of_a_closed_stream())
        logger.warning("something else")
        said.append([record.getMessage() for record in caplog.records])
    assert [len(each) for each in said] == [2, 1]
    assert said[1] == ["something else"]
