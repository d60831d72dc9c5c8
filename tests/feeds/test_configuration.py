"""``feeds.toml``: what it may say, and what is told of what it may not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cxreports.errors import BadFeed
from cxreports.feeds.configuration import FILE, Feeds, feeds_of

DOCS = Path(__file__).resolve().parents[2] / "docs/feeds.md"


def test_every_example_of_the_documentation_can_be_used() -> None:
    examples = re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    feeds = Feeds.model_validate(tomllib.loads("\n".join(examples)))
    assert [(kind, each.name) for kind, each in feeds.all()] == [
        ("switch", "sbc1"), ("folder", "landing"), ("push", "fs1"), ("database", "pbx"), ("sftp", "far"),
    ]  # fmt: skip
    assert len(feeds.switch[0].customer) == 4


def test_without_the_file_there_is_no_feed(tmp_path: Path) -> None:
    assert list(feeds_of(tmp_path).all()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[switch]", "is no TOML"),
        ('[[swich]]\nname = "a"', "swich: Extra inputs"),
        ('[[push]]\nname = "A b"', "push 1 name: String should match"),
        ('[[push]]\nname = "a"\nformat = "nosuch"', "push 1 format: nosuch: no format of this name"),
        ('[[push]]\nname = "a"\nzone = "Mars/Base"', "push 1 zone: "),
        ('[[push]]\nname = "a"\n[[folder]]\nname = "a"\npath = "x"', "two tables have the name a"),
        ('[[switch]]\nname = "a"\nkind = "kamailio"\nurl = "tcp://x:1"', "begins with http:// or https://"),
        ('[[switch]]\nname = "a"\nkind = "asterisk"\nurl = "http://x"', "begins with tcp://HOST:PORT"),
        ('[[switch]]\nname = "a"\nkind = "http"\nurl = "http://x"', "at least the id of a call"),
        ('[[switch]]\nname = "a"\nkind = "kamailio"\nurl = "http://x"\npassword = "s3cret"', "password"),
        ('[[database]]\nname = "a"\nurl = "sqlite://"\ntable = "cdr; drop table x"', "database 1 table"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BadFeed) as refused:
        feeds_of(tmp_path)
    assert message in str(refused.value)
    assert str(tmp_path / FILE) in str(refused.value)
    assert "s3cret" not in str(refused.value)
