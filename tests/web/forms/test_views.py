"""Saved views as people use them: saved from a page, opened, shared, deleted after a question."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from small_office import ANA, BEA, OLGA, office_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from small_office import Client, Office

FROM_PAGE = "/views?from_page=dashboard&customer=acme&period=7d&sip=5xx&destination=O%27Hara+%26+1&call=5"
CHOICES = "customer=acme&destination=O%27Hara+%26+1&period=7d&sip=5xx"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_of(tmp_path_factory.mktemp("home")) as running:
        yield running


def views(client: Client) -> dict[str, str]:
    """Addresses of the views that a person sees, by name."""
    page = client.get("/views").body.decode()
    found = re.findall(r'<h2><a href="([^"]*)">([^<]*)</a>', page)
    return {html.unescape(name): html.unescape(address) for address, name in found}


def test_a_view_is_saved_shared_and_deleted(office: Office) -> None:
    ana, bea, olga = (office.client(who) for who in (ANA, BEA, OLGA))
    page = ana.get(FROM_PAGE).body.decode()
    (choices,) = re.findall('name="choices" value="([^"]*)"', page)
    assert html.unescape(choices) == CHOICES
    saved = {"act": "save", "from_page": "dashboard", "choices": CHOICES}
    assert ana.post("/views", name="<b>Busy", **saved).status == 200
    assert views(ana) == {"<b>Busy": f"/?{CHOICES}"}
    assert b"<b>Busy" not in ana.get("/views").body
    refused = ana.post("/views", name="<B>BUSY", **saved)
    assert refused.status == 422
    assert "already" in refused.fault("name")
    (view_id,) = re.findall(r'name="view" value="(\d+)"', ana.get("/views").text)
    assert ana.post("/views", act="share", view=view_id).status == 200
    assert views(bea) == views(olga) == {}, "they are of another company"
    for other in (bea, olga):
        for act in ("delete", "share", "unshare"):
            assert other.post("/views", act=act, view=view_id).status == 422
    assert "Delete the view “<b>Busy”?" in ana.post("/views", act="delete", view=view_id).text
    assert list(views(ana)) == ["<b>Busy"], "a question deletes nothing"
    assert ana.post("/views", act="delete", view=view_id, confirmed="yes").said == "The view is deleted."
    assert views(ana) == {}


def test_what_no_form_sends_is_refused(office: Office) -> None:
    ana = office.client(ANA)
    assert ana.post("/views", act="magic").status == 400
    assert ana.post("/views", act="save", name="a", from_page="../x", choices="").status == 422
    assert ana.post("/views", act="delete", view="1 or 1").status == 422
    assert ana.send("/views", "act=save&name=a&from_page=cdr&choices=").status == 403
    assert views(ana) == {}
