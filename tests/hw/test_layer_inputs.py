"""Functions of a layer's sums of weights, which reach beyond its membrane's format."""

import math

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.definition.definition import Parameter, neuron
from spikewright_hw.definition.expression import exp, log, maximum, minimum, sigmoid, sqrt, tanh
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer, NetworkError

MEMBRANE = Format(3, 5)
#: A function of the scaled input as an equation, and in real numbers.
FUNCTIONS = {
    "sigmoid": (sigmoid, lambda x: 1 / (1 + math.exp(-x))),
    "tanh": (tanh, math.tanh),
    "exp": (lambda x: exp(minimum(-x, 0)), lambda x: math.exp(min(-x, 0))),
    "log": (lambda x: log(maximum(x, 1)), lambda x: math.log(max(x, 1))),
    "sqrt": (lambda x: sqrt(maximum(x, 0)), lambda x: math.sqrt(max(x, 0))),
    "reciprocal": (lambda x: 8 / maximum(x, 2), lambda x: 8 / max(x, 2)),
}


def layer(function, scale) -> Layer:
    @neuron(scale=Parameter(1.0, "of the input"), threshold=Parameter(3.5, "level", unit="level"))
    def made(s, i, p):
        u = function(p.scale * i)
        return {"v": u, "spike": u >= p.threshold}

    neurons = len(scale) if isinstance(scale, tuple) else 1
    return Layer(((20,) * neurons,), 6, made, {"scale": scale}, MEMBRANE, bias=(0,) * neurons)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_any_sum_of_weights(name):
    function, real = FUNCTIONS[name]
    for weights in range(-20, 21):
        states, _ = integers.step(layer(function, 0.5).fixed, {"v": 0}, {"i": weights << 5})
        assert MEMBRANE.real(states["v"]) == pytest.approx(real(0.5 * weights), abs=2**-5), weights


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_neuron_does_not_depend_on_the_parameters_of_others(name):
    function, _ = FUNCTIONS[name]
    alone, beside = layer(function, 0.25).fixed, layer(function, (0.25, 2.0)).fixed
    for current in range(-640, 641, 7):
        assert integers.step(alone, {"v": 0}, {"i": current}) == integers.step(
            beside, {"v": 0}, {"i": current}, neuron=0
        )


def test_a_divisor_that_only_sums_of_weights_make_zero_is_refused():
    with pytest.raises(NetworkError, match="which can be zero; limit the divisor with maximum"):
        layer(lambda x: 1 / (x + 8), 1.0)
