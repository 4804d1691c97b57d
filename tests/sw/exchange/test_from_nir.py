"""NIR graphs as networks: against snnTorch's own export, and each rule by itself."""

# The frameworks and nir have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOperatorIssue=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false

from itertools import pairwise

import h5py
import nir
import numpy as np
import pytest
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from torch import nn

from spikewright.errors import DataError, SpikewrightWarning
from spikewright.exchange.from_nir import from_nir
from spikewright.exchange.from_torch import from_torch
from spikewright.network.real_run import run_real

from .frameworks import in_double, outputs

ONES = np.ones(3)
#: Resets that NIR has: to zero, in the same step.
PROMPT = {"reset_mechanism": "zero", "reset_delay": False, "init_hidden": True}
SHARE = torch.full((16,), 0.8)


def last():
    return snn.Leaky(torch.full((3,), 0.9), threshold=torch.ones(3), **PROMPT)


def lif(**changed):
    given = {"tau": 10 * ONES, "r": 2 * ONES, "v_leak": 0 * ONES, "v_threshold": ONES} | changed
    return nir.LIF(**given)


def matrix(outputs: int = 3, inputs: int = 4) -> nir.Affine:
    generator = np.random.default_rng(0)
    return nir.Affine(generator.normal(0, 3, (outputs, inputs)), generator.normal(0, 1, outputs))


def linear() -> nir.Linear:
    return nir.Linear(matrix().weight)


def graph(*nodes, edges=None, **named) -> nir.NIRGraph:
    """Return a chain of nodes between an input of 4 values and an output, or a graph by edges."""
    inner = {f"n{number}": node for number, node in enumerate(nodes)} | named
    names = ["in", *inner, "out"]
    return nir.NIRGraph(
        {"in": nir.Input(np.array([4])), **inner, "out": nir.Output(np.array([3]))},
        edges or [*pairwise(names)], type_check=False,
    )


def load(source, **given):
    return from_nir(source, **{"steps": 40, "dt": 1.0, "readout": "count"} | given)


@pytest.mark.filterwarnings("ignore:nirtorch:DeprecationWarning")
@pytest.mark.parametrize("make, current, start", [
    (lambda: snn.Leaky(SHARE, threshold=torch.ones(16), **PROMPT), None, "nir_lif"),
    (lambda: snn.Synaptic(SHARE - 0.1, SHARE, threshold=torch.ones(16), **PROMPT), "new",
     "nir_cuba_lif_new"),
    (lambda: snn.RLeaky(beta=0.8, linear_features=16, **PROMPT), None, "nir_lif_recurrent"),
    (lambda: snn.RLeaky(beta=0.8, all_to_all=False, V=torch.linspace(-1, 1, 16), **PROMPT), None,
     "nir_lif_recurrent"),
], ids=["Leaky", "Synaptic", "RLeaky", "RLeaky_one_to_one"])
def test_what_snntorch_exports(make, current, start, tmp_path):
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(12, 16), make(), nn.Linear(16, 3), last())
    for part in (module[0], module[2]):
        part.weight.data *= 4
    nir.write(tmp_path / "net.nir", export_to_nir(
        module, torch.zeros(1, 12), ignore_dims=[0],
    ))
    network = load(tmp_path / "net.nir", dt=1e-4, current=current)
    assert network.layers[0].definition.name == start
    spikes = np.random.default_rng(0).random((5, 40, 12)) < 0.4
    run = run_real(network, spikes)
    # Time constants went through the file in float32.
    same = run_real(from_torch(module, torch.zeros(1, 12), steps=40, readout="count"), spikes)
    expected = outputs(in_double(module), spikes, sequence=False)
    assert 0.05 < expected.mean() < 0.95
    np.testing.assert_array_equal(same.spikes[-1], expected)
    assert (run.spikes[-1] == expected).mean() > 0.99
    np.testing.assert_array_equal(run.spikes[-1], expected)


def euler(node, x):
    """Run a node by forward Euler, written out; return its spikes and membranes."""
    def get(name):
        return getattr(node, name, None)
    leak = get("v_leak") if get("v_leak") is not None else 0 * ONES
    v, current, spikes, membranes = leak.copy(), 0 * ONES, [], []
    for i in x:
        if get("tau_syn") is not None:
            after = current + (node.w_in * i - current) / node.tau_syn
            v, current = v + (leak - v + node.r * current) / node.tau_mem, after
        elif get("tau") is not None:
            v = v + (leak - v + node.r * i) / node.tau
        else:
            v = v + node.r * i
        spike = v > (get("v_threshold") if get("v_threshold") is not None else np.inf)
        v = np.where(spike, get("v_reset") if get("v_reset") is not None else 0, v)
        spikes.append(spike)
        membranes.append(v)
    return np.array(spikes), np.array(membranes)


VARIED = {
    "tau": np.array([3.0, 8.0, 20.0]), "r": np.array([1.0, 2.0, 5.0]),
    "v_leak": np.array([0.0, 0.2, -0.5]), "tau_syn": np.array([2.0, 4.0, 6.0]),
    "tau_mem": np.array([3.0, 5.0, 9.0]), "w_in": np.array([1.0, 3.0, 2.0]),
    "v_threshold": np.array([0.5, 1.0, 1.5]), "v_reset": np.array([0.0, -0.5, 0.3]),
}


@pytest.mark.parametrize("kind", ["I", "IF", "LI", "LIF", "CubaLI", "CubaLIF"])
def test_each_neuron_by_forward_euler(kind):
    fields = getattr(nir, kind).__dataclass_fields__
    node = getattr(nir, kind)(**{name: one for name, one in VARIED.items() if name in fields})
    spiking = kind.endswith("F")
    weights = matrix()
    network = load(graph(weights, node), readout="count" if spiking else "last", current="old")
    spikes = np.random.default_rng(1).random((1, 40, 4)) < 0.5
    run = run_real(network, spikes)
    fired, membranes = euler(node, spikes[0] @ weights.weight.T + weights.bias)
    np.testing.assert_array_equal(run.spikes[0][0], fired)
    np.testing.assert_allclose(run.states[0]["v"][0], membranes, atol=1e-9)
    assert fired.any() == spiking


def test_a_threshold_after_an_integrator_is_its_threshold():
    integrator = nir.LI(tau=5 * ONES, r=ONES, v_leak=0 * ONES)
    network = load(graph(matrix(), integrator, nir.Threshold(0.25 * ONES)))
    (layer,) = network.layers
    assert layer.definition.name == "nir_li_threshold"
    spikes = np.random.default_rng(1).random((2, 40, 4)) < 0.5
    run = run_real(network, spikes)
    np.testing.assert_array_equal(run.spikes[0], run.states[0]["v"] > 0.25)
    assert run.spikes[0].any() and not run.spikes[0].all()


def test_a_threshold_alone_and_scales_and_flatten_are_folded():
    scale = nir.Scale(np.array([1.0, -2.0, 0.5, 3.0]))
    weights = matrix()
    network = load(graph(
        nir.Flatten({"input": np.array([2, 2])}, start_dim=0), scale, weights,
        nir.Scale(2 * ONES), nir.Threshold(ONES),
    ), dt=None)
    (layer,) = network.layers
    np.testing.assert_allclose(layer.weights, scale.scale[:, None] * weights.weight.T * 2)
    np.testing.assert_allclose(layer.bias, 2 * weights.bias)


def test_a_graph_in_a_graph_and_a_recurrence_of_one_to_one():
    inner = nir.NIRGraph(
        {"i": nir.Input(np.array([3])), "lif": lif(), "o": nir.Output(np.array([3]))},
        [("i", "lif"), ("lif", "lif"), ("lif", "o")], type_check=False,
    )
    network = load(graph(matrix(), inner))
    np.testing.assert_array_equal(network.layers[0].recurrent, np.eye(3))


@pytest.mark.parametrize("of_neurons", [False, True])
def test_spikes_arrive_as_late_as_a_delay_says(of_neurons):
    """One delay for all after the weights is as one before them."""
    late = np.array([0, 3, 1, 3]) if of_neurons else np.array([2, 2, 2, 2])
    delay = nir.Delay(0.5 * late) if of_neurons else nir.Delay(np.full(3, 1.0))
    nodes = [delay, linear()] if of_neurons else [linear(), delay]
    network = load(graph(*nodes, lif()), dt=0.5)
    spikes = np.random.default_rng(1).random((2, 40, 4)) < 0.5
    arriving = np.zeros_like(spikes)
    for source, steps in enumerate(late):
        arriving[:, steps:, source] = spikes[:, : 40 - steps, source]
    expected = run_real(load(graph(linear(), lif()), dt=0.5), arriving)
    run = run_real(network, spikes)
    np.testing.assert_array_equal(run.spikes[0], expected.spikes[0])
    assert run.spikes[0].any() and network.layers[0].origins[0].each == (
        tuple(late) if of_neurons else (2,)
    )


def test_units_that_look_mixed_up_are_said():
    with pytest.warns(SpikewrightWarning, match=r"^n1\.tau is 20, which is 2e\+05 steps of 0\.0001:"
                      r" dt was taken in the file's unit of time; if the file counts in "
                      r"milliseconds and dt in seconds, multiply dt by 1000$"):
        load(graph(matrix(), lif(tau=20 * ONES)), dt=1e-4)


CIRCLE = [("in", "n0"), ("n0", "n1"), ("n1", "b"), ("b", "c"), ("c", "n0"), ("n1", "out")]
SKIP = [("in", "n0"), ("n0", "n1"), ("n1", "out"), ("in", "n1")]
AWAY = [("in", "n0"), ("n0", "n1"), ("n1", "out"), ("a", "b"), ("b", "c"), ("c", "a")]

REFUSED = {
    "no dt": (
        lambda: graph(matrix(), lif()), {"dt": None},
        ("n1 is a LIF, a differential equation, and NIR has no time step; pass dt=, in the unit of "
        "its time constants (snnTorch writes files for dt=0.0001, in seconds)"),
    ),
    "no current": (
        lambda: graph(matrix(), nir.CubaLI(*(4 * ONES,) * 4)), {},
        ("n1 is a CubaLI, and NIR does not say which synaptic current its membrane takes in a "
         "step; pass current='old' (that of the step before: forward Euler) or "
         "current='new' (the one just computed, as Synaptic of snnTorch)"),
    ),
    "no readout": (
        lambda: graph(matrix(), lif()), {"readout": None},
        ("the network does not say how its answer is read; pass readout='count' (most spikes), "
         "readout='first' (earliest spike), readout='last' (highest membrane after the last step) "
         "or readout='maximum' (highest membrane of all steps)"),
    ),
    "readout of a neuron that is silent": (
        lambda: graph(matrix(), nir.LI(2 * ONES, ONES, ONES)), {},
        "readout is 'count', but n1 never spikes; pass readout='last' or 'maximum'",
    ),
    "short time constant": (
        lambda: graph(matrix(), lif(tau=0.02 * ONES)), {},
        ("n1.tau is 0.02, less than dt, 1, and a step by forward Euler needs at most a time "
        "constant; if the file counts in seconds and dt in milliseconds, divide dt by 1000"),
    ),
    "a delay of a bias": (
        lambda: graph(matrix(), nir.Delay(ONES), lif()), {},
        "n1 delays a bias, too, which a layer adds from the first step on; put the delay before it",
    ),
    "different delays after weights": (
        lambda: graph(linear(), nir.Delay(VARIED["tau"]), lif()), {},
        ("n1 has different delays after weights or a pooling; spikes are delayed, so put it right "
         "after the neurons"),
    ),
    "a delay of half a step": (
        lambda: graph(nir.Delay(np.array([0.0, 1.0, 2.5, 3.0])), linear(), lif()), {},
        "n0.delay has 2.5, which is 2.5 steps of 1; spikes are delayed by whole steps",
    ),
    "a delay into the past": (
        lambda: graph(nir.Delay(np.array([0.0, 1.0, -2.0, 3.0])), linear(), lif()), {},
        "n0.delay has -2, which is -2 steps of 1; spikes are delayed by whole steps",
    ),
    "a delay longer than the sequence": (
        lambda: graph(linear(), lif(), nir.Delay(VARIED["tau"]), matrix(3, 3), lif()),
        {"steps": 20},
        ("layers[1].origins[0].delays reach 20 steps, and the network runs 20; a spike that is as "
         "late never arrives: take more steps, or delays of at most 19"),
    ),
    "a delay without dt": (
        lambda: graph(nir.Delay(np.ones(4)), linear(), nir.Threshold(ONES)), {"dt": None},
        ("n0 is a Delay, in time, and NIR has no time step; pass dt=, in the unit of its time "
         "constants (snnTorch writes files for dt=0.0001, in seconds)"),
    ),
    "circle": (
        lambda: graph(matrix(3, 3), lif(), b=lif(), c=nir.Scale(ONES), edges=CIRCLE), {},
        ("b is part of a circle that is no recurrence: neurons whose spikes return to themselves "
         "by nodes that lead nowhere else"),
    ),
    "a circle apart": (
        lambda: graph(matrix(), lif(), a=nir.Scale(ONES), b=nir.Scale(ONES), c=nir.Scale(ONES),
                      edges=AWAY), {},
        "a, b, c cannot be reached from in",
    ),
    "a sum of other widths": (
        lambda: graph(matrix(), lif(), edges=SKIP), {},
        ("n1 takes a sum of 3 values from n0 and 4 from the inputs; what is added has the same "
         "axes"),
    ),
    "two layers as the output": (
        lambda: graph(matrix(), lif(), edges=[*SKIP[:3], ("n0", "out")]), {},
        "out is reached from n1, n0; the neurons of one layer are the outputs",
    ),
    "neurons that lead nowhere": (
        lambda: graph(matrix(), lif(), a=lif(), edges=[*SKIP[:3], ("n0", "a")]), {},
        ("a is heard by no neurons, and n1 is the last layer; a network has one output, so leave "
         "the others out"),
    ),
    "weights that lead nowhere": (
        lambda: graph(matrix(), lif(), a=matrix(2, 3), edges=[*SKIP[:3], ("n1", "a")]), {},
        ("a is followed by no neurons, so nothing says what becomes of its values; add neurons, or "
        "one that only integrates"),
    ),
    "no neurons at the end": (
        lambda: graph(matrix(), lif(), matrix(3, 3)), {},
        ("n2 is followed by no neurons, so nothing says what becomes of its values; add neurons, "
        "or one that only integrates"),
    ),
    "membranes sent on": (
        lambda: graph(matrix(), nir.LI(2 * ONES, ONES, ONES), matrix(3, 3), lif()), {},
        "n1 never spikes, and sends its membrane on; only spikes are sent from layer to layer",
    ),
    "widths": (
        lambda: graph(matrix(), lif(), matrix(3, 5), lif()), {},
        "n2 takes 5 values, and 3 values reach it from n1",
    ),
    "neurons": (
        lambda: graph(matrix(), lif(**{name: np.ones(2) for name in
                                       ("tau", "r", "v_leak", "v_threshold")})), {},
        "n1 has values for 2 neurons, and 3 values reach it from n0",
    ),
    "no width": (
        lambda: nir.NIRGraph(
            {"in": nir.Input(None), "n": nir.Threshold(np.array(1.0)), "out": nir.Output(None)},
            [("in", "n"), ("n", "out")], type_check=False), {},
        "n: nothing says how many neurons it has; give it a value for each",
    ),
    "NaN": (
        lambda: graph(nir.Linear(np.full((3, 4), np.nan)), lif()), {},
        "n0.weight holds NaN or infinite values",
    ),
    "an edge to nowhere": (
        lambda: graph(matrix(), edges=[("in", "n0"), ("n0", "m")]), {},
        "an edge goes from n0 to m, and there is no node m",
    ),
    "no input": (
        lambda: nir.NIRGraph({"n": lif()}, [], type_check=False), {},
        "the graph has 0 nodes Input at its ends; it needs one",
    ),
    "no graph": (lambda: 7, {}, "the source is a int; a path or a NIRGraph is read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, given, message = REFUSED[case]
    with pytest.raises(DataError) as error:
        load(make(), **given)
    assert str(error.value) == message


def test_no_file(tmp_path):
    with pytest.raises(DataError) as error:
        load(tmp_path / "net.nir")
    assert str(error.value) == (
        f"{tmp_path / 'net.nir'} does not exist; give a NIR file, such as snnTorch exports"
    )
    (tmp_path / "net.nir").write_bytes(b"no HDF5")
    with pytest.raises(DataError, match=r"net\.nir is no NIR file that nir 1\.0\.8 reads: "):
        load(tmp_path / "net.nir")


@pytest.mark.parametrize("node, field, value, message", [
    ("n1", "type", "Izhikevich", "n1 is a Izhikevich, which NIR 1.0.8 does not have"),
    ("n1", "type", None, "n1 does not say which kind of node it is"),
    ("n1", "tau", None, "n1 is a LIF without tau"),
    ("in", "shape", None, "in is a Input without shape"),
    ("n0", "weight", None, "n0 is a Affine without weight"),
    ("n0", "weight", "many", "n0.weight holds no real numbers"),
    ("n0", "weight", np.full((3, 4), 1j), "n0.weight holds no real numbers"),
    ("", "edges", None, "the graph has no edges"),
])
def test_a_file_with_a_fault_is_refused_at_its_place(node, field, value, message, tmp_path):
    path = tmp_path / "net.nir"
    nir.write(path, graph(matrix(), lif()))
    with h5py.File(path, "a") as file:
        place = f"node/nodes/{node}/{field}" if node else f"node/{field}"
        del file[place]
        if value is not None:
            file[place] = value
    with pytest.raises(DataError) as error:
        load(path)
    before = f"{path} is no NIR file that nir 1.0.8 reads: "
    assert str(error.value).removeprefix(before) == message


def test_a_damaged_tree_of_groups_is_one_sentence(tmp_path, monkeypatch):
    """HDF5 says RuntimeError of it, when the groups are walked."""

    def damaged(*_, **__):
        raise RuntimeError("wrong B-tree signature")

    path = tmp_path / "net.nir"
    path.write_bytes(b"")
    monkeypatch.setattr("h5py.File", damaged)
    with pytest.raises(DataError) as caught:
        from_nir(path, steps=3, readout="count")
    assert str(caught.value) == (
        f"{path} is no NIR file that nir 1.0.8 reads: wrong B-tree signature"
    )
