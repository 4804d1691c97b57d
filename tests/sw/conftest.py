"""Shared by the tests of the software: a page of a run without most of its pictures."""

import pytest

from spikewright.record import plots

BLANK = '<svg xmlns="http://www.w3.org/2000/svg"></svg>'


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """Leave the pictures of a run's page blank, but for that of the sample."""
    for name in ("confusion", "distribution", "raster", "outputs"):
        monkeypatch.setattr(plots, name, lambda *arguments, **options: BLANK)
