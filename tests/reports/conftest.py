"""The operator whose reports are tested."""

from collections.abc import Callable

import pytest
from report_operator import Operator, made_operator

from cxreports.lake import Store


@pytest.fixture(scope="session")
def operator(made_store: Callable[..., Store]) -> Operator:
    return made_operator(made_store)
