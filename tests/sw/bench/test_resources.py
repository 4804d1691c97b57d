"""``spikewright resources``: what is measured, and what becomes of it; nothing is synthesised."""

import re

import pytest

from spikewright import cli
from spikewright.bench import resources as job
from spikewright.bench.resources import resources
from spikewright.errors import DataError
from spikewright.gateware.resources import Resources, digest_of
from spikewright.gateware.synthesis import CellCounts
from spikewright.pages.resources_page import RESOURCES_PAGE, resources_page
from spikewright.record.resource_rows import KEPT, read_rows, wanted, write_rows
from spikewright_hw.cores import CORES

FEW = {name: CORES[name] for name in ("lif", "counter")}


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Return a list of what is measured: of two cores, each with the same figures, in a folder."""
    found: list[tuple[str, str, str]] = []

    def measure(core, preset, target, *, lean, build):
        found.append((core.name, preset, target.label))
        return Resources(
            core.name, preset, target, digest_of(core, preset), CellCounts(1, 2, 3, 4, 5), 50.04,
            "", "post-synthesis (yosys 1)", "post-route (nextpnr 2)",
        )

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(job, "measure", measure)
    monkeypatch.setattr("spikewright.record.resource_rows.CORES", FEW)
    return found


def keys(*cores: str) -> list[tuple[str, str, str]]:
    return [(core.name, preset, target.label) for core, preset, target in wanted(cores)]


def test_the_rows_of_a_core_are_renewed_and_the_others_stay(measured, tmp_path):
    (tmp_path / "docs").mkdir()
    resources()
    assert sorted(measured) == sorted(keys())
    write_rows(KEPT, [{**row, "lut": 99} for row in read_rows(KEPT)])
    measured.clear()
    resources("counter")
    assert sorted(measured) == sorted(keys("counter"))
    assert {row["core"]: row["lut"] for row in read_rows(KEPT)} == {"lif": 99, "counter": 1}
    assert RESOURCES_PAGE.read_text(encoding="utf-8") == resources_page(read_rows(KEPT))


def test_what_was_measured_before_an_interruption_is_kept(measured, monkeypatch, tmp_path):
    (tmp_path / "docs").mkdir()
    whole = vars(job)["measure"]  # that of the fixture

    def interrupted(core, *others, **options):
        if core.name == "counter":
            raise KeyboardInterrupt
        return whole(core, *others, **options)

    monkeypatch.setattr(job, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        resources("lif", "counter")
    before = {row["core"] for row in read_rows(KEPT)}
    monkeypatch.setattr(job, "measure", whole)
    measured.clear()
    resources()
    assert before == {"lif"}
    assert {core for core, _, _ in measured} >= {"counter"} and len(read_rows(KEPT)) == len(keys())
    assert len(measured) < len(keys())


def test_without_names_only_what_has_changed_is_measured(measured, tmp_path):
    (tmp_path / "docs").mkdir()
    resources()
    measured.clear()
    assert resources() == measured == []
    first, *others = read_rows(KEPT)
    write_rows(KEPT, [{**first, "digest": "another"}, *others[:-1]])
    resources()
    assert sorted(measured) == sorted([keys()[0], keys()[-1]])


def test_the_command_takes_cores_and_no_core(measured, tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    assert cli.main(["resources", "counter"]) == 0
    assert sorted(measured) == sorted(keys("counter"))
    assert cli.main(["resources"]) == 0
    assert sorted(measured) == sorted(keys())
    assert "rows measured: docs/resources.json, docs/resources.md, " in capsys.readouterr().out


def test_outside_a_checkout_nothing_is_kept(measured, tmp_path):
    resources("lif")
    assert measured and not list(tmp_path.iterdir())


def test_an_unknown_core_is_a_sentence():
    with pytest.raises(DataError, match=r"^there is no core 'liff'; there are .*\blif\b"):
        resources("lif", "liff")


def test_a_network_is_measured_by_itself():
    with pytest.raises(DataError, match=r"^net\.spw is a network; it is measured by itself$"):
        resources("lif", "net.spw")


def test_the_page_has_a_table_for_each_family_and_says_why_a_figure_is_missing():
    results = [
        Resources(
            "lif", "q8_8", target, "a", CellCounts(1, 2, 3, 4, 5), fmax, note, "post-synthesis", ""
        ).row()
        for (_, _, target), fmax, note in zip(
            wanted(["counter"])[:4], (50.04, None, 60.0, None),
            ("", "no place for it", "", "synthesised only"), strict=True,
        )
    ]
    page = resources_page(results)
    assert [*dict.fromkeys(re.findall(r"^## (.*)$", page, re.MULTILINE))] == [
        row["device"] for row in results
    ]
    assert "| lif | q8_8 | 1 | 2 | 3 | 4 | 5 | 50.0 |\n" in page
    assert "| lif | q8_8 | 1 | 2 | 3 | 4 | 5 | no place for it |\n" in page
    older = resources_page([{**row, "digest": ""} for row in results])
    assert "| lif \\* | q8_8 | 1 | 2 | 3 | 4 | 5 | 50.0 |\n" in older
