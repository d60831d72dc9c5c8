"""What cxreports needs is written down in four places; these tests hold them together."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from source import own_files, syntax_of

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = sorted(ROOT.glob("requirements*.lock"))

CONDA_NAMES = {"duckdb": "python-duckdb", "tzdata": "python-tzdata"}
"""Packages that conda-forge knows by another name."""

NOT_ON_CONDA = {"manimgx-fonts", "manimgx-fonts-cjk", "typst"}
"""Packages that conda-forge does not have: pip brings them with cxreports."""

NOT_IMPORTED = {
    "ipykernel",  # Voilà starts it as a program
    "ipywidgets",  # anywidget's widgets are its widgets; notebooks import it
    "manimgx-fonts",  # font files
    "manimgx-fonts-cjk",  # font files
    "pandas",  # polars' to_pandas
    "pyarrow",  # what polars and DuckDB exchange rows through
    "pytz",  # DuckDB fetches times with a zone through it
    "pyotp",  # the portal's second factor
    "tzdata",  # zoneinfo reads it where the system has no zones
}


def bounds(requirements: list[str]) -> dict[str, str]:
    parsed = [Requirement(each) for each in requirements]
    return {canonicalize_name(each.name): str(each.specifier) for each in parsed}


def locked(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", path.read_text("utf-8"), re.MULTILINE))


RUNTIME = bounds(PROJECT["project"]["dependencies"])


def test_conda_users_get_the_same_packages_within_the_same_bounds() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    named = [each for each in environment["dependencies"] if isinstance(each, str)]
    conda = dict(each.split(" ") for each in named if " " in each)
    python = conda.pop("python")
    assert python == PROJECT["project"]["requires-python"]
    listed = {name: bound for name, bound in RUNTIME.items() if name not in NOT_ON_CONDA}
    assert conda == {CONDA_NAMES.get(name, name): bound for name, bound in listed.items()}
    assert {"pip": ["--editable ."]} in environment["dependencies"]


def test_the_lock_has_every_package_within_its_bounds() -> None:
    releases = locked(ROOT / "requirements.lock")
    for name, bound in RUNTIME.items():
        assert Requirement(f"{name}{bound}").specifier.contains(releases[name]), name


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_agree_with_each_other(lock: Path) -> None:
    development = locked(ROOT / "requirements-dev.lock")
    assert {name: development.get(name, release) for name, release in locked(lock).items()} == locked(lock)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_release_has_a_hash_and_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    for release in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in release, release
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links)", text, re.MULTILINE)


def test_the_lock_of_the_front_end_names_no_address() -> None:
    text = (ROOT / "cxreports/widgets/js/package-lock.json").read_text("utf-8")
    assert '"resolved"' not in text
    assert '"integrity"' in text


def test_what_is_imported_is_declared_and_what_is_declared_is_used() -> None:
    distributions = packages_distributions()
    used = {
        canonicalize_name(distributions[module][0])
        for module in imported_modules()
        if module not in sys.stdlib_module_names and module != "cxreports"
    }
    assert used - RUNTIME.keys() == set()
    assert RUNTIME.keys() - NOT_IMPORTED - used == set()


def imported_modules() -> Iterator[str]:
    for path in own_files(".py"):
        for node in ast.walk(syntax_of(path)):
            if isinstance(node, ast.Import):
                yield from (each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]
