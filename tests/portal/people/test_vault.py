"""The vault: a key for nobody else, made once, and sealed texts that open for their purpose alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from portal_people import SECRET_KEY

from cxreports.errors import BadKey
from cxreports.portal.people.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path


def test_a_sealed_text_is_opened_again(vault: Vault) -> None:
    sealed = vault.seal("totp 1", "JBSWY3DPEHPK3PXP")
    assert b"JBSWY3DPEHPK3PXP" not in sealed
    assert sealed != vault.seal("totp 1", "JBSWY3DPEHPK3PXP")
    assert Vault(SECRET_KEY).unseal("totp 1", sealed) == "JBSWY3DPEHPK3PXP"


def test_it_opens_for_its_purpose_and_key_alone_and_unchanged(vault: Vault) -> None:
    sealed = vault.seal("totp 1", "secret")
    changed = sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]
    for other, purpose, text in (
        (vault, "totp 2", sealed),
        (Vault(SECRET_KEY[::-1]), "totp 1", sealed),
        (vault, "totp 1", changed),
        (vault, "totp 1", b""),
    ):
        with pytest.raises(BadKey, match="CXREPORTS_SECRET_KEY"):
            other.unseal(purpose, text)


def test_keys_of_other_purposes_are_other_keys(vault: Vault) -> None:
    keys = {vault.key("cookies"), vault.key("links"), Vault(SECRET_KEY[::-1]).key("cookies")}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}
    assert vault.key("cookies") == Vault(SECRET_KEY).key("cookies")
    assert vault.sign("a", "message") != vault.sign("b", "message")


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    key = Vault.of(home).key("cookies")
    assert Vault.of(home).key("cookies") == key
    assert Vault.of(tmp_path / "other").key("cookies") != key
    path = home / "portal.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in home.iterdir()] == ["portal.key"]
    path.chmod(0o640)
    with pytest.raises(BadKey, match="chmod 600"):
        Vault.of(home)


def test_many_who_start_at_once_have_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = list(threads.map(lambda _: Vault.of(tmp_path).key("cookies"), range(64)))
    assert len(set(keys)) == 1


def test_the_environment_may_give_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_SECRET_KEY", SECRET_KEY)
    assert Vault.of(tmp_path).key("cookies") == Vault(SECRET_KEY).key("cookies")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("CXREPORTS_SECRET_KEY", "too short")
    with pytest.raises(BadKey, match="32") as caught:
        Vault.of(tmp_path)
    assert "too short" not in str(caught.value)
