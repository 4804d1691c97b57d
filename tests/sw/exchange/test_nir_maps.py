"""NIR graphs with convolutions and poolings: against PyTorch, and what frameworks export."""

# The frameworks and nir have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOperatorIssue=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false

from itertools import pairwise

import nir
import numpy as np
import pytest
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from spikingjelly.activation_based.nir_exchange.to_nir import export_to_nir as export_spikingjelly
from torch import nn

from spikewright.errors import DataError
from spikewright.exchange.from_nir import from_nir
from spikewright.network.real_run import run_real
from spikewright_hw.connection import FeatureMap

from .drawn_modules import Drawn, channels_first, sent_by_neurons
from .frameworks import layer, neuron
from .nir_by_torch import computed

STEPS = 8


def graph(shape, *nodes, **named) -> nir.NIRGraph:
    """Return a chain of nodes; ``shape`` is that of the inputs."""
    inner = {f"n{number}": node for number, node in enumerate(nodes)} | named
    names = ["in", *inner, "out"]
    shape = None if shape is None else np.array(shape)
    *_, last = inner.values()
    made = np.array(last.threshold.shape)
    return nir.NIRGraph(
        {"in": nir.Input(shape), **inner, "out": nir.Output(made)}, [*pairwise(names)],
        type_check=False,
    )


def load(source, **given):
    return from_nir(source, **{"steps": STEPS, "dt": 1.0, "readout": "count"} | given)


def threshold(*shape) -> nir.Threshold:
    return nir.Threshold(np.random.default_rng(0).uniform(0.2, 0.8, shape))


def conv2d(weight, input_shape=None, *, stride=1, padding=0, dilation=1, groups=1, bias=None):
    bias = np.zeros(len(weight)) if bias is None else bias
    return nir.Conv2d(input_shape, weight, stride, padding, dilation, groups, bias)


def conv1d(weight, input_shape=None, *, stride=1, padding=0, dilation=1, groups=1, bias=None):
    bias = np.zeros(len(weight)) if bias is None else bias
    return nir.Conv1d(input_shape, weight, stride, padding, dilation, groups, bias)


def pool(kind, size, stride, padding=(0, 0)):
    return getattr(nir, f"{kind}Pool2d")(np.array(size), np.array(stride), np.array(padding))


def chain_of_images(random) -> tuple[tuple[int, ...], list]:
    """Draw numbers for a chain of each node there is, on images."""
    def normal(*shape):
        return random.normal(0, 1, shape)

    return (2, 9, 8), [
        nir.Scale(random.uniform(0.5, 2, (2, 1, 1))),
        conv2d(normal(4, 1, 3, 2), (9, 8), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2,
               bias=normal(4)),
        nir.Scale(random.uniform(0.5, 2, (4, 1, 1))), threshold(4, 5, 10),
        pool("Sum", (1, 2), (1, 2)), pool("Avg", (3, 2), (2, 3)),
        conv2d(normal(3, 4, 2, 2), (2, 2), padding="valid"), threshold(3, 1, 1),
        nir.Flatten({"input": np.array([3, 1, 1])}, 0),
        nir.Affine(normal(5, 3), normal(5)), threshold(5),
    ]


def chain_of_signals(random) -> tuple[tuple[int, ...], list]:
    """The same on signals: NIR has no pooling there."""
    return (3, 11), [
        conv1d(random.normal(0, 1, (4, 3, 3)), 11, padding="same"), threshold(4, 11),
        conv1d(random.normal(0, 1, (6, 2, 2)), 11, stride=2, dilation=3, padding=1, groups=2),
        threshold(6, 1), nir.Flatten({"input": np.array([6, 5])}, 0),
        nir.Affine(random.normal(0, 1, (4, 30)), np.zeros(4)), threshold(4),
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("chain", [chain_of_images, chain_of_signals])
def test_each_node_by_pytorch(chain, seed, tmp_path):
    print(f"seed {seed}")
    random = np.random.default_rng(seed)
    shape, nodes = chain(random)
    spikes = random.random((60, *shape)) < 0.4
    nir.write(tmp_path / "net.nir", graph(shape, *nodes))
    network = load(tmp_path / "net.nir", steps=1)
    run = run_real(network, spikes.reshape(60, 1, -1))
    expected = computed(nodes, spikes[:, None])
    assert len(expected) == len(network.layers)
    for mine, one, its in zip(run.spikes, network.layers, expected, strict=True):
        np.testing.assert_array_equal(channels_first(mine, one.connection.target), its)
    assert 0.01 < expected[0].mean() < 0.99 and any(0.01 < x.mean() < 0.99 for x in expected[1:])


def _snntorch() -> tuple[nn.Module, nir.NIRNode]:
    prompt = {"reset_mechanism": "zero", "reset_delay": False, "init_hidden": True}

    def leaky(*shape):
        return snn.Leaky(torch.full(shape, 0.8), threshold=torch.full(shape, 0.5), **prompt)

    module = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, stride=2), leaky(4, 4, 4), nn.AvgPool2d(2),
        nn.Conv2d(4, 6, 2, groups=2, bias=False), leaky(6, 1, 1), nn.Flatten(), nn.Linear(6, 3),
        leaky(3),
    )
    for weight in module.parameters():
        weight.data *= 3 if weight.dim() > 1 else 1
    return module, export_to_nir(module, torch.zeros(1, 2, 8, 8), ignore_dims=[0])


def _spikingjelly() -> tuple[nn.Module, nir.NIRNode]:
    module = nn.Sequential(
        layer.Conv2d(2, 4, 3, padding=1, stride=2), neuron.LIFNode(tau=2.5, v_threshold=0.5),
        layer.AvgPool2d(2), layer.Conv2d(4, 6, 2, bias=False), neuron.IFNode(v_threshold=0.5),
        layer.Flatten(), layer.Linear(6, 3), neuron.LIFNode(decay_input=False, v_threshold=0.5),
    )
    for weight in module.parameters():
        weight.data *= 3
    return module, export_spikingjelly(module, torch.zeros(1, 2, 8, 8))


@pytest.mark.filterwarnings("ignore:nirtorch:DeprecationWarning")
@pytest.mark.parametrize("make", [_snntorch, _spikingjelly])
def test_what_a_framework_exports(make, tmp_path):
    torch.manual_seed(1)
    module, exported = make()
    nir.write(tmp_path / "net.nir", exported)
    network = load(tmp_path / "net.nir", dt=1e-4)
    spikes = np.random.default_rng(0).random((5, STEPS, 2, 8, 8)) < 0.4
    run = run_real(network, spikes.reshape(5, STEPS, -1))
    expected = sent_by_neurons(Drawn(module, (2, 8, 8), sequence=False), spikes)
    for mine, one, its in zip(run.spikes, network.layers, expected, strict=True):
        # Constants went through the file in float32.
        assert (channels_first(mine, one.connection.target) == its).mean() > 0.995
        assert 0.01 < its.mean() < 0.99


def test_inputs_are_said_where_the_graph_does_not():
    weight = np.ones((1, 2, 3, 3))
    nodes = [conv2d(weight), threshold(1)]
    expected = load(graph((2, 4, 5), *nodes))
    source = FeatureMap(channels=2, height=4, width=5, channels_first=True)
    assert expected.layers[0].connection.source == source
    for shape in (None, (40,)):
        made = load(graph(shape, *nodes), inputs=(2, 4, 5))
        assert made.digest() == expected.digest()
    of_kernel = load(graph(None, conv2d(weight, (4, 5)), threshold(1)))
    assert of_kernel.digest() == expected.digest()


REFUSED = {
    "no map": (
        lambda: graph((40,), conv2d(np.ones((1, 2, 3, 3))), threshold(1)), {},
        ("n0 takes a map of channels × height × width, and 40 values reach it from the inputs"),
    ),
    "nothing known": (
        lambda: graph(None, conv2d(np.ones((1, 2, 3, 3))), threshold(1)), {},
        ("n0 takes a map of channels × height × width, and nothing says which one reaches it; pass "
         "inputs=, the axes of the inputs"),
    ),
    "other inputs": (
        lambda: graph((2, 4, 5), conv2d(np.ones((1, 2, 3, 3))), threshold(1)),
        {"inputs": (2, 5, 4)},
        ("inputs is 2 × 5 × 4, and the graph says that its inputs are 2 × 4 × 5; leave inputs= "
         "out"),
    ),
    "channels": (
        lambda: graph((2, 4, 5), conv2d(np.ones((3, 2, 3, 3))), threshold(1),
                      conv2d(np.ones((3, 2, 1, 1))), threshold(1)), {},
        ("n2 takes a map of 2 × 2 × 3, and a map of 3 × 2 × 3 reaches it from n1"),
    ),
    "a size": (
        lambda: graph((2, 4, 5), conv2d(np.ones((3, 2, 3, 3)), (5, 5)), threshold(1)), {},
        ("n0 takes a map of 2 × 5 × 5, and a map of 2 × 4 × 5 reaches it from the inputs"),
    ),
    "a kernel": (
        lambda: graph((2, 4, 5), conv2d(np.ones((3, 2, 3, 3)), dilation=2), threshold(1)), {},
        ("n0: kernel reaches over 5 along the height, and the map has 4 there"),
    ),
    "groups": (
        lambda: graph((2, 4, 5), conv2d(np.ones((3, 1, 3, 3)), groups=2), threshold(1)), {},
        ("n0.groups is 2, which does not divide the 3 channels that its weight makes"),
    ),
    "a remainder": (
        lambda: graph((2, 4, 5), pool("Sum", 2, 2), threshold(1)), {},
        ("n0: window is 2 at every 2 along the width, which leaves a remainder of 1 of 5; take "
         "windows that fill the map"),
    ),
    "a padded pooling": (
        lambda: graph((2, 4, 4), pool("Avg", (2, 2), (2, 2), (1, 0)), threshold(1)), {},
        ("n0.padding is [1, 0]; a pooling without padding is imported, so put the padding into the "
         "convolution"),
    ),
    "a stride of nothing": (
        lambda: graph((2, 4, 4), pool("Avg", 2, 0), threshold(1)), {},
        "n0.stride is 0; it must be one or two whole numbers of at least 1",
    ),
    "half a length": (
        lambda: graph((2, 4), conv1d(np.ones((1, 2, 2)), stride=1.5), threshold(1)), {},
        "n0.stride is 1.5; it must be one whole number of at least 1",
    ),
    "a flat kernel": (
        lambda: graph((2, 4), nir.Conv1d(None, np.ones((1, 2)), 1, 0, 1, 1, np.ones(1)),
                      threshold(1)), {},
        ("n0.weight is of shape [1, 2]; a kernel [channels, channels of a group before, length] is "
         "imported"),
    ),
    "biases": (
        lambda: graph((2, 4, 5), conv2d(np.ones((3, 2, 3, 3)), bias=np.ones(2)), threshold(1)), {},
        "n0.bias is of shape [2], and its weight has 3 outputs",
    ),
    "padding at one end": (
        lambda: graph((2, 4, 5), conv2d(np.ones((3, 2, 2, 3)), padding="same"), threshold(1)), {},
        ("n0 has padding 'same' for a kernel of 2, which is one more at one end of the map than at "
         "the other; take an odd kernel, or padding of a number"),
    ),
    "not flattened": (
        lambda: graph((2, 4, 5), nir.Linear(np.ones((3, 40))), threshold(1)), {},
        "n0 takes 40 values, and a map of 2 × 4 × 5 reaches it from the inputs",
    ),
    "thresholds of channels without places": (
        lambda: graph((2, 4, 4), conv2d(np.ones((3, 2, 3, 3))), threshold(3)), {},
        "n1 has values for 3 neurons, and a map of 3 × 2 × 2 reaches it from n0",
    ),
    "a recurrent convolution of other channels": (
        lambda: nir.NIRGraph(
            {"in": nir.Input(np.array([1, 4, 4])), "n": threshold(1, 4, 4),
             "c": conv2d(np.ones((1, 2, 3, 3)), padding=1), "out": nir.Output(None)},
            [("in", "n"), ("n", "c"), ("c", "n"), ("n", "out")], type_check=False), {},
        "c takes a map of 2 × 4 × 4, and a map of 1 × 4 × 4 reaches it from n",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, given, message = REFUSED[case]
    with pytest.raises(DataError) as error:
        load(make(), **given)
    assert str(error.value) == message


def test_inputs_of_another_kind():
    with pytest.raises(ValueError, match=r"^inputs\[1\] is 0; it must be a whole number of at lea"):
        load(graph((2, 4, 5), threshold(1)), inputs=(2, 0))
