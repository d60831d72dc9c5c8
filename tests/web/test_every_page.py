"""Every page of the portal as people see it: axe finds no fault, and nothing is wider than the window.

`make pictures` keeps them in ``artifacts/pages``, a folder a language, to be looked at.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from driving import ARTIFACTS, drawn, settled, visit

from cxreports.portal.companies import companies
from cxreports.portal.database import Database
from cxreports.portal.people import sessions, users
from cxreports.portal.site_map import PLACES, Access
from cxreports.portal.tables import Role, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "cxreports/widgets/js/node_modules/axe-core/axe.min.js"
KEEPS_PICTURES = "CXREPORTS_PICTURES_IN" in os.environ
LANGUAGES = os.environ.get("CXREPORTS_PICTURES_IN", "en").split(",")
"""English alone by default; `make pictures` takes others too."""
VIEWS: Final[tuple[tuple[int, Literal["light", "dark"]], ...]] = (
    (1440, "light"),
    (1440, "dark"),
    (390, "light"),
)
LIVE = ("", "cdr", "operator")
"""Pages whose figures come from a kernel."""

OPERATORS = [
    *(place.path for place in PLACES if place.kind == "link" and "#" not in place.path),
    "reports/once",
]
CUSTOMERS = [place.path for place in PLACES if place.access is Access.CUSTOMER and "#" not in place.path]
STRANGERS = ("login", "login/forgot", "no-such-page")
ALLOWED = {("label-content-name-mismatch", ".cx-zone")}
"""The clock is no part of its button's name: it would be read out each second."""
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
RULES_OF_COLOURS = {"type": "rule", "values": ["color-contrast"]}
"""All that a page in the dark look can break that has none of the other faults in the light one."""


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which comes with the front end's packages for development."""
    install = "import hatch_build; hatch_build._install(development=True)"
    subprocess.run([sys.executable, "-c", install], cwd=ROOT, check=True, capture_output=True)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def logins(portal: Portal) -> Iterator[dict[str, dict[str, str]]]:
    """Sessions of an operator and of a customer, by language."""
    database = Database.of(portal.home)
    found: dict[str, dict[str, str]] = {"operator": {}, "customer": {}}
    with database.writing() as db:
        company = companies.all_companies(db)[0].id
        for kind, role in (("operator", Role.OPERATOR), ("customer", Role.CUSTOMER)):
            for tag in LANGUAGES:
                of = company if role is Role.CUSTOMER else None
                user = users.add(
                    db, f"every-{kind}-{tag}@example.org", "Ana García", role=role, company_id=of
                )
                user.language = tag
                found[kind][tag] = sessions.begin(db, user, stage=Stage.FULL)
    yield found
    database.close()


def shown(page: Page, path: str) -> None:
    """Wait until a page is complete."""
    if path in LIVE:
        page.locator(".cx-grid[data-drawn]").wait_for()
        if not path:
            drawn(page)
        settled(page)


def faults(page: Page, axe: str, rules: dict[str, object]) -> list[str]:
    """What axe finds, with the elements that it finds it at."""
    if page.evaluate("globalThis.axe === undefined"):
        page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
        ".then(({violations}) => violations)",
        rules,
    )
    return [
        f"{page.url}: {each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
        if (each["id"], *node["target"]) not in ALLOWED
    ]


def looked_at(page: Page, axe: str, name: str, tag: str) -> list[str]:
    """Find a page's faults: what colours do in English, where words fit in all; keep pictures if asked to."""
    wrong = []
    for width, scheme in VIEWS if tag == "en" else VIEWS[::2]:
        page.set_viewport_size({"width": width, "height": 1000})
        page.emulate_media(color_scheme=scheme)
        settled(page)
        if KEEPS_PICTURES:
            page.screenshot(path=ARTIFACTS / "pages" / tag / f"{name}-{width}-{scheme}.png", full_page=True)
        if tag == "en":
            wrong += faults(page, axe, RULES if scheme == "light" else RULES_OF_COLOURS)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong += [f"{page.url}: {wide} px too wide at {width}"] if wide > 0 else []
    return wrong


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "paths"), [("operator", OPERATORS), ("customer", CUSTOMERS), ("stranger", STRANGERS)]
)
def test_pages_have_no_fault_that_axe_knows_and_fit_the_window(
    browser: Browser,
    portal: Portal,
    logins: dict[str, dict[str, str]],
    axe: str,
    kind: str,
    paths: list[str],
    tag: str,
) -> None:
    session_id = logins[kind][tag] if kind in logins else ""
    wrong = []
    with visit(
        browser, f"{portal.address}/{paths[0]}", wait=False, session_id=session_id, language=tag, refuses=True
    ) as page:
        for path in paths:
            page.goto(f"{portal.address}/{path}")
            shown(page, path)
            wrong += looked_at(page, axe, f"{kind}-{path.replace('/', '-') or 'dashboard'}", tag)
    assert wrong == [], "\n".join(wrong)
