"""How fast the integer reference runs networks of known names: the table and its page."""

import io

import pytest
from rich.console import Console

import spikewright as spw
from spikewright.bench import reference
from spikewright.errors import DataError


def test_the_table_stands_on_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "NETWORKS", {
        "16-5-10": ((4, 4), 2, 2), "2C3-P2-10": ((6, 6, 3), 4, 2),
    })
    (tmp_path / "docs").mkdir()
    page = tmp_path / reference.PAGE
    page.write_text("before\n<!-- generated: reference -->\n<!-- end -->\nafter\n")
    printed = io.StringIO()
    found = spw.bench_reference(
        samples=3, pages=True, root=tmp_path, console=Console(file=printed, width=200)
    )
    assert [(one.name, one.neurons) for one in found] == [("16-5-10", 15), ("2C3-P2-10", 42)]
    assert all(one.run > 0 and one.predict > 0 for one in found)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n")
    assert "\n| 2C3-P2-10 | 6 × 6 × 3 | 4 | 2 | 42 | " in text
    assert "| 16-5-10 | 4 × 4 | 2 | 2 | 15 | " in printed.getvalue()
    assert "3 images at once" in text


def test_a_page_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "NETWORKS", {"16-5-10": ((4, 4), 2, 2)})
    with pytest.raises(DataError, match=r"^there is no page .*training\.md; run this in the"):
        spw.bench_reference(samples=3, pages=True, root=tmp_path)
