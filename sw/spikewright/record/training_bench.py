"""What the bench of the training's settings found, as rows and figures of a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev
from typing import Any

from .figure import Computed, Figure
from .report import Report
from .training_seeds import SEED_BLOCKS

__all__ = ["BLOCKS", "BLOCK_OF", "DEFAULTS", "Fold", "Setting", "training_report"]

#: Blocks of ``docs/training.md`` that benches write.
BLOCKS = ("choice", "codings", "grids", "reference", "speed", "cells", *SEED_BLOCKS)
#: That of each table of settings.
BLOCK_OF = {"settings": "choice", "codings": "codings", "grids": "grids"}
#: Name of the setting that the others are compared with.
DEFAULTS = "defaults"
#: Standard errors of the mean difference by which a setting must be better to be chosen.
MARGIN = 2


@dataclass(frozen=True, kw_only=True)
class Fold:
    """What one training gave on the samples that it was not shown.

    Parameters
    ----------
    real, integer : float
        Share of them classified rightly, 0 to 1: by the float network before quantisation, and by
        the integer reference.
    spikes, synops : float
        Hidden spikes and synaptic operations per sample, mean.
    """

    real: float
    integer: float
    spikes: float
    synops: float


@dataclass(frozen=True)
class Setting:
    """One setting and what each fold gave."""

    name: str
    folds: tuple[Fold, ...]

    def mean(self, kind: str) -> float:
        """Mean of a field of :class:`Fold` over the folds."""
        return mean(getattr(fold, kind) for fold in self.folds)

    def difference(self, base: "Setting") -> tuple[float, float]:
        """Mean difference of the integer accuracy from that of ``base``, and its standard error.

        Both settings see the same folds, so the differences are taken fold by fold.
        """
        each = [
            one.integer - other.integer for one, other in zip(self.folds, base.folds, strict=True)
        ]
        return mean(each), _error(each)

    def better(self, base: "Setting") -> bool:
        """Whether it is better than ``base`` by more than :data:`MARGIN` standard errors."""
        difference, error = self.difference(base)
        return difference > MARGIN * error

    def row(self, base: "Setting", again: tuple[float, float] | None) -> dict[str, Any]:
        """Return it as a row of the report; accuracies in percent.

        ``again`` is the difference on other folds, and its standard error.
        """
        difference, error = self.difference(base)
        return {
            "setting": self.name,
            "accuracy_float": round(100 * self.mean("real"), 2),
            "accuracy_integer": round(100 * self.mean("integer"), 2),
            "difference": round(100 * difference, 2),
            "difference_error": round(100 * error, 2),
            "again": None if again is None else round(100 * again[0], 2),
            "again_error": None if again is None else round(100 * again[1], 2),
            "hidden_spikes": round(self.mean("spikes"), 1),
            "synops": round(self.mean("synops")),
        }


def training_report(
    settings: Sequence[Setting], *, again: Sequence[Setting] = (), made: Mapping[str, str],
    table: str = "settings",
) -> Report:
    """Return the report of a table of settings: a row for each, and the figures of the defaults.

    Parameters
    ----------
    settings : sequence of Setting
        The defaults among them.
    again : sequence of Setting
        On other folds: the defaults, and the settings that were better on the first ones.
    made : mapping of str to str
        How it was made.
    table : str
        A key of :data:`BLOCK_OF`.
    """
    chosen = table == "settings"
    (base,) = (setting for setting in settings if setting.name == DEFAULTS)
    seen_again = {setting.name: setting for setting in again}
    others = {
        name: setting.difference(seen_again[DEFAULTS])
        for name, setting in seen_again.items() if name != DEFAULTS
    }
    folds = len(base.folds)
    figures = []
    for kind, name, who in (
        ("real", "float", "the float network before quantisation"),
        ("integer", "integer", "the integer reference"),
    ):
        each = [getattr(fold, kind) for fold in base.folds]
        figures.append(Figure(
            f"accuracy_{name}_folds", 100 * base.mean(kind), "%",
            Computed(
                f"mean of {folds} folds of the training part, each held out in turn; by {who}"
            ),
            {
                "per_fold": [100 * share for share in each],
                "standard_error": 100 * _error(each),
            },
        ))
    return Report(
        name=f"training_{table}",
        title="How the defaults of the training were chosen" if chosen else f"Training: {table}",
        summary=(
            f"{len(settings)} settings on {folds} stratified folds of the training part, the test "
            f"part left out. {_verdict(settings, base, seen_again)}"
        ),
        figures=tuple(figures),
        rows=tuple(setting.row(base, others.get(setting.name)) for setting in settings),
        made=dict(made),
    )


def _verdict(
    settings: Sequence[Setting], base: Setting, again: Mapping[str, Setting]
) -> str:
    """Say which settings are better, and which of them on other folds as well."""
    by = f"by more than {MARGIN} standard errors of the mean difference from the defaults"
    winners = [setting.name for setting in settings if setting.better(base)]
    if not winners:
        return f"No other setting is better {by}."
    said = f"Better {by}: {'; '.join(winners)}."
    if again:
        kept = [name for name in winners if again[name].better(again[DEFAULTS])]
        said += f" On {len(again[DEFAULTS].folds)} other folds, "
        said += f"too: {'; '.join(kept)}." if kept else "none of them is: the defaults stay."
    return said


def _error(values: Sequence[float]) -> float:
    """Standard error of the mean."""
    return stdev(values) / sqrt(len(values))
