"""Fields of a training's config by name, as a file has them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from spikewright_hw.checks import instance, mapping

from .augmentation import Augmentation
from .training_config import TrainingConfig

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
        There is no such field, or a value is out of its range; the message names it.
    """
    instance(TrainingConfig)("config", config)
    return _changed(config, mapping("given", given), "")


def _changed(of: Any, given: Mapping[str, Any], place: str) -> Any:
    able = [one.name for one in fields(of) if one.name not in _ELSEWHERE]
    made = {}
    for name, value in given.items():
        if name not in able:
            raise ValueError(
                f"{place}{name} is no field of a training; there are {', '.join(able)}"
            )
        now = getattr(of, name)
        if name == "augmentation":
            now = now or Augmentation()
            value = {True: now, False: None}.get(value, value) if isinstance(value, bool) else value
        if is_dataclass(now) and isinstance(value, Mapping):
            value = _changed(now, value, f"{place}{name}.")
        made[name] = value
    return replace(of, **made)
