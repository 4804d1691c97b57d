"""Fields of a training's config by name, as a file has them."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from inspect import signature
from typing import Any

from spikewright_hw.checks import instance, mapping, shown

from .augmentation import Augmentation
from .model_config import ModelConfig
from .training_config import TrainingConfig, training_config

__all__ = ["with_fields"]

#: What objects are made of other arguments already, or are none that a file can have.
_ELSEWHERE = ("coding", "streams", "network", "connections", "origins", "membrane")


def with_fields(config: TrainingConfig, given: Mapping[str, Any]) -> TrainingConfig:
    """Return a config with other values in some of its fields.

    Parameters
    ----------
    config : TrainingConfig
    given : mapping of str to values
        By name; those of an object in a field, such as ``real``, are a mapping in turn:
        ``{"batch": 64, "real": {"epochs": 20}, "augmentation": False}``. An ``augmentation`` of
        true is the default one.

    Raises
    ------
    ValueError
        There is no such field, or a value is out of its range; the message names it, and the
        object that it is in: ``real.epochs``.
    """
    instance(TrainingConfig)("config", config)
    return _changed(config, mapping("given", given), "")


def _changed(of: Any, given: Mapping[str, Any], place: str) -> Any:
    able = [one.name for one in fields(of) if one.name not in _ELSEWHERE]
    made = {}
    for name, value in given.items():
        if name not in able:
            raise ValueError(
                f"{place}{name} is no field of a training{_elsewhere(name)}; there are "
                f"{', '.join(able)}"
            )
        now = getattr(of, name)
        if name == "augmentation":
            now = now or Augmentation()
            value = {True: now, False: None}.get(value, value) if isinstance(value, bool) else value
        if is_dataclass(now) and isinstance(value, Mapping):
            value = _changed(now, value, f"{place}{name}.")
        elif is_dataclass(now) and not (value is None or isinstance(value, type(now))):
            raise ValueError(
                f"{place}{name} is {shown(value)}; it must be "
                f"{'true, false, or ' if name == 'augmentation' else ''}what its fields are, by "
                f"name: {', '.join(one.name for one in fields(now))}"
            )
        made[name] = value
    try:
        return replace(of, **made)
    except ValueError as error:
        its = "|".join(one.name for one in fields(of))
        raise ValueError(re.sub(rf"^(?=({its})\b)", place, str(error))) from None


def _elsewhere(name: str) -> str:
    """Return in words where something is given that is no field where it stands."""
    if name in signature(training_config).parameters:
        return ", but an argument of training_config"
    if name in {one.name for one in fields(ModelConfig)}:
        return ", but one of its model"
    return ""
