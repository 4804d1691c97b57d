"""Networks with weights as they are first drawn: sizes and clocks follow from shapes."""

import torch

from spikewright_hw.network import Network

from ..network.model import Model
from ..network.training_config import TrainingConfig

__all__ = ["drawn_network"]


def drawn_network(config: TrainingConfig) -> Network:
    """Return the network that a training would start from, in integers."""
    model = Model(config.model, generator=torch.Generator().manual_seed(0))
    model.quantize()
    return model.network(steps=config.coding.steps)
