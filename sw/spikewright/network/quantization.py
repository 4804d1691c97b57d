"""What quantisation made of a network's layers, and how far these are from the real ones."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from rich.table import Table

from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network

from .quantize import bound
from .real_layer import RealLayer
from .real_run import RealRun
from .reference import Run

__all__ = ["LayerFit", "Quantization", "fits_table", "layer_fit"]


@dataclass(frozen=True, kw_only=True)
class LayerFit:
    """What quantisation made of a layer, on the samples.

    Parameters
    ----------
    neuron : str
        The definition's name.
    scale : float
        Size of a weight step, in the real network's units.
    membrane : Format
    clipped : float
        Share of the weights that lie beyond the largest one, 0 to 1.
    saturated : float
        Share of neurons and samples whose membrane reached an end of its format, 0 to 1.
    rate_real, rate_integer : float
        Spikes for each neuron and step, mean; 0 for a layer that does not spike.
    distance : float
        Mean of how far a neuron's rate in integers is from that in real numbers.
    dead_real, dead : int
        Neurons that never spiked, in real numbers and in integers; 0 for a layer that does not
        spike.
    """

    neuron: str
    scale: float
    membrane: Format
    clipped: float
    saturated: float
    rate_real: float
    rate_integer: float
    distance: float
    dead_real: int
    dead: int

    def data(self) -> dict[str, Any]:
        """Return it as JSON has it; :meth:`of_data` reads it again."""
        return asdict(self) | {"membrane": str(self.membrane)}

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> Self:
        """Return what :meth:`data` wrote."""
        given: dict[str, Any] = {**data, "membrane": Format.parse(data["membrane"])}
        return cls(**given)


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """A network in integers, and how far it is from the real one it was made of.

    Prints as a table where rich prints it.

    Parameters
    ----------
    network : Network
    layers : tuple of LayerFit
    agreement : float
        Share of the samples that both networks answer alike, 0 to 1.
    accuracy_real, accuracy_integer : float, optional
        Share of the samples answered rightly, before and after; None without labels.
    """

    network: Network
    layers: tuple[LayerFit, ...]
    agreement: float
    accuracy_real: float | None = None
    accuracy_integer: float | None = None

    def __rich__(self) -> Table:
        """Return a row for each layer, and the answers below."""
        caption = f"same answer: {100 * self.agreement:.2f} % of the samples"
        if self.accuracy_real is not None and self.accuracy_integer is not None:
            caption += (
                f"; right: {100 * self.accuracy_real:.2f} % in real numbers, "
                f"{100 * self.accuracy_integer:.2f} % in integers"
            )
        return fits_table(self.layers, title="Quantised without training", caption=caption)


def layer_fit(
    index: int, layer: RealLayer, made: Layer, scale: float, before: RealRun, after: Run
) -> LayerFit:
    """Return what quantisation made of a layer, from runs of both networks on the same samples.

    Parameters
    ----------
    index : int
        Of the layer.
    layer : RealLayer
    made : Layer
    scale : float
        Size of a weight step; the mean, if channels have steps of their own.
    before, after : RealRun, Run
    """
    matrices = [layer.weights, *([] if layer.recurrent is None else [layer.recurrent])]
    weights = np.concatenate([one.ravel() for one in matrices])
    limit = (bound(made.weight_bits) + 0.5) * scale
    real_rates, rates = (
        one.mean(axis=(0, 1)) for one in (before.spikes[index], after.spikes[index])
    )
    membranes = after.layers[index].membranes
    low, high = made.fixed.bounds["v"]
    ended = ((membranes <= low) | (membranes >= high)).any(axis=1)
    spiking = layer.definition.spikes
    return LayerFit(
        neuron=layer.definition.name,
        scale=scale,
        membrane=made.membrane,
        clipped=float(np.mean(np.abs(weights) > limit)),
        saturated=float(ended.mean()),
        rate_real=float(real_rates.mean()),
        rate_integer=float(rates.mean()),
        distance=float(np.abs(rates - real_rates).mean()),
        dead_real=int((real_rates == 0).sum()) if spiking else 0,
        dead=int((rates == 0).sum()) if spiking else 0,
    )


def fits_table(fits: Sequence[LayerFit], *, title: str, caption: str | None = None) -> Table:
    """Return a table of a row for each layer."""
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    for column in (
        "layer", "step", "membrane", "clipped", "saturated", "rate", "distance", "silent"
    ):
        table.add_column(column, justify="right", no_wrap=True)
    for number, layer in enumerate(fits):
        table.add_row(
            str(number), f"{layer.scale:.4g}", str(layer.membrane),
            f"{100 * layer.clipped:.2f} %", f"{100 * layer.saturated:.2f} %",
            f"{layer.rate_real:.3f} → {layer.rate_integer:.3f}", f"{layer.distance:.3f}",
            f"{layer.dead_real} → {layer.dead}",
        )
    return table
