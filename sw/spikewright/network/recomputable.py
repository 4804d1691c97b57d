"""Which networks can be run again segment by segment, as :mod:`.recomputed` does."""

from .model_config import ModelConfig

__all__ = ["check_recomputed"]

#: Normalisations whose means are over all steps.
_OVER_STEPS = ("batch", "tdbn", "tebn")


def check_recomputed(config: ModelConfig) -> None:
    """Raise :exc:`ValueError` for a network that cannot be run again segment by segment."""
    origins = [origin for each in config.heard for origin in each]
    for found, what in (
        (config.normalisation in _OVER_STEPS,
         f"normalisation={config.normalisation!r}, whose means are over all steps at once"),
        (config.surrogate == "asgl", "surrogate='asgl', which draws anew each time"),
        (any(origin.back == 0 for origin in origins),
         "a layer that hears itself by r, which reaches back beyond a segment; recurrent_lif may"),
        (any(origin.delays for origin in origins),
         "a layer that hears delayed spikes, which reach back beyond a segment"),
    ):
        if found:
            raise ValueError(
                f"recompute=True does not go with {what}; change that, or leave recompute= out"
            )
