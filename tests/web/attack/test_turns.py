"""Whoever asks for a hundred slow things at once waits behind themselves; others do not notice."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from callers import Caller, Someone, introduce, session_of
from driving import portal_of

from cxreports.language import current, speaking
from cxreports.web.turns import SHARE, Turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANA = Someone("ana@acme.example", "acme")
CLIENTS = [Someone(f"client{number}@other.example", "other") for number in range(12)]


def test_one_asker_holds_its_share_and_another_finds_a_thread() -> None:
    asyncio.run(_greedy_beside_another())


async def _greedy_beside_another() -> None:
    turns, open_gate = Turns("test", threads=SHARE + 1), threading.Event()
    begun = [threading.Event() for _ in range(20)]

    def wait_for(number: int) -> int:
        begun[number].set()
        open_gate.wait()
        return number

    greedy = [asyncio.ensure_future(turns.run("mallory", wait_for, number)) for number in range(20)]
    assert await turns.run("ana", lambda: "done") == "done"
    await asyncio.to_thread(begun[SHARE - 1].wait)
    assert [each.is_set() for each in begun] == [number < SHARE for number in range(20)]
    open_gate.set()
    assert await asyncio.gather(*greedy) == list(range(20)), "nothing that waited is lost"
    turns.close()


def test_one_that_fails_or_is_given_up_frees_its_turn() -> None:
    asyncio.run(_failed_and_given_up())


async def _failed_and_given_up() -> None:
    turns, gate = Turns("test", threads=SHARE), threading.Event()

    def fail() -> None:
        raise ValueError

    for _ in range(5):
        with contextlib.suppress(ValueError):
            await turns.run("ana", fail)
    holding = [asyncio.ensure_future(turns.run("ana", gate.wait)) for _ in range(SHARE)]
    waiting = asyncio.ensure_future(turns.run("ana", str))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    await asyncio.gather(*holding)
    assert await turns.run("ana", lambda: 3) == 3
    turns.close()


def test_what_runs_speaks_the_language_of_who_asked() -> None:
    asyncio.run(_in_german())


async def _in_german() -> None:
    turns = Turns("test")
    with speaking("de"):
        assert await turns.run("ana", current) == "de"
    assert await turns.run("ana", current) == "en"
    turns.close()


@contextlib.contextmanager
def _mute_mail_server() -> Iterator[tuple[int, threading.Semaphore, threading.Event]]:
    """Takes connections and says nothing until the block is left; gives port, connections, and the end."""
    taken, over = threading.Semaphore(0), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        held: list[socket.socket] = []

        def take() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    held.append(listening.accept()[0])
                    taken.release()
            for connection in held:
                connection.close()

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield listening.getsockname()[1], taken, over
        finally:
            over.set()
            thread.join()


def test_a_mail_server_that_hangs_holds_up_nobody_else(tmp_path: Path) -> None:
    """A stranger asks for links of a dozen people, while the server that would take them says nothing."""
    introduce(tmp_path, ANA, *CLIENTS)
    with (
        _mute_mail_server() as (port, taken, over),
        portal_of(tmp_path, warm=0, CXREPORTS_SMTP_URL=f"smtp://127.0.0.1:{port}") as portal,
    ):
        stranger, ana = Caller(portal.address), Caller(portal.address)
        ana.cookies["cx-session"] = session_of(portal.home, ANA.email)
        for client in CLIENTS:
            assert stranger.post("/forgot", email=client.email).status == 200
        assert taken.acquire(timeout=60)
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(ana.ask("/profile").status), daemon=True)
        asking.start()
        asking.join(15)
        assert answers == [200], "half of the time that the portal waits for a mail server"
        assert stranger.ask("/forgot").status == 200
        over.set()  # the portal would wait for the server's answer before it ends
