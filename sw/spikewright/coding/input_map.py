"""The map of a network's inputs: where those of a coding lie."""

from math import prod

from spikewright.task.task import Task
from spikewright_hw.connection import FeatureMap

from .coding import Coding
from .events import Events

__all__ = ["input_map"]


def input_map(task: Task, coding: Coding) -> FeatureMap:
    """Return the places of a coding's inputs, for convolutions.

    An image has one for each pixel, in the channels that it has; recorded events one for each place
    of the sensor that the coding tells apart, in a channel for each polarity. Inputs of other tasks
    have no place: they are channels.
    """
    if isinstance(coding, Events):
        rows = -(-coding.height // coding.factor)
        columns = coding.inputs // (rows * coding.polarities)
        return FeatureMap(channels=coding.polarities, height=rows, width=columns)
    if task.kind == "image" and prod(task.image) == coding.inputs:
        height, width, *channels = task.image
        return FeatureMap(channels=prod(channels), height=height, width=width)
    return FeatureMap(channels=coding.inputs)
