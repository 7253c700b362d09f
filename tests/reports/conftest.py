"""A realistic comparison with invented numbers, and its report."""

from __future__ import annotations

import pytest

from decide.comparison import Comparison
from reports import render_html
from tests.reports import make


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    return make.comparison()


@pytest.fixture(scope="session")
def document(comparison: Comparison) -> str:
    return render_html(comparison)
