"""A NIR file by commands: read, quantised on the digits, and written again."""

# The types of nir do not hold.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false

import nir
import numpy as np
import pytest

from spikewright.cli import main
from spikewright.quantized.spw import read

#: What a NIR file does not say.
SAID = ("--dt", "1", "--readout", "count")


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A small network of LIF neurons on digits, not trained."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    nodes = []
    for inputs, outputs in ((64, 12), (12, 10)):
        ones = np.ones(outputs)
        nodes += [
            nir.Affine(generator.normal(0.2, 0.6, (outputs, inputs)), 0.1 * ones),
            nir.LIF(tau=8 * ones, r=8 * ones, v_leak=0 * ones, v_threshold=ones),
        ]
    nir.write("net.nir", nir.NIRGraph.from_list(nodes))
    return "net.nir"


def test_read_quantised_and_written_again(file, capsys):
    assert main(["import", file, *SAID]) == 0
    assert "readout: count" in capsys.readouterr().out
    assert main(["quantize", file, "net.spw", *SAID, "--coding", "rate", "--steps", "6"]) == 0
    said = capsys.readouterr().out
    quantized = read("net.spw")
    assert quantized.coding.name == "rate" and quantized.network.steps == 6
    assert quantized.network.readout == "count"
    assert [layer.definition.name for layer in quantized.network.layers] == ["nir_lif"] * 2
    real, share = quantized.provenance.accuracies
    assert f"net.spw: {100 * real:.2f} % in real numbers" in said
    assert f"{100 * share:.2f} % in integers, on the test split" in said
    assert quantized.provenance.training["source"] == file
    assert main(["export", "net.spw", "again.nir"]) == 0
    again = nir.read("again.nir").nodes
    np.testing.assert_array_equal(again["0_neurons"].tau, nir.read(file).nodes["lif"].tau)
    np.testing.assert_array_equal(
        again["1_weights"].weight.T, quantized.network.layers[1].weights
    )


@pytest.mark.parametrize("command, message", [
    (("import", "net.nir"),
     ("lif is a LIF, a differential equation, and NIR has no time step; pass --dt, in the unit of "
      "its time constants (snnTorch writes files for --dt 0.0001, in seconds)")),
    (("import", "net.nir", "--dt", "1"),
     ("the network does not say how its answer is read; pass --readout count (most spikes), "
      "--readout first (earliest spike), --readout last (highest membrane after the last step) or "
      "--readout maximum (highest membrane of all steps)")),
    (("import", "gone.nir", *SAID),
     "gone.nir does not exist; give a NIR file, such as snnTorch exports"),
    (("import", "net.nir", *SAID, "--inputs", "0x8"),
     "--inputs is 0; it must be a whole number of at least 1"),
    (("import", "net.nir", *SAID, "--inputs", "1x8"),
     "inputs is 1 × 8, and the graph says that its inputs are 64; leave --inputs out"),
    (("import", "net.nir", "--dt", "0"), "--dt is 0.0; it must be above 0"),
    (("import", "net.nir", *SAID, "--current", "now"), "--current is 'now'; there are old, new"),
    (("quantize", "net.nir", "net.spw", *SAID, "--coding", "morse"),
     ("--coding is 'morse'; there are ttfs, log_latency, rate, direct, delta, population, "
      "filter_bank, events, spikes")),
    (("quantize", "net.nir", "net.spw", *SAID, "--weight-bits", "9"),
     "--weight-bits is 9; it must be a whole number from 2 to 8"),
    (("quantize", "net.nir", "net.spw", *SAID, "--percentile", "0"),
     "--percentile is 0.0; it must be above 0"),
    (("quantize", "net.nir", "net.spw", *SAID, "--membrane", "8.8"),
     "a number format is written like Q8.8, not '8.8'"),
    (("quantize", "net.nir", "net.spw", *SAID, "--coding", "population"),
     "population makes 384 inputs, and the network takes 64"),
])
def test_one_sentence(file, capsys, command, message):
    assert main([*command]) == 1
    assert capsys.readouterr().err == f"spikewright: {message}\n"


def test_states_that_saturate_are_named_with_an_input(file, capsys):
    command = ["quantize", file, "net.spw", *SAID, "--steps", "6", "--membrane", "Q7.6"]
    assert main(command) == 0
    said = capsys.readouterr().err
    assert said.startswith("spikewright: warning: layers[0]: the state v of neuron ")
    assert said.count("\n") == 1
    assert main(["check", "net.spw", "--inputs", "found.npz"]) == 0
    printed = capsys.readouterr().out
    sentence = next(line for line in printed.splitlines() if line.startswith("layers[0]: "))
    assert said.startswith(f"spikewright: warning: {sentence}")
    found = np.load("found.npz")
    assert found["0_v_low"].shape == (6, 64) and found["0_v_low"].any()
    refused = f"spikewright: {said.removeprefix('spikewright: warning: ').strip()}. Take a wider "
    for one in (command, ["check", "net.spw"], ["build", "net.spw"]):
        assert main([*one, "--no-saturation"]) == 1
        assert capsys.readouterr().err.endswith(
            refused + "membrane, or leave out --no-saturation\n"
        )
    assert main(["quantize", file, "wide.spw", *SAID, "--membrane", "Q16.6"]) == 0
    assert main(["check", "wide.spw", "--no-saturation"]) == 0
    assert capsys.readouterr().err == ""
