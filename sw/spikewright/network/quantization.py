"""What quantisation without training made of a network, and how far that is from the real one."""

from dataclasses import dataclass

from rich.table import Table

from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

__all__ = ["LayerFit", "Quantization"]


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
        table = Table(title="Quantised without training", title_justify="left", caption=caption,
                      caption_justify="left")
        for column in (
            "layer", "step", "membrane", "clipped", "saturated", "rate", "distance", "silent"
        ):
            table.add_column(column, justify="right", no_wrap=True)
        for number, layer in enumerate(self.layers):
            table.add_row(
                str(number), f"{layer.scale:.4g}", str(layer.membrane),
                f"{100 * layer.clipped:.2f} %", f"{100 * layer.saturated:.2f} %",
                f"{layer.rate_real:.3f} → {layer.rate_integer:.3f}", f"{layer.distance:.3f}",
                f"{layer.dead_real} → {layer.dead}",
            )
        return table
