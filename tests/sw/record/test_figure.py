import json
import re

import numpy as np
import pytest

from spikewright.record.figure import (
    PROVENANCES,
    Coefficient,
    Computed,
    Counted,
    Estimated,
    Figure,
    Measured,
    PostRoute,
    Simulated,
)

STANDBY = Coefficient("standby current", 77.0, "mA", "data sheet, table 3.8", verified=True)
EXAMPLES = [
    Measured("Joulescope JS110", "core supply of the ULX3S", 1e6),
    Counted("ULX3S", virtual=True),
    Simulated("board top", "Verilator 5.048"),
    PostRoute("nextpnr-ecp5 0.11", 3, "speed grade 6"),
    Estimated("power × time", (STANDBY,)),
    Computed("right predictions of all"),
]


def test_there_are_six_provenances():
    assert list(PROVENANCES) == [
        "measured",
        "counted",
        "simulated",
        "post-route",
        "estimated",
        "computed",
    ]
    assert [type(each) for each in EXAMPLES] == list(PROVENANCES.values())


@pytest.mark.parametrize("provenance", EXAMPLES, ids=lambda each: each.kind)
def test_json_there_and_back(provenance):
    figure = Figure("latency_us", 1.5, "µs", provenance, {"p50": 1.25, "per_seed": [1, 2]})
    data = json.loads(json.dumps(figure.as_json()))
    assert list(data) == ["name", "value", "unit", "provenance", "source", "detail"]
    assert data["provenance"] == provenance.kind
    assert Figure.from_json(data) == figure


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Measured("", "tap", 1.0), "Measured.instrument is ''"),
        (lambda: Measured("meter", "  ", 1.0), "Measured.tap is '  '"),
        (lambda: Measured("meter", "tap", 0.0), "sampling_rate_hz is 0.0; it must be above 0"),
        (lambda: Counted("", virtual=False), "Counted.device is ''"),
        (lambda: Simulated("", "Verilator"), "Simulated.rtl is ''"),
        (lambda: Simulated("top", ""), "Simulated.simulator is ''"),
        (lambda: PostRoute("", 0, "corner"), "PostRoute.tool is ''"),
        (lambda: PostRoute("nextpnr", 0, ""), "PostRoute.corner is ''"),
        (lambda: Estimated("", (STANDBY,)), "Estimated.model is ''"),
        (lambda: Estimated("model", ()), "the estimate 'model' names no coefficient"),
        (lambda: Computed(""), "Computed.method is ''"),
        (lambda: Coefficient("c", 1.0, "mA", "", verified=True), "Coefficient.source is ''"),
        (
            lambda: Coefficient("c", 1.0, "mA", "somewhere", verified=False),
            "coefficient c is not verified, but its source does not say 'unverified'",
        ),
        (
            lambda: Coefficient("c", float("nan"), "mA", "x", verified=True),
            "coefficient c is nan; it must be a finite number",
        ),
    ],
)
def test_provenance_must_say_its_facts(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        make()


@pytest.mark.parametrize("kind", PROVENANCES.values(), ids=lambda each: each.kind)
def test_provenance_without_facts_cannot_be_made(kind):
    with pytest.raises(TypeError, match="missing"):
        kind()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float64("nan"), None, "1", True])
def test_value_must_be_a_finite_number(value):
    with pytest.raises(ValueError, match=r"^figure lut is .*; it must be a finite number$"):
        Figure("lut", value, "1", EXAMPLES[-1])


def test_numpy_values_become_plain():
    for value, plain in ((np.int64(5), int), (np.float32(0.5), float)):
        figure = Figure("lut", value, "1", EXAMPLES[-1])  # pyright: ignore[reportArgumentType]
        assert type(figure.value) is plain


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Cycles mean"}, "a figure's name is like cycles_mean, not 'Cycles mean'"),
        ({"unit": ""}, "Figure.unit is ''"),
        ({"provenance": "measured"}, "figure lut has the provenance 'measured'; it must be one of"),
        ({"detail": {"a": float("nan")}}, "the detail of figure lut is not plain JSON"),
        ({"detail": {"a": np.zeros(2)}}, "the detail of figure lut is not plain JSON"),
    ],
)
def test_malformed_figure(change, message):
    good = {"name": "lut", "value": 1, "unit": "1", "provenance": EXAMPLES[-1], "detail": {}}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Figure(**(good | change))


def test_only_estimates_are_estimated():
    assert [Figure("x", 1, "1", each).estimated for each in EXAMPLES] == [
        each.kind == "estimated" for each in EXAMPLES
    ]
