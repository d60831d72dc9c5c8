"""The demo that is made once, as it stands and as a copy to go on with."""

import shutil
from pathlib import Path

import pytest
from standing_demo import Standing, made_standing


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    return made_standing(tmp_path_factory.mktemp("standing"))


@pytest.fixture
def copied(standing: Standing, tmp_path: Path) -> Path:
    return Path(shutil.copytree(standing.home, tmp_path / "copied"))
