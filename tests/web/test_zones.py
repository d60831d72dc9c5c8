"""The words that zones are found by."""

import json

import pytest

from cxreports.web.zones import search_words

YEAR = 2026


@pytest.mark.parametrize(
    ("word", "zone"),
    [
        ("EST", "America/New_York"),
        ("EDT", "America/New_York"),
        ("IST", "Asia/Kolkata"),
        ("India", "Asia/Kolkata"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Ukraine", "Europe/Kyiv"),
        ("Spain", "Africa/Ceuta"),
        ("CET", "Europe/Berlin"),
    ],
)
def test_zone_is_found_by_old_name_abbreviation_and_country(word: str, zone: str) -> None:
    assert word in search_words("en", YEAR)[zone].split(" · ")


@pytest.mark.parametrize(
    ("tag", "words", "zone"),
    [
        ("de", {"Indien", "India"}, "Asia/Kolkata"),
        ("de", {"Deutschland", "Germany"}, "Europe/Berlin"),
        ("ar", {"الهند", "India"}, "Asia/Kolkata"),
        ("ru", {"Киев", "Украина"}, "Europe/Kyiv"),
        ("ja", {"東京", "日本", "JST"}, "Asia/Tokyo"),
    ],
)
def test_countries_and_cities_are_in_the_readers_language(tag: str, words: set[str], zone: str) -> None:
    assert words <= set(search_words(tag, YEAR)[zone].split(" · "))


def test_a_zone_that_people_live_in_is_nobodys_old_name() -> None:
    assert "Europe/Amsterdam" not in search_words("en", YEAR)["Europe/Brussels"]


@pytest.mark.parametrize("tag", ["en", "hi"])
def test_all_of_it_is_small(tag: str) -> None:
    words = search_words(tag, YEAR)
    assert len(words) > 400
    assert len(json.dumps(words, ensure_ascii=False).encode()) < 60_000
