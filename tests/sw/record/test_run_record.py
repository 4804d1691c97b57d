import dataclasses
import re
from io import StringIO
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from spikewright.record.figure import Computed, Counted, Estimated, PostRoute, Simulated
from spikewright.record.page import render
from spikewright.record.run_record import (
    BoardRecord,
    BuildRecord,
    Counters,
    RunRecord,
    SampleRecord,
    TrainingRecord,
)
from spikewright.record.run_report import report
from spikewright.record.store import write_report
from spikewright.record.table import print_table

SAMPLES, CLASSES, STEPS, HIDDEN = 360, 10, 6, 128
VIRTUAL = BoardRecord(
    name="ULX3S", device="LFE5U-25F", clock_mhz=50.0, virtual=True, simulator="Verilator 5.048"
)


def synthetic(*, board=VIRTUAL, wrong=8):
    """Return a record as a run could make it, with a known number of wrong predictions."""
    random = np.random.default_rng(1)
    labels = random.integers(0, CLASSES, SAMPLES)
    predictions = labels.copy()
    predictions[:wrong] = (predictions[:wrong] + random.integers(1, CLASSES, wrong)) % CLASSES
    values = np.clip(random.normal(0.35, 0.4, (8, 8)), 0, 1)
    first = np.where(values > 0.15, np.floor((1 - values) * STEPS), -1).reshape(-1).astype(int)
    spikes = (np.arange(STEPS)[:, None] == first[None, :]).astype(int)
    hidden = (random.random((STEPS, HIDDEN)) < 0.07).astype(int)
    membranes = np.cumsum(random.normal(0, 4, (STEPS, CLASSES)), axis=0)
    events = random.integers(22, 40, SAMPLES)
    per_layer = np.stack([random.integers(20, 60, SAMPLES), np.zeros(SAMPLES, int)], axis=1)
    return RunRecord(
        network="64-128-10 LIF, 4-bit weights, 6 steps",
        digest="5f0c" * 16,
        engine="event engine",
        source={"data": "scikit-learn digits, 80/20 split", "coding": "time to first spike"},
        targets=labels,
        score_float=0.975,
        answers_integer=predictions,
        answers_device=predictions,
        counters=Counters(
            cycles=events + per_layer[:, 0] + 2 * STEPS + random.integers(0, 3, SAMPLES),
            input_events=events,
            synops=128 * events + 10 * per_layer[:, 0],
            spikes=per_layer,
        ),
        compared={
            "hidden spikes": SAMPLES * STEPS * HIDDEN,
            "membranes": SAMPLES * STEPS * CLASSES,
        },
        mismatches={"hidden spikes": 0, "membranes": 0},
        sample=SampleRecord(
            index=3,
            target=labels[3],
            values=values,
            input_spikes=spikes,
            layer_spikes=(hidden,),
            outputs_reference=membranes,
            outputs_device=membranes.copy(),
        ),
        training=TrainingRecord((0, 1, 2), (0.975, 0.9722, 0.9778), (0.9694, 0.9722, 0.9667)),
        build=BuildRecord(
            tool="nextpnr-ecp5 0.11",
            seed=1,
            corner="speed grade 6",
            lut=5120,
            ff=2210,
            bram=18,
            dsp=0,
            fmax_mhz=93.4,
        ),
        board=board,
        command="make run",
        versions={"amaranth": "0.5.10", "torch": "2.13.0"},
    )


@pytest.fixture(scope="module")
def result():
    return report(synthetic())


def test_every_figure_is_there(result):
    names = [figure.name for figure in result.figures]
    assert names == [
        "accuracy_float",
        "accuracy_integer",
        "accuracy_device",
        "accuracy_float_mean",
        "accuracy_integer_mean",
        "mismatches",
        "compared",
        "cycles_mean",
        "cycles_max",
        "clock_mhz",
        "fmax_mhz",
        "latency_us",
        "throughput_per_s",
        "lut",
        "ff",
        "bram",
        "dsp",
        "synops_per_inference",
        "input_events_per_inference",
        "spikes_per_inference",
        "energy_per_inference_uj",
        "energy_static_uj",
        "energy_dynamic_uj",
    ]


def test_a_task_with_rare_classes_has_its_balanced_accuracy():
    record = synthetic(wrong=0)
    targets = np.where(np.arange(SAMPLES) < 40, 1, 0)
    answers = targets.copy()
    answers[:10], answers[50:55] = 0, 1  # of 40 ones 30 are found, and 5 of the others are taken
    result = report(dataclasses.replace(
        record, targets=targets, answers_integer=answers, answers_device=answers
    ))
    zeros = SAMPLES - 40
    assert result["balanced_accuracy_integer"].value == pytest.approx(
        50 * (30 / 40 + (zeros - 5) / zeros)
    )
    found = result["balanced_accuracy_device"]
    assert found.unit == "%" and found.detail["f1"]["1"] == pytest.approx(100 * 60 / 75)
    assert found.detail["recall"]["1"] == 75 and set(found.detail["precision"]) == {"0", "1"}


def test_values_follow_from_the_record(undrawn):
    record = synthetic(wrong=9)
    result = report(record)
    counters = record.counters
    assert result["accuracy_device"].value == 100 * (SAMPLES - 9) / SAMPLES
    assert result["accuracy_float"].value == 97.5
    assert result["accuracy_integer_mean"].value == pytest.approx(100 * 2.9083 / 3)
    assert result["accuracy_integer_mean"].detail["seeds"] == [0, 1, 2]
    assert result["mismatches"].value == 0
    assert result["compared"].value == SAMPLES * STEPS * (HIDDEN + CLASSES)
    assert result["compared"].detail["membranes"] == SAMPLES * STEPS * CLASSES
    assert result["cycles_max"].value == counters.cycles.max()
    assert result["latency_us"].value == counters.cycles.mean() / 50.0
    assert result["latency_us"].detail["max"] == counters.cycles.max() / 50.0
    assert result["synops_per_inference"].value == counters.synops.mean()
    assert result["spikes_per_inference"].detail["per_layer"] == [counters.spikes[:, 0].mean(), 0]


def test_provenance_on_a_virtual_board(result):
    kinds = {figure.name: type(figure.provenance) for figure in result.figures}
    for name in ("cycles_mean", "cycles_max", "latency_us", "synops_per_inference"):
        assert kinds[name] is Simulated
    for name in ("lut", "ff", "bram", "dsp", "fmax_mhz"):
        assert kinds[name] is PostRoute
    for name in ("accuracy_float", "accuracy_device", "mismatches", "compared"):
        assert kinds[name] is Computed
    assert [name for name, kind in kinds.items() if kind is Estimated] == [
        "energy_per_inference_uj",
        "energy_static_uj",
        "energy_dynamic_uj",
    ]
    assert "on a virtual board: no hardware" in result.summary


def test_provenance_on_a_real_board(undrawn):
    board = dataclasses.replace(VIRTUAL, virtual=False, simulator="")
    result = report(synthetic(board=board))
    assert result["cycles_mean"].provenance == Counted(device="ULX3S (LFE5U-25F)", virtual=False)
    assert "on a real board" in result.summary
    assert "virtual" not in result["accuracy_device"].as_json()["source"]["method"]


def test_mismatches_are_said(undrawn):
    record = dataclasses.replace(synthetic(), mismatches={"hidden spikes": 2, "membranes": 1})
    result = report(record)
    assert result["mismatches"].value == 3
    assert result["mismatches"].detail == {"hidden spikes": 2, "membranes": 1}
    assert "3 differed" in result.sections[0].text[0]


def test_page_is_self_contained_and_stable(result):
    page = render(result)
    assert page == render(report(synthetic()))
    assert page.count("<svg") == 5
    assert "<script" not in page
    # What a browser would fetch: the only addresses allowed are the names of XML namespaces.
    fetched = re.findall(r"""(?:src|href)=["']([^"'#][^"']*)|@import|url\((?!#)""", page)
    assert fetched == []
    identifiers = re.findall(r'\bid="([^"]*)"', page)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]*)', page))
    assert used and used <= set(identifiers)
    assert len(set(identifiers)) == len(identifiers)


def test_colours_follow_the_page(result):
    page = render(result)
    assert "var(--blue, #0072b2)" in page
    assert "#0102" not in page
    pictures = page[page.index("<svg") :]
    assert not re.findall(r"(?:fill|stroke): #[0-9a-f]{3,6}", pictures)
    texts = re.findall(r"<text[^>]*>", pictures)  # one without a fill is black, in the dark too
    assert texts and [text for text in texts if "fill: var(--" not in text] == []


def test_smallest_run():
    one, trace = np.ones(1, int), np.zeros((1, 2))
    record = dataclasses.replace(
        synthetic(),
        targets=one,
        score_float=1.0,
        answers_integer=one,
        answers_device=one,
        counters=Counters(cycles=one, input_events=one, synops=one, spikes=one[:, None]),
        sample=SampleRecord(0, np.array(1), None, np.zeros((1, 3), int), (), trace, trace + 1),
    )
    smallest = report(record)
    assert smallest["accuracy_device"].value == 100
    pictures = smallest.sections[1].pictures
    assert len(pictures) == 2  # no picture of the sample, which is none
    assert "0 of 2 values are equal" in pictures[1].caption


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": np.zeros(0, int)}, "the run has no samples; there is nothing to report"),
        (
            {"answers_device": np.zeros(7, int)},
            "counters.cycles has 360 entries; there are 7 answers of the board",
        ),
        (
            {"answers_integer": np.zeros(7, int)},
            "answers_integer has 7 entries; there are 360 targets",
        ),
        (
            {"answers_device": np.zeros(361, int)},
            "answers_device has 361 entries; it must have one for each of the 360 targets, or",
        ),
        ({"mismatches": {"membranes": 0}}, "compared has hidden spikes, membranes, mismatches has"),
    ],
)
def test_record_that_does_not_fit(change, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        dataclasses.replace(synthetic(), **change)


def test_board_says_which_it_is():
    with pytest.raises(ValueError, match=r"^board ULX3S is virtual, but its simulator is ''; "):
        dataclasses.replace(VIRTUAL, simulator="")


def test_training_needs_one_accuracy_per_seed():
    with pytest.raises(ValueError, match=r"^training has 2 seeds, 1 float and 2 integer scores"):
        TrainingRecord((0, 1), (0.9,), (0.9, 0.9))


def test_pictures_stand_by_themselves_too(result, tmp_path):
    path = write_report(result, tmp_path)
    pictures = {file.name: file.read_text() for file in (path.parent / "pictures").iterdir()}
    names = {"confusion", "cycles", "raster", "coding", "outputs"}
    assert pictures.keys() == {f"{name}.svg" for name in names}
    for text in pictures.values():
        assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in text


def test_a_device_without_published_coefficients_has_no_estimate(undrawn):
    """Its report has everything else, and says nothing of energy."""
    board = dataclasses.replace(VIRTUAL, device="Gowin GW2AR-18C")
    found = report(synthetic(board=board))
    names = [figure.name for figure in found.figures]
    assert "latency_us" in names and not [name for name in names if "energy" in name]
    seen = StringIO()
    print_table(found, console=Console(file=seen, width=200))
    for text in (render(found), seen.getvalue()):
        assert "latency_us" in text and "energy" not in text.lower()
    assert "Estimates" not in seen.getvalue()
