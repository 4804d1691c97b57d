"""Modules whose layers hear several others against the frameworks' own forward, in float64."""

# The frameworks have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportAttributeAccessIssue=false

import numpy as np
import pytest
import snntorch as snn
import torch
from torch import nn
from torch.nn import functional

from spikewright.errors import DataError
from spikewright.exchange.from_torch import from_torch
from spikewright.network.real_run import run_real

from .drawn_modules import FRAMEWORKS, SAMPLES, STEPS, Drawn, channels_first, sent_by_neurons
from .drawn_skips import drawn_with_skips


def check(made: Drawn, seed: int) -> tuple[list[float], int]:
    """Hold a module to its network; return the rates of its layers, and how many parts join."""
    print(f"seed {seed}: {made.module}")
    network = from_torch(made.module, made.example, steps=made.steps, readout="count")
    spikes = np.random.default_rng(seed).random((SAMPLES, STEPS, *made.axes)) < 0.4
    run = run_real(network, spikes.reshape(SAMPLES, STEPS, -1))
    expected = sent_by_neurons(made, spikes)
    assert len(run.spikes) == len(expected)
    for mine, one, its in zip(run.spikes, network.layers, expected, strict=True):
        np.testing.assert_array_equal(channels_first(mine, one.connection.target), its != 0)
    return [float(one.mean()) for one in expected], sum(
        len(layer.parts) > 1 for layer in network.layers
    )


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_drawn_modules_with_skips_send_the_same_spikes(name):
    found = [check(drawn_with_skips(name, seed), seed) for seed in range(8)]
    lively = [all(0.01 < one < 0.99 for one in rates) for rates, _ in found]
    assert sum(lively) >= len(found) // 2, found
    assert sum(joins for _, joins in found) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_many_drawn_modules_with_skips_send_the_same_spikes(name):
    for seed in range(100, 200):
        check(drawn_with_skips(name, seed), seed)


def leaky() -> nn.Module:
    return snn.Leaky(beta=0.8, threshold=0.5, init_hidden=True)


class Parts(nn.Module):
    """Parts from which each case makes its way; maps of 2 × 6 × 8."""

    def __init__(self, way):
        super().__init__()
        torch.manual_seed(0)
        self.way = way
        self.c1, self.c2, self.c3 = (nn.Conv2d(n, 4, 3, padding=1) for n in (2, 4, 4))
        self.l1, self.l2, self.l3 = leaky(), leaky(), leaky()
        self.down, self.added = nn.Conv2d(2, 4, 1), Sum()
        self.flat, self.drop, self.same = nn.Flatten(), nn.Dropout(0.5), nn.Identity()
        self.f1, self.f2 = nn.Linear(192, 192), nn.Linear(192, 192)
        self.both = nn.Linear(384, 5)
        for weight in self.parameters():
            weight.data *= 3

    def forward(self, x):
        return self.way(self, x)


class Sum(nn.Module):
    """Adds, and nothing else."""

    def forward(self, a, b):
        return (a + b).view(a.shape)


class Product(nn.Module):
    """A module of one's own that is no sum."""

    def forward(self, a, b):
        return a * b


def first(m, x):
    return m.l1(m.c1(x))


def twice_flattened(m, x):
    hidden = first(m, x)
    return m.l2(m.f1(m.flat(hidden)) + m.f2(m.flat(m.drop(hidden))))


def modules_called_twice(m, x):
    hidden = first(m, x)
    middle = m.l2(m.drop(m.c2(m.drop(hidden))) + m.c2(m.same(hidden)))
    return m.l3(m.c2(m.same(middle)))


def sum_by_a_module(m, x):
    hidden = first(m, x)
    return m.l2(m.added(m.c2(hidden), hidden))


def as_it_is_without_a_place(m, x):
    hidden = m.flat(first(m, x))
    return m.l2(m.f1(hidden) + hidden)


def of_a_map_and_a_layer_without_a_place(m, x):
    hidden = m.flat(first(m, x))
    second = m.l2(m.f1(hidden))
    return m.l3(hidden + second)


KEPT = {
    "the inputs as they are": lambda m, x: m.l2(m.c2(first(m, x)) + m.down(x)),
    "the inputs alone": lambda m, x: m.l2(m.c1(x) + m.down(x)),
    "spikes": lambda m, x: m.l3(m.c3(m.l2(m.c2(one := first(m, x))) + one)),
    "dropout done by a function": lambda m, x: m.l2(
        m.c2(one := functional.dropout(first(m, x), 0.5, m.training)) + one),
    "nothing done, by functions": lambda m, x: m.l2(m.c2(first(m, x).relu().half().float()) + 0),
    "flattened twice": twice_flattened,
    "modules that are called twice": modules_called_twice,
    "a module that adds": sum_by_a_module,
    "without a place": as_it_is_without_a_place,
    "a map and neurons without a place": of_a_map_and_a_layer_without_a_place,
    "by name": lambda m, x: m.l1(m.c1(input=x)),
}


@pytest.mark.parametrize("case", KEPT)
def test_kept(case):
    made = Drawn(Parts(KEPT[case]), (2, 6, 8), sequence=False)
    network = from_torch(made.module, made.example, steps=STEPS, readout="count")
    spikes = np.random.default_rng(0).random((SAMPLES, STEPS, 2, 6, 8)) < 0.4
    run = run_real(network, spikes.reshape(SAMPLES, STEPS, -1))
    expected = sent_by_neurons(made, spikes)
    for mine, one, its in zip(run.spikes, network.layers, expected, strict=True):
        np.testing.assert_array_equal(channels_first(mine, one.connection.target), its)
        assert 0.01 < its.mean() < 0.99


NOTHING_ELSE = (
    "what parts send may be added (+), and only modules that are imported do anything else to it"
)
REFUSED = {
    "concatenation": (
        lambda m, x: m.l2(m.both(m.flat(torch.cat([first(m, x), m.down(x)], 1)))),
        ("flat takes what cat makes of l1 and down; what several parts send may be added (+), and "
         "nothing else"),
    ),
    "multiplication": (
        lambda m, x: m.l3(m.c3(m.l2(m.c2(one := first(m, x))) * one)),
        ("c3 takes what mul makes of l1 and l2; what several parts send may be added (+), and "
         "nothing else"),
    ),
    "subtraction": (
        lambda m, x: m.l2(m.c2(one := first(m, x)) - one),
        ("l2 takes what sub makes of l1 and c2; what several parts send may be added (+), and "
         "nothing else"),
    ),
    "a product by a module": (
        lambda m, x: m.l2(m.product(m.c2(one := first(m, x)), one)),
        "product is a Product, which is not imported; docs/import.md lists what is",
    ),
    "spikes cut off at 1": (
        lambda m, x: m.l3(m.c3((m.l2(m.c2(one := first(m, x))) + one).clamp(0, 1))),
        f"c3 takes something else than l1 and l2 send (clamp on the way); {NOTHING_ELSE}",
    ),
    "a share": (
        lambda m, x: m.l2(m.c2(one := first(m, x)) + 0.5 * one),
        f"l2 takes something else than l1 and c2 send (mul on the way); {NOTHING_ELSE}",
    ),
    "a function in the place of a module": (
        lambda m, x: m.l2(m.f1(functional.relu(m.f2(m.flat(first(m, x)))))),
        f"f1 takes something else than f2 sends (relu on the way); {NOTHING_ELSE}",
    ),
    "other axes": (
        lambda m, x: m.l2(m.c2(one := first(m, x)) + m.wide(one)),
        ("l2 takes a sum of what c2, [2, 4, 6, 8] and wide, [2, 4, 1, 1] send; what is added has "
         "the same axes"),
    ),
    "a map and a matrix": (
        lambda m, x: m.l2(m.flat(m.c2(one := first(m, x))) + m.f1(m.flat(one))),
        ("l2 takes a map of 4 × 6 × 8 from flat and one of 192 × 1 × 1 from f1, flattened; add "
         "them as maps, or as values of matrices"),
    ),
    "a sum as the output": (
        lambda m, x: m.l2(m.c2(one := first(m, x))) + one,
        ("the module returns a sum of l1 and l2; neurons of one layer are the outputs, so add "
         "neurons after the sum"),
    ),
    "two outputs": (
        lambda m, x: (m.l2(m.c2(one := first(m, x))), m.l3(m.c3(one))),
        ("l2 is heard by no neurons, and l3 is the last layer; a network has one output, so leave "
         "the others out"),
    ),
    "neurons of two layers": (
        lambda m, x: m.l2(m.c2(m.l2(m.c1(x)))),
        ("l2 hears its own spikes through c2; give each layer neurons of its own, or take neurons "
         "that hear themselves (RLeaky of snnTorch, LIFRecurrent of Norse)"),
    ),
    "neurons of two branches": (
        lambda m, x: m.l2(m.l1(m.c1(x)) + m.l1(m.down(x))),
        ("l1 takes c1 in one call and down in another one; neurons have one state and hear the "
         "same in each step, so give each layer neurons of its own"),
    ),
    "neurons that step twice": (
        lambda m, x: m.l2(m.c2(m.l1(current := m.c1(x)) + m.l1(current))),
        ("l1 takes 2 steps, and l2 1; neurons take each step once, so call each of them once a "
         "step"),
    ),
    "a membrane": (
        lambda m, x: (m.l1(m.c1(x)), m.l2(m.c2(m.l1.mem)))[1],
        ("c2 takes values that neither the inputs nor another part sends, such as a membrane or a "
         "constant; each part takes what parts before it send"),
    ),
    "another order": (
        lambda m, x: m.l2(m.f1(first(m, x).permute(0, 2, 3, 1).flatten(1))),
        f"f1 takes something else than l1 sends (permute, flatten on the way); {NOTHING_ELSE}",
    ),
    "no neurons": (
        lambda m, x: m.c1(x),
        ("c1 is followed by no neurons, so nothing says what becomes of its values; add neurons, "
         "or one that only integrates"),
    ),
    "nothing": (lambda m, x: x, "Parts has no parts that were called"),
    "a compiled part": (
        lambda m, x: m.l1(m.c1(x)),
        ("compiled is compiled, and does not show what it does; pass the module that it was "
         "compiled from"),
    ),
}


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    way, message = REFUSED[case]
    module = Parts(way)
    module.product, module.wide = Product(), nn.AdaptiveAvgPool2d(1)
    if case == "a compiled part":
        module.compiled = torch.compile(nn.Linear(1, 1))
    with pytest.raises(DataError) as error:
        from_torch(module, torch.zeros(2, 2, 6, 8), steps=STEPS, readout="count")
    assert str(error.value) == message
