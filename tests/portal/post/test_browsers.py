"""Browsers in plain words, by what real ones say of themselves."""

import pytest

from cxreports.portal.post import browsers

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"
GALAXY = f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {WEBKIT}"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"{WINDOWS} Chrome/143.0.0.0 Safari/537.36", "Chrome 143 on Windows"),
        (f"{WINDOWS} Chrome/143.0.0.0 Safari/537.36 Edg/143.0.3650.66", "Edge 143 on Windows"),
        (f"{WINDOWS} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0", "Opera 124 on Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/143.0.0.0 Mobile Safari/537.36",
         "Chrome 143 on Android"),
        (f"{GALAXY} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
         "Samsung Internet 28 on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145 on Linux"),
        (f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1", "Safari 18 on iPhone"),
        (f"{IPHONE} CriOS/143.0.0.0 Mobile/15E148 Safari/604.1", "Chrome 143 on iPhone"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.5 Safari/605.1.15",
         "Safari 18 on macOS"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/143.0.0.0 Safari/537.36",
         "Chrome 143 on ChromeOS"),
        ("curl/8.5.0", "Unknown browser"),
        ("Something on Linux", "Linux"),
        ("", "Unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_told_by_name_and_system(agent: str, words: str) -> None:
    assert browsers.plain(agent) == words
