"""A point: one setting of everything, and what it comes to: a training, an engine, a board."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from spikewright_hw.engine.design import Design, EventDesign, StochasticDesign
from spikewright_hw.engine.streams import Streams

from ..gateware.board import DEFAULT_BOARD, Board, board_named
from ..gateware.design import check_design
from ..network.draft import draft
from ..network.training_config import TrainingConfig, training_config
from ..task.task import Task
from .axes import DESIGN_AXES, TRAINING_AXES

__all__ = ["Point", "point_of"]


@dataclass(frozen=True, kw_only=True)
class Point:
    """A setting that can be trained, run and built.

    Parameters
    ----------
    settings : dict
        Those that are compared, by the names of their axes.
    config : TrainingConfig
    design : Design
    board : Board
    """

    settings: Mapping[str, Any] = field(hash=False)
    config: TrainingConfig
    design: Design
    board: Board


def point_of(settings: Mapping[str, Any], task: Task) -> Point:
    """Return the point of these settings.

    Raises
    ------
    SpikewrightError, ValueError
        Such a network cannot be trained for the task, or cannot run on the engine; the message
        says why.
    """
    chosen = {name: value for name, value in settings.items() if name in TRAINING_AXES}
    config = training_config(task, **chosen)
    design = _design({name: value for name, value in settings.items() if name in DESIGN_AXES})
    with suppress(ValueError):  # of a network without a draft, training says why
        made = draft(config.model, steps=config.coding.steps)
        check_design(design, made)
    return Point(
        settings=dict(settings), config=config, design=design,
        board=board_named(settings.get("board", DEFAULT_BOARD)),
    )


def _design(chosen: dict[str, Any]) -> Design:
    engine = chosen.pop("engine", EventDesign.name)
    if engine == EventDesign.name:
        return EventDesign(**chosen)
    if engine != StochasticDesign.name:
        names = f"{EventDesign.name!r} or {StochasticDesign.name!r}"
        raise ValueError(f"engine is {engine!r}; it must be {names}")
    own = StochasticDesign.__dataclass_fields__
    streams = {name: value for name, value in chosen.items() if name not in own}
    rest = {name: value for name, value in chosen.items() if name in own}
    return StochasticDesign(streams=Streams(**streams), **rest)
