"""The figures of the cores' size and speed that are kept, and what is measured again."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from spikewright.errors import ReportError
from spikewright.gateware import resources
from spikewright.gateware.resources import TARGETS
from spikewright.record import resource_rows
from spikewright.record.resource_rows import (
    KEPT,
    Row,
    lacking,
    merged,
    outdated,
    read_rows,
    wanted,
    write_rows,
)

HOUSE = Path(__file__).parents[3]
ARTIX = next(target for target in TARGETS if target.optional)
MISSING = f"{resources.UNPLACED}: nextpnr-himbaechel-xilinx was not found"


def row(core="lif", preset="q8_8", device="ECP5", digest="a", fmax=None, note="") -> Row:
    return {"core": core, "preset": preset, "device": device, "digest": digest,
            "fmax_mhz": fmax, "note": note}


def names(items) -> list[tuple[str, str, str]]:
    return [(core.name, preset, target.label) for core, preset, target in items]


@pytest.fixture
def cores(monkeypatch):
    """Play two cores: one with two presets, and a source, which is measured on four families."""
    played = {
        name: SimpleNamespace(name=name, family=family, presets=presets)
        for name, family, presets in (
            ("lif", "neuron", ("q8_8", "q6_4")), ("lfsr", "stochastic.source", ("w8",)),
        )
    }
    monkeypatch.setattr(resource_rows, "CORES", played)
    monkeypatch.setattr(resource_rows, "digest_of", lambda core, preset: f"{core.name} {preset}")
    return played


def whole(**values) -> list[Row]:
    """Return a row of all that is wanted, each of today's gateware."""
    return [
        row(core.name, preset, target.label, digest=f"{core.name} {preset}", **values)
        for core, preset, target in wanted()
    ]


@pytest.mark.slow
def test_every_preset_has_a_row_of_the_gateware_as_it_is():
    rows = read_rows(HOUSE / KEPT)
    cores = dict.fromkeys(core.name for core, _, _ in (*lacking(rows), *outdated(rows)))
    assert not cores, f"not in {KEPT} as it is: run `spikewright resources {' '.join(cores)}`"


def test_a_core_without_a_row_is_named(cores):
    rows = [one for one in whole() if (one["core"], one["device"]) != ("lfsr", "iCE40 HX8K")]
    assert names(lacking(rows)) == [("lfsr", "w8", "iCE40 HX8K")]
    assert len(lacking([])) == len(wanted()) == 10
    assert names(wanted(["lif"])) == names(item for item in wanted() if item[0].name == "lif")


def test_what_has_changed_is_measured_again(cores):
    rows = whole(fmax=50.0)
    assert outdated(rows) == []
    rows[0]["digest"] = "another"
    assert names(outdated(rows)) == [("lif", "q8_8", "iCE40 UP5K")]


@pytest.mark.parametrize(("found", "again"), [(None, 0), ("nextpnr", 3)])
def test_what_was_not_placed_is_measured_again_where_the_placer_is_now(
    cores, monkeypatch, found, again
):
    monkeypatch.setattr(resources.tools, "find", lambda name: found)
    rows = [{**one, "note": MISSING} if one["device"] == ARTIX.label else one for one in whole()]
    assert len(outdated(rows)) == again
    assert outdated(whole(note="there is no place for it")) == []


def test_a_frequency_stays_while_the_gateware_does(cores):
    place = ("lif", "q8_8", ARTIX.label)
    kept, same = row(*place, fmax=174.6), row(*place, note=MISSING)
    changed = row(*place, digest="b", note=MISSING)
    assert merged([kept], [same]) == [kept]
    assert merged([kept], [changed]) == [changed]
    assert merged([kept], [anew := row(*place, fmax=180.0)]) == [anew]


def test_rows_are_in_order_and_those_of_what_is_gone_are_left_out(cores):
    rows = whole()
    gone = row("no_core"), row("lif", "no_preset"), row(device="no device")
    assert merged([*gone, *reversed(rows)], []) == rows


def test_rows_are_kept_a_line_each(tmp_path):
    rows = [row(fmax=50.0), row("li", note="µ")]
    write_rows(tmp_path / "rows.json", rows)
    assert read_rows(tmp_path / "rows.json") == rows
    assert len((tmp_path / "rows.json").read_text(encoding="utf-8").splitlines()) == 4
    assert read_rows(tmp_path / "none.json") == []


@pytest.mark.parametrize("text", ["[", "[1]", '[{"core": "lif"}]'])
def test_damaged_rows_are_a_sentence(tmp_path, text):
    path = tmp_path / "rows.json"
    path.write_text(text)
    with pytest.raises(ReportError) as caught:
        read_rows(path)
    assert str(caught.value).startswith(f"{path} cannot be read: ")
    assert str(caught.value).endswith(
        "; take the file of the last commit, or remove it, and `spikewright resources` measures "
        "everything again"
    )
