"""What the README shows can be done as it stands there."""

import re
from datetime import UTC, datetime
from pathlib import Path

import cxreports as cx
from cxreports.cdr import format_from, known_formats
from cxreports.cli.app import app

README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_its_format_loads_a_file(tmp_path: Path) -> None:
    (tmp_path / "my-switch.toml").write_text(block("toml"))
    (tmp_path / "calls.csv").write_text(
        "Call,Begin,Seconds,Price\n1,29/03/2026 13:15:56,60,0.0125\n2,29/03/2026 13:16:00,0,0\n"
    )
    lake = cx.open(tmp_path / "home")
    (report,) = lake.load(tmp_path / "calls.csv", source_format=format_from(tmp_path / "my-switch.toml"))
    assert (report.loaded, report.rejected) == (2, 0)
    (day,) = lake.summary("all").to_dicts()
    assert day["start"] == datetime(2026, 3, 29, tzinfo=UTC)
    assert (day["attempts"], day["connected"], float(day["charge"])) == (2, 1, 0.0125)


def test_it_names_every_format() -> None:
    section = README.partition("\n## Formats\n")[2].partition("\n### ")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE)) == set(known_formats())


def test_it_names_every_command() -> None:
    named = set(re.findall(r"^cxreports (\w+)", README, re.MULTILINE)) | {"vacuum", "rebuild"}
    assert named >= {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert named >= {group.name for group in app.registered_groups}


def test_it_names_every_command_of_a_group() -> None:
    for group in app.registered_groups:
        line = re.search(rf"^cxreports {group.name} (\S+)", README, re.MULTILINE)
        assert line
        assert group.typer_instance
        assert set(line[1].split("|")) == {each.name for each in group.typer_instance.registered_commands}


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", README)
    root = Path(__file__).resolve().parents[1]
    assert [link for link in links if not (root / link).exists()] == []
