"""Conversion: a network of rectified values becomes one of spikes, whose rates stand for them.

A rectified unit is an integrate-and-fire neuron that loses its threshold on a spike: of a constant
current it makes spikes whose number is the current times the steps over the threshold, rounded
(B. Rueckauer et al., Front. Neurosci. 11:682, 2017). The threshold of a layer is the bound of its
activations, on samples or as it was learned, and a spike counts for as much in the next layer. The
membrane starts at half the threshold, so that the number is rounded to the nearest and not down
(T. Bu et al., AAAI 2022).
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from rich.table import Table
from torch import Tensor, nn

from spikewright.errors import DataError
from spikewright.network.hearing import heard_of_others
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import RealRun, run_layer, run_real
from spikewright_hw.checks import instance, one_of, real, whole
from spikewright_hw.definition.definition import Parameter, State

from .activations import QCFS, Outputs
from .firing import THRESHOLD, Firing, defined
from .from_torch import layers_seen
from .layers import ReadLayer
from .torch_run import VALUES, as_started, ran

__all__ = ["Conversion", "ConvertedLayer", "convert"]

#: Samples on which it is seen that the layers compute what the module does.
_TRIED = 4

_CONVERTED = defined(
    "converted",
    lambda s, i, p: {"v": s.v + i},
    Firing(comparison=">=", reset="subtract"),
    doc="Integrate without leak, from half the threshold on: the number of spikes is the sum of "
    "the currents over the threshold, rounded to the nearest.",
    v=State("membrane", start="v_start"),
    threshold=THRESHOLD,
    v_start=Parameter(0.5, "membrane before the first step", unit="level"),
)


@dataclass(frozen=True, kw_only=True)
class ConvertedLayer:
    """What conversion made of a layer, on the samples; errors are shares of the mean activation.

    Parameters
    ----------
    bound : float
        Threshold of its neurons, in the unit of the activations.
    clipping : float
        Error of activations above the bound.
    quantisation : float
        Error of there being as many levels as steps.
    unevenness : float
        How far the spikes are from those of the same currents, had these come evenly.
    rate : float
        Spikes for each neuron and step.
    """

    bound: float
    clipping: float
    quantisation: float
    unevenness: float
    rate: float


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """A network of spikes, and how far its layers are from those that it was converted from.

    Prints as a table where rich prints it.

    Parameters
    ----------
    network : RealNetwork
        It takes the values of a sample in each step.
    layers : tuple of ConvertedLayer
        Of the layers that spike.
    agreement : float
        Share of the samples for which its highest output is that of the module, 0 to 1.
    """

    network: RealNetwork
    layers: tuple[ConvertedLayer, ...]
    agreement: float

    def __rich__(self) -> Table:
        """Return a row for each layer that spikes."""
        table = Table(
            caption=f"highest output as before: {100 * self.agreement:.2f} % of the samples",
            caption_justify="left",
        )
        for column in ("layer", "threshold", "clipping", "quantisation", "unevenness", "rate"):
            table.add_column(column, justify="right")
        for number, layer in enumerate(self.layers):
            shares = (layer.clipping, layer.quantisation, layer.unevenness)
            table.add_row(
                str(number), f"{layer.bound:.4g}", *(f"{100 * one:.2f} %" for one in shares),
                f"{layer.rate:.4f}",
            )
        return table


def convert(
    module: nn.Module,
    samples: Tensor,
    *,
    steps: int,
    method: Literal["percentile", "maximum"] = "percentile",
    percentile: float = 99.9,
) -> Conversion:
    """Convert a trained network of rectified units to integrate-and-fire neurons.

    ``docs/convert.md`` says what a module may have: weights, convolutions, average pooling, batch
    normalisation, which is folded, ReLU, and :class:`~spikewright.exchange.activations.QCFS`, whose
    learned bound is the threshold. The answer is the highest membrane of the outputs after the last
    step. The module itself is not changed.

    Parameters
    ----------
    module : torch.nn.Module
        It ends in the outputs, without an activation.
    samples : Tensor ``[samples, ...]``
        Of the training part, as the module takes them: the bounds follow from them.
    steps : int
        Time steps of an inference.
    method : str
        The bound of a layer after ReLU is the ``maximum`` of its activations, or a ``percentile``
        of those above 0.
    percentile : float
        Above 0, at most 100.

    Raises
    ------
    DataError
        A part of the module is not converted, or does what cannot be kept; a layer is never active
        on the samples; the sentence names it.
    ValueError
        An argument is of another kind or out of its range; the message names it.
    """
    instance(nn.Module)("module", module)
    instance(Tensor)("samples", samples)
    whole(1)("steps", steps)
    one_of(("percentile", "maximum"))("method", method)
    if real(0, 100)("percentile", percentile) == 0:
        raise ValueError("percentile is 0; it must be above 0")
    if samples.dim() < 2 or not len(samples):
        raise DataError(
            f"samples is of shape {list(samples.shape)}; it must be samples × values, at least one"
        )
    if not torch.isfinite(samples).all():
        raise DataError("samples hold values that are no finite numbers")
    plain, learned = _with_relus(module)
    read = _read(plain, samples)
    values = samples.double().flatten(1).numpy()
    own = [learned.get(one.names[-1]) for one in read[:-1]]
    active = _activations(read, own, values)
    share = 100.0 if method == "maximum" else percentile
    bounds = [
        _bound(one, number, active[number], share) if known is None else known.bound.item()
        for number, (one, known) in enumerate(zip(read, own, strict=False))
    ]
    network = _converted([one.layer for one in read], bounds, steps=steps)
    given = np.repeat(values[:, None], steps, axis=1)
    run = run_real(network, given)
    return Conversion(
        network=network,
        layers=tuple(
            _fit(run, number, active[number], bound, steps=steps)
            for number, bound in enumerate(bounds)
        ),
        agreement=float((run.predictions == active[-1].argmax(axis=1)).mean()),
    )


def _with_relus(module: nn.Module) -> tuple[nn.Module, dict[str, QCFS]]:
    """Return a copy that ends in what is read as outputs, and its activations of levels by name.

    These are ReLUs in the copy: what lies between activations is the same.
    """
    plain = nn.Sequential()
    plain.add_module("module", copy.deepcopy(module))
    plain.add_module("outputs", Outputs())
    learned = {}
    for name, part in list(plain.named_modules()):
        if not isinstance(part, QCFS):
            continue
        learned[name] = part
        if not 0 < part.bound.item() < float("inf"):
            raise DataError(
                f"{name.removeprefix('module.')} has learned the bound {part.bound.item():g}; it "
                "must be above 0, so train with a lower learning rate"
            )
        owner, _, own = name.rpartition(".")
        setattr(plain.get_submodule(owner), own, nn.ReLU())
    return plain, learned


def _read(module: nn.Module, samples: Tensor) -> list[ReadLayer]:
    """Return the layers of a module, each with what it sends: rectified values, or the outputs."""
    example = samples[:_TRIED]
    try:
        seen = ran(as_started(module), example, None, VALUES)
        read, _ = layers_seen(seen, lead=(1, len(example)), on="values")
    except DataError as error:
        raise DataError(str(error).replace("module.", "")) from error
    for one in read[:-1]:
        if one.layer.definition.spikes:
            raise DataError(
                f"{one.names[-1].removeprefix('module.')} spikes already; convert() takes networks "
                "of values, and from_torch() those of spikes"
            )
    if len(read) < 2:
        raise DataError("the module has no ReLU and no QCFS, so there is nothing to convert")
    if read[-1].names == ("outputs",):
        raise DataError(
            f"the module ends in {read[-2].names[-1].removeprefix('module.')}; leave the last "
            "activation out, for outputs are read by their membranes"
        )
    return read


def _activations(
    read: Sequence[ReadLayer], learned: Sequence[QCFS | None], values: np.ndarray
) -> list[np.ndarray]:
    """Return the rectified values of each layer, and the outputs, ``[samples, neurons]``."""
    sent, found = [values[:, None]], []
    for number, one in enumerate(read):
        arriving = heard_of_others(number, one.layer, sent).astype(np.float64)
        _, states, _ = run_layer(one.layer, arriving)
        found.append(states["v"][:, 0])
        known = learned[number] if number < len(learned) else None
        sent.append(
            states["v"] if known is None
            else _levels(states["v"], known.bound.item(), known.levels)
        )
    return found


def _bound(read: ReadLayer, number: int, active: np.ndarray, percentile: float) -> float:
    above = active[active > 0]
    if not above.size:
        raise DataError(
            f"{read.names[-1].removeprefix('module.')} is never active on the samples, so layer "
            f"{number} has no threshold; give samples that the module was trained on"
        )
    return float(np.percentile(above, percentile))


def _converted(
    layers: Sequence[RealLayer], bounds: Sequence[float], *, steps: int
) -> RealNetwork:
    """Return the network of spikes; a spike of a layer counts for its bound."""
    made = []
    for number, layer in enumerate(layers):
        last = number == len(layers) - 1
        weights, first = np.array(layer.weights), 0
        for part, origin in layer.parts:
            heard = number + 1 - origin.back
            weights[first : first + part.rows] *= bounds[heard - 1] if heard else 1.0
            first += part.rows
        bound = 0.0 if last else bounds[number]
        made.append(replace(
            layer,
            weights=weights,
            neuron="li" if last else _CONVERTED,
            parameters={"decay": 1.0} if last else {"threshold": bound, "v_start": bound / 2},
        ))
    return RealNetwork(layers=tuple(made), steps=steps, readout="last")


def _fit(
    run: RealRun, number: int, active: np.ndarray, bound: float, *, steps: int
) -> ConvertedLayer:
    """Return how far the spikes of a layer are from the activations that they stand for."""
    mean = float(np.abs(active).mean()) or 1.0
    clipped = np.minimum(active, bound)
    spikes = run.spikes[number].sum(axis=1)
    (current,) = run.currents[number].values()
    even = _levels(current.mean(axis=1), bound, steps)
    return ConvertedLayer(
        bound=bound,
        clipping=float(np.abs(active - clipped).mean()) / mean,
        quantisation=float(np.abs(clipped - _levels(clipped, bound, steps)).mean()) / mean,
        unevenness=float(np.abs(bound / steps * spikes - even).mean()) / mean,
        rate=float(run.spikes[number].mean()),
    )


def _levels(values: np.ndarray, bound: float, steps: int) -> np.ndarray:
    """Return what spikes stand for if currents come evenly: the nearest level, up to the bound."""
    return bound / steps * np.clip(np.floor(values * steps / bound + 0.5), 0, steps)
