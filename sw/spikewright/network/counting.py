"""A network of one kind of neuron that is shown a still sample and answers by counting spikes.

The sample's values are currents, the same in every step, and the answer is the output neuron with
the most spikes. The bench of the neurons trains it with each of them, so nothing in it may favour
one. Neurons live in different units, from a threshold of 1 to spikes of 100 mV, and a first batch
sets each layer to its own (:meth:`CountingNetwork.calibrate`), as data-dependent and
fluctuation-driven initialisation do (Mishkin, Matas, ICLR 2016; Rossbroich, Gygax, Zenke,
Neuromorph. Comput. Eng. 2:044016, 2022).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.interval import Interval
from spikewright_hw.fixed import Format

from .cell import Cell
from .counting_reference import CountingLayer
from .quantize import bound, quantize
from .surrogate import FastSigmoid, Surrogate
from .wiring import Wired, scan

__all__ = ["CountingConfig", "CountingGrid", "CountingNetwork", "stored_current"]


@dataclass(frozen=True, kw_only=True)
class CountingConfig:
    """The set-up, the same for each neuron.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden layers, outputs.
    steps : int
        How long a sample is shown.
    high : int
        A value of the samples is a whole number from 0 to this power of two, which is a current
        of 1.
    rates : tuple of float
        Spikes of a neuron in a step that each layer is calibrated to.
    drive : float
        Mean current of a neuron in the first batch, in standard deviations of the current.
    spread : float
        Standard deviation of the first weights, before the gain, times the square root of the
        number of inputs; of recurrent ones ``recurrent_spread``.
    surrogate : Surrogate
    format : Format
        Of the states when quantised; in real numbers they already saturate at its ends.
    weight_bits : int
        2 to 8.
    """

    sizes: tuple[int, ...] = (64, 128, 10)
    steps: int = 25
    high: int = 16
    rates: tuple[float, ...] = (0.15, 0.07)
    drive: float = 1.0
    spread: float = 0.5
    recurrent_spread: float = 0.03
    surrogate: Surrogate = field(default_factory=lambda: FastSigmoid(width=0.2))
    format: Format = field(default_factory=lambda: Format(8, 8))
    weight_bits: int = 8


@dataclass(frozen=True)
class CountingGrid:
    """A layer in integers.

    Parameters
    ----------
    fixed : FixedNeuron
    exponent : int
        One weight step is ``2**-exponent``; may be negative.
    shift : int
        A sum of weights becomes a stored current when it is shifted to the left by this much, or,
        if negative, to the right and rounded half up.
    """

    fixed: FixedNeuron
    exponent: int
    shift: int


class CountingNetwork(nn.Module):
    """The network, in real numbers until :meth:`quantize`.

    Parameters
    ----------
    definition : Definition
        A neuron that spikes, with its own defaults; what it trains is trained.
    config : CountingConfig
    generator : torch.Generator
        Draws the first weights.
    """

    def __init__(
        self, definition: Definition, config: CountingConfig, *, generator: torch.Generator
    ):
        super().__init__()
        if not definition.spikes:
            raise ValueError(f"{definition.name} never spikes, so its spikes cannot be counted")
        self.config = config
        draw = partial(torch.randn, generator=generator)
        self.weights = nn.ParameterList(
            config.spread * draw(before, after) / math.sqrt(before)
            for before, after in pairwise(config.sizes)
        )
        returns = any(one.source == "recurrent" for one in definition.inputs.values())
        self.recurrent = nn.ParameterList(
            config.recurrent_spread * draw(size, size) / math.sqrt(size)
            for size in (config.sizes[1:] if returns else ())
        )
        self.gains = [1.0] * len(self.weights)
        self.grid: list[CountingGrid] | None = None
        self.cells = [
            Cell(
                definition, surrogate=config.surrogate, detach_reset=True, limits=config.format
            )
            for _ in self.weights
        ]
        self.learned = nn.ModuleList(self.cells)

    def forward(self, values: Tensor) -> Tensor:
        """Return the spike counts ``[samples, outputs]`` of samples ``[samples, inputs]``."""
        return self._run(values, len(self.weights)).sum(0)

    @torch.no_grad()
    def calibrate(self, values: Tensor) -> None:
        """Set each layer's gain, a power of two, and shift its weights, on a batch of samples.

        The weights of a neuron are shifted along the mean of what arrives, so that its mean
        current is ``drive`` standard deviations; that keeps all neurons of a layer equally busy,
        and the outputs of an untrained network alike. The gain is the one that comes closest to the
        layer's rate.
        """
        for number, (weights, rate) in enumerate(
            zip(self.weights, self.config.rates, strict=True)
        ):
            arriving = self._run(values, number).mean(0)
            mean = arriving.mean(0)
            deviation = ((arriving - mean) @ weights).std(0).mean()
            excess = mean @ weights - self.config.drive * deviation
            weights -= mean[:, None] * excess / mean.square().sum().clamp(min=1e-12)

            def distance(gain: float, number: int = number, rate: float = rate) -> float:
                self.gains[number] = gain
                found = float(self._run(values, number + 1).mean())
                return abs(math.log((found + 1e-4) / rate))

            self.gains[number] = min((2.0**k for k in range(-6, 13)), key=distance)

    @torch.no_grad()
    def quantize(self) -> None:
        """Fix each layer's grid: weights of a few bits, a power of two a step, and the neurons.

        What the neurons have learned of their parameters is rounded with them and stays.
        """
        config, grid = self.config, []
        arithmetic = Arithmetic(format=config.format, rounding="half_up")
        for number, cell in enumerate(self.cells):
            exponent = _best_exponent(self._real(number), bits=config.weight_bits)
            behind = exponent + (config.high.bit_length() - 1 if number == 0 else 0)
            grid.append(CountingGrid(
                fixed=FixedNeuron.of(cell.definition, arithmetic, cell.values()),
                exponent=exponent,
                shift=config.format.fraction - behind,
            ))
        self.grid = grid
        self.cells = [
            Cell(
                one.fixed,
                surrogate=config.surrogate,
                detach_reset=True,
                inputs=dict.fromkeys(one.fixed.definition.inputs, self._reach(number)),
            )
            for number, one in enumerate(grid)
        ]
        self.learned = nn.ModuleList(self.cells)

    def integer_weights(self) -> list[tuple[Tensor, Tensor | None]]:
        """Return each layer's weights on its grid, and its recurrent ones, with gradients."""
        if self.grid is None:
            raise ValueError("the network has real weights; quantize() it first")

        def whole(weights: Tensor, one: CountingGrid) -> Tensor:
            return quantize(weights, scale=2.0**-one.exponent, bits=self.config.weight_bits)

        return [
            (whole(forward, one), None if back is None else whole(back, one))
            for one, (forward, back) in zip(
                self.grid, map(self._real_parts, range(len(self.grid))), strict=True
            )
        ]

    def integers(self) -> list[CountingLayer]:
        """Return the quantised network in plain integers."""
        with torch.no_grad():
            matrices = self.integer_weights()
        assert self.grid is not None
        return [
            CountingLayer(
                fixed=one.fixed,
                weights=forward.numpy().astype(np.int64),
                recurrent=None if back is None else back.numpy().astype(np.int64),
                shift=one.shift,
            )
            for one, (forward, back) in zip(self.grid, matrices, strict=True)
        ]

    # Running --------------------------------------------------------------------------------------

    def _run(self, values: Tensor, layers: int) -> Tensor:
        """Return the spikes of the last one of the first layers, ``[steps, samples, neurons]``."""
        scale = 1 if self.grid is not None else 1 / self.config.high
        arriving = (values * scale).expand(self.config.steps, -1, -1)
        for layer in self._layers(layers):
            arriving, _ = scan(layer, arriving)
        return arriving

    def _layers(self, count: int) -> Iterator[Wired]:
        if self.grid is None:
            for number in range(count):
                yield Wired(self.cells[number], *self._real_parts(number))
            return
        for cell, one, (forward, back) in zip(
            self.cells[:count], self.grid, self.integer_weights(), strict=False
        ):
            yield Wired(cell, forward, back, partial(stored_current, grid=one))

    def _real_parts(self, number: int) -> tuple[Tensor, Tensor | None]:
        back = self.recurrent[number] * self.gains[number] if len(self.recurrent) else None
        return self.weights[number] * self.gains[number], back

    def _reach(self, number: int) -> Interval:
        """Return the stored currents that can arrive at a layer."""
        assert self.grid is not None
        rows = max(self.config.sizes[number : number + 2])
        most = rows * bound(self.config.weight_bits) * (self.config.high if number == 0 else 1)
        stored = math.ceil(most * 2.0 ** self.grid[number].shift)
        return Interval(-stored, stored)

    def _real(self, number: int) -> Tensor:
        forward, back = self._real_parts(number)
        return forward if back is None else torch.cat([forward, back])


def stored_current(total: Tensor, *, grid: CountingGrid) -> Tensor:
    """Return the stored current of a sum of weights; like a layer's, it is of any size."""
    scaled = total * 2.0**grid.shift
    if grid.shift < 0:
        scaled = scaled + ((scaled + 0.5).floor() - scaled).detach()
    return scaled


def _best_exponent(weights: Tensor, *, bits: int) -> int:
    """Return the power of two of a weight step with the least mean squared error."""
    top = math.ceil(math.log2(max(float(weights.abs().max()), 1e-12) / bound(bits)))

    def error(exponent: int) -> float:
        step = 2.0**-exponent
        return float((quantize(weights, scale=step, bits=bits) * step - weights).square().sum())

    return min(range(-top, -top + 3), key=error)
