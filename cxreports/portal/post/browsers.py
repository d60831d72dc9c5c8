"""Browsers as people call them, by what they call themselves (``User-Agent``)."""

from __future__ import annotations

import re
from typing import Final

from cxreports.language import _

# The first that fits counts: most browsers also name those that they descend from.
_BROWSERS: Final = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"\bOPR/(\d+)"),
    ("Samsung Internet", r"\bSamsungBrowser/(\d+)"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"\b(?:Chrome|CriOS|HeadlessChrome)/(\d+)"),
    ("Safari", r"\bVersion/(\d+)[\d.]* .*\bSafari/"),
)
_SYSTEMS: Final = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)


def plain(agent: str) -> str:
    """Browser and system in plain words, ``Firefox 143 on Windows``."""
    browser = next(
        (f"{name} {found[1]}" for name, pattern in _BROWSERS if (found := re.search(pattern, agent))), ""
    )
    system = next((name for name, pattern in _SYSTEMS if re.search(pattern, agent)), "")
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or _("Unknown browser")
