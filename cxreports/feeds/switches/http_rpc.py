"""Questions over HTTP: to the configured address and nowhere else, by no proxy and after no redirect."""

from __future__ import annotations

import base64
import http.client
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cxreports.feeds.switches.source import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.feeds.configuration import Switch

LARGEST_ANSWER: Final = 64 * 2**20
"""Bytes; a hundred thousand calls take some 40 MB."""


def ask(
    url: str, *, timeout_s: float, body: Mapping[str, Any] | None = None, user: str = "", password: str = ""
) -> Any:
    """JSON that an address answers with, to a POST of JSON where there is a body, else to a GET.

    Raises
    ------
    NoAnswer
        It does not answer in time, or with something else.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    headers = {"Accept": "application/json", "User-Agent": "cxreports"}
    if user or password:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        if body is None:
            connection.request("GET", path, headers=headers)
        else:
            sent = json.dumps(body).encode()
            connection.request("POST", path, sent, headers | {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read(LARGEST_ANSWER + 1)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{where(url)} does not answer: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise NoAnswer(f"{where(url)} answers {answer.status} {answer.reason}")
    if len(content) > LARGEST_ANSWER:
        raise NoAnswer(f"{where(url)} answers with more than {LARGEST_ANSWER:,} bytes")
    try:
        return json.loads(content)
    except ValueError as error:
        raise NoAnswer(f"{where(url)} answers with what is no JSON") from error


def call(switch: Switch, method: str) -> Any:
    """Result of a method of a switch, by JSON-RPC 2.0.

    Raises
    ------
    NoAnswer
        It does not answer, or refuses.
    """
    answer = ask(
        switch.url,
        timeout_s=switch.timeout_s,
        body={"jsonrpc": "2.0", "method": method, "id": 1},
        user=switch.user,
        password=switch.password.read(),
    )
    if not isinstance(answer, dict):
        raise NoAnswer(f"{where(switch.url)} answers {method} with what is no JSON-RPC")
    if error := answer.get("error"):
        message = error.get("message", "") if isinstance(error, dict) else error
        raise NoAnswer(f"{where(switch.url)} refuses {method}: {message}")
    return answer.get("result")


def where(url: str) -> str:
    """An address as messages may have it: without a query or a password."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
