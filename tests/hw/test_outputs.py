# amaranth: UnusedElaboratable=no
# (a component is made for its layout alone)

"""Outputs: what the steps of a last layer come to."""

import pytest

from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.outputs import PRESETS, Outputs, core, readout_latency
from spikewright_hw.fixed import Format
from spikewright_hw.readout import READOUTS, SPIKING, output_after

from .simulation import Simulator


def expected(readout: str, given: list[int]) -> int:
    """Return an output, from all steps at once."""
    match readout:
        case "last":
            return given[-1]
        case "maximum":
            return max(given)
        case "count":
            return sum(given)
        case _:
            return len(given) - given.index(1) if 1 in given else 0


def drawn(readout: str, steps: int, rng, *, width: int = 5) -> list[int]:
    if readout in SPIKING:
        density = rng.choice((0.0, 0.2, 0.8, 1.0))
        return [int(rng.random() < density) for _ in range(steps)]
    return [rng.randint(-(1 << width - 1), (1 << width - 1) - 1) for _ in range(steps)]


@pytest.mark.parametrize("readout", READOUTS)
def test_the_definition(readout, rng):
    for _ in range(300):
        given = drawn(readout, rng.randint(1, 6), rng)
        output = 0
        for step, one in enumerate(given):
            output = output_after(readout, output, one, step=step, steps=len(given))
        assert output == expected(readout, given)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_core_follows_the_definition(preset, rng):
    dut = core(**PRESETS[preset])
    width = PRESETS[preset].get("width", 1)
    inferences = [
        [drawn(dut.readout, dut.steps, rng, width=width) for _ in range(dut.count)]
        for _ in range(20)
    ]
    found: list[list[int]] = []

    async def testbench(ctx):
        for inference in inferences:
            for step, values in enumerate(zip(*inference, strict=True)):
                ctx.set(dut.i_values, list(values))
                ctx.set(dut.i_valid, 1)
                await ctx.tick()
                assert ctx.get(dut.o_valid) == (step == dut.steps - 1)
            ctx.set(dut.i_valid, 0)
            found.append([ctx.get(dut.o_outputs[at]) for at in range(dut.count)])
            await ctx.tick()
            assert not ctx.get(dut.o_valid)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert found == [[expected(dut.readout, given) for given in one] for one in inferences]


@pytest.mark.parametrize("readout", ["last", "mean"])
def test_a_readout_without_steps_to_follow_is_refused(readout):
    message = f"^outputs are followed of maximum, count and first, not of '{readout}'$"
    with pytest.raises(ValueError, match=message):
        Outputs(readout=readout, count=2, steps=3)


def test_the_latency_is_a_cycle_more_than_that_of_the_last_step():
    def network(readout):
        return example_network(
            sizes=(3, 5), steps=2, weight_bits=3, membrane=Format(4, 2), readout=readout
        )

    latencies = {readout: readout_latency(network(readout)) for readout in READOUTS}
    assert latencies == {"last": 2, "maximum": 3, "count": 3, "first": 3}


@pytest.mark.parametrize(
    ("readout", "steps", "width"), [("maximum", 3, 7), ("count", 4, 4), ("first", 7, 4)]
)
def test_the_width_of_an_output_follows_from_the_readout(readout, steps, width):
    outputs = Outputs(readout=readout, count=2, steps=steps, width=7).o_outputs
    assert len(outputs.as_value()) == 2 * width
