"""The interface's languages: complete catalogues, and texts, numbers and dates as each language has them."""

from __future__ import annotations

import ast
import io
import re
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from source import own_files

from cxreports import charts, language
from cxreports.charts import drawing
from cxreports.language import _, marked, ngettext, speaking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages import Catalog
    from babel.messages.catalog import Message

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import hatch_build  # noqa: E402

TAGS = [tag for tag in language.LANGUAGES if tag != "en"]
MOMENT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
PLACEHOLDER = re.compile(r"\{\w+\}|%\(\w+\)s")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return hatch_build.extracted()


def texts(catalogue: Catalog) -> dict[Any, Message]:
    return {message.id: message for message in catalogue if message.id}


def forms(message: Message) -> list[str]:
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return [each or "" for each in strings]


def test_every_language_has_a_catalogue() -> None:
    assert sorted(hatch_build.PLURALS) == sorted(TAGS)


def test_no_text_stands_where_the_catalogues_do_not_see_it(template: Catalog) -> None:
    # Babel does not look into the expressions of an f-string.
    said = texts(template).keys()
    for path in own_files(".py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name("_" | "marked"), args=[ast.Constant(str(text))]):
                    assert text in said, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("tag", TAGS)
def test_catalogue_has_the_texts_of_the_code_and_no_others(tag: str, template: Catalog) -> None:
    kept, said = set(texts(hatch_build._catalogue(tag))), set(texts(template))
    assert kept == said, "run: make messages"


@pytest.mark.parametrize("tag", TAGS)
def test_every_text_is_translated(tag: str) -> None:
    known = texts(hatch_build._catalogue(tag))
    missing = [key for key, each in known.items() if each.fuzzy or not all(map(str.strip, forms(each)))]
    assert missing == [], f"{len(missing)} of {len(known)} texts are not translated into {tag}"


@pytest.mark.parametrize("tag", TAGS)
def test_translations_have_the_placeholders_of_their_text(tag: str) -> None:
    wrong = []
    for key, message in texts(hatch_build._catalogue(tag)).items():
        source = set(PLACEHOLDER.findall(key if isinstance(key, str) else key[1]))
        for form in filter(None, forms(message)):
            found = set(PLACEHOLDER.findall(form))
            # "a call", "two calls": a form of one number need not say it.
            may_lack = 1 if isinstance(key, tuple) else 0
            if found - source or len(source - found) > may_lack or "{" in PLACEHOLDER.sub("", form):
                wrong.append((key, form))
    assert wrong == []


@pytest.mark.parametrize("tag", TAGS)
def test_every_plural_has_the_forms_of_the_language(tag: str) -> None:
    catalogue = hatch_build._catalogue(tag)
    names = hatch_build.PLURALS[tag][1]
    assert catalogue.num_plurals == len(names)
    wrong = [
        key
        for key, each in texts(catalogue).items()
        if isinstance(key, tuple) and len(forms(each)) != len(names)
    ]
    assert wrong == []


@pytest.mark.parametrize("tag", TAGS)
def test_counts_take_the_form_that_cldr_names(tag: str) -> None:
    names = hatch_build.PLURALS[tag][1]
    choose = language.catalogue(tag).plural  # type: ignore[attr-defined]
    named = Locale(tag).plural_form
    for count in (*range(1_200), 10**6, 10**6 + 1):
        expected = names.index(named(count)) if named(count) in names else len(names) - 1
        assert choose(count) == expected, count


def test_scripts_say_literal_texts_alone() -> None:
    for path in (ROOT / "cxreports/widgets/js/src").rglob("*.ts"):
        source = re.sub(r"export function tn?\(", "", path.read_text("utf-8"))
        calls = re.findall(r"(?<![\w.])tn?\(\s*(.)", source)
        assert set(calls) <= {'"'}, path.name
        found = list(hatch_build.script_texts(io.BytesIO(path.read_bytes())))
        assert len(calls) == len(found), path.name


def test_text_without_a_translation_is_english() -> None:
    with speaking("es"):
        assert _("nobody says this") == "nobody says this"
        assert ngettext("{count} this", "{count} thats", 2) == "{count} thats"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "-1,234,567.10"),
        ("es", "-1.234.567,10"),
        ("pt", "-1.234.567,10"),
        ("fr", "-1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,10"),
        ("de", "-1.234.567,10"),
        ("ru", "-1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,10"),
        ("hi", "-12,34,567.10"),
        ("zh", "-1,234,567.10"),
        ("ja", "-1,234,567.10"),
    ],
)
def test_numbers_are_written_as_the_language_has_them(tag: str, expected: str) -> None:
    with speaking(tag):
        assert language.number(Decimal("-1234567.1"), 2) == expected


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=10), st.sampled_from(TAGS), st.integers(0, 10)
)
def test_every_language_writes_the_same_digits(value: Decimal, tag: str, decimals: int) -> None:
    with speaking(tag):
        written = language.number(value, decimals)
    assert re.sub(r"\D", "", written) == re.sub(r"\D", "", f"{value:.{decimals}f}")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "23 Nov 2026, 14:05"),
        ("es", "23 nov 2026, 14:05"),
        ("de", "23. Nov. 2026, 14:05"),
        ("ru", "23 нояб. 2026\N{NO-BREAK SPACE}г., 14:05"),  # noqa: RUF001 (Russian)
        ("ar", "23 نوفمبر 2026، 14:05"),
        ("ja", "2026年11月23日 14:05"),
    ],
)
def test_dates_are_written_as_the_language_has_them(tag: str, expected: str) -> None:
    with speaking(tag):
        said = language.date_and_time(MOMENT, "yMMMd")
    assert said.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}") == expected


@pytest.mark.parametrize("tag", ["en", "zh", "ja"])
@pytest.mark.parametrize("skeleton", ["MMMd", "yMMMd"])
def test_graphs_write_dates_as_texts_do(tag: str, skeleton: str) -> None:
    with speaking(tag):
        assert MOMENT.strftime(language.date_directives(skeleton)) == language.date(MOMENT, skeleton)


class Shouting:
    """A catalogue that says each text in capitals."""

    def gettext(self, text: str) -> str:
        return text.upper()

    def ngettext(self, one: str, many: str, count: int) -> str:
        return (one if count == 1 else many).upper()


@pytest.fixture
def _shouted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(language, "catalogue", lambda tag: Shouting() if tag == "ja" else None)
    drawing._translated.cache_clear()
    yield
    drawing._translated.cache_clear()


@pytest.mark.usefixtures("_shouted")
def test_graph_is_drawn_in_the_language_of_the_moment() -> None:
    shape = charts.over_time.Lines(
        "pdd", (("value", marked("mean")), ("p50", "p50")), False, False, False, False, True
    )
    lines = charts.Drawing(shape, {source: [] for source in shape.sources})
    english, _names = lines.parts()
    with speaking("ja"):
        spoken, _names = lines.parts()
    assert lines.parts()[0] == english
    titles = re.findall(r"'title': '(\w+)'", str(spoken))
    assert {"MEAN", "P50", drawing.HEADING} == set(titles)
    assert "'NO CALLS'" in str(spoken)
    assert "'SO FAR'" in str(spoken)
    assert "%Y年%-m月%-d日(%a), %H:%M" in str(spoken)
    assert "? '%Y年%-m月' :" in str(spoken), "months of a long time, on the axis"
    assert "%a %-d %b %Y" not in str(spoken)
