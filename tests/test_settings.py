"""Settings are read once, from lists as people write them; a bad one is one line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import preloaded
import pytest
from driving import free_port

from cxreports.errors import BadSetting
from cxreports.lake.store import Store
from cxreports.settings import Settings

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


@pytest.mark.parametrize("typed", ["480,486", " 480 , 486,", "[480, 486]"])
def test_codes_are_written_with_commas_or_as_json(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_USER_SIDE_CODES", typed)
    assert Settings.of().user_side_codes == (480, 486)


def test_a_lake_counts_by_the_codes_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CXREPORTS_USER_SIDE_CODES", "486")
    assert Store(tmp_path).user_side_codes == (486,)
    assert Store(tmp_path, user_side_codes=[603]).user_side_codes == (603,)


@pytest.mark.parametrize("typed", ["10.0.0.1,10.1.0.0/16", '["10.0.0.1", "10.1.0.0/16"]'])
def test_proxies_are_written_with_commas_or_as_json(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_TRUSTED_PROXIES", typed)
    assert Settings.of().trusted_proxies == ("10.0.0.1", "10.1.0.0/16")


BAD = [
    ("CXREPORTS_USER_SIDE_CODES", "480,busy", "480,486,487"),
    ("CXREPORTS_USER_SIDE_CODES", "480,9000", "480,486,487"),
    ("CXREPORTS_USER_SIDE_CODES", "[480", "480,486,487"),
    ("CXREPORTS_USER_SIDE_CODES", "[[480]]", "480,486,487"),
    ("CXREPORTS_TRUSTED_PROXIES", "10.0.0.300", "10.1.0.0/16"),
    ("CXREPORTS_PUBLIC_URL", "reports.example.org", "https://reports.example.org"),
    ("CXREPORTS_PAYMENT_URL", "https://pay.example.org/{purse}", "{account}"),
    ("CXREPORTS_PAYMENT_URL", "pay.example.org", "{account}"),
    ("CXREPORTS_PUBLIC_URL", "http://[::1", "https://reports.example.org"),
]


@pytest.mark.parametrize(("variable", "typed", "right"), BAD)
def test_a_bad_setting_names_itself_its_value_and_what_is_right(
    variable: str, typed: str, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, typed)
    with pytest.raises(BadSetting) as caught:
        Settings.of()
    message = str(caught.value)
    assert message.startswith(f"{variable}={typed} ")
    assert right in message
    assert "\n" not in message


def test_settings_that_were_read_are_not_read_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings.of(tmp_path)
    monkeypatch.setenv("CXREPORTS_USER_SIDE_CODES", "bad")
    assert Settings.of(settings) is settings
    assert Store(settings).home == tmp_path


@pytest.mark.parametrize("command", [["serve", "--port", "1"], ["load", "none.csv"], ["user", "list"]])
def test_commands_end_with_one_line(command: list[str], tmp_path: Path) -> None:
    ended = _run(command, tmp_path, CXREPORTS_USER_SIDE_CODES="480,busy")
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("cxreports: CXREPORTS_USER_SIDE_CODES=480,busy cannot be used")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CXREPORTS_SMTP_URL", "mail.example.org"),
        ("CXREPORTS_SMS_URL", "https://sms.example.org/"),
        ("CXREPORTS_DATABASE_URL", "oracle://db"),
    ],
)
def test_the_portal_does_not_start_with_a_setting_that_fails_later(
    variable: str, value: str, tmp_path: Path
) -> None:
    ended = _run(["serve", "--port", str(free_port())], tmp_path, **{variable: value})
    assert ended.returncode != 0
    (line,) = ended.stderr.splitlines()
    assert variable in line


def _run(command: list[str], home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return preloaded.run(
        [sys.executable, "-m", "cxreports", "--home", str(home), *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )
