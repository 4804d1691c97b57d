"""What the bench of the neurons found, as rows and figures of a report."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from spikewright_hw.neuron import DEFINITIONS

from ..gateware.resources import Resources
from ..network.training_config import TrainingConfig
from ..quantized.network import Provenance
from ..task.task import Task
from .figure import Computed, Figure, Measured
from .report import Report

__all__ = ["BASE", "PRESET", "NeuronBench", "neuron_report"]

#: What the training time of each neuron is compared with.
BASE = "lif"
#: Preset of the cores whose size is counted.
PRESET = "q8_8"


@dataclass(frozen=True)
class NeuronBench:
    """What was found of one neuron.

    Parameters
    ----------
    name : str
    results : tuple of Provenance
        Of the network of each seed; it has the accuracies.
    time : float
        CPU seconds of a training step over those of :data:`BASE`.
    size : Resources or None
        Of its core; None where it has none.
    """

    name: str
    results: tuple[Provenance, ...]
    time: float
    size: Resources | None

    @property
    def real(self) -> float:
        """Mean test accuracy in real numbers, 0 to 1."""
        return mean(self._accuracies[0])

    @property
    def integer(self) -> float:
        """Mean test accuracy of the integers, 0 to 1."""
        return mean(self._accuracies[1])

    @property
    def _accuracies(self) -> tuple[tuple[float, ...], ...]:
        """The accuracies of all seeds, in real numbers and of the integers."""
        return tuple(zip(*(result.accuracies for result in self.results), strict=True))

    def row(self, config: TrainingConfig) -> dict[str, str | int | float | None]:
        """Return it as a row of the report; accuracies in percent."""
        return {
            "neuron": self.name,
            "states": len(DEFINITIONS[self.name].states),
            "accuracy_float": round(100 * self.real, 2),
            "accuracy_float_seeds": _percents(self._accuracies[0]),
            "accuracy_integer": round(100 * self.integer, 2),
            "accuracy_integer_seeds": _percents(self._accuracies[1]),
            "format": str(config.model.membrane),
            "weight_bits": max(config.model.widths),
            "epochs_float": config.real.epochs,
            "epochs_quantized": config.quantized.epochs,
            f"time_over_{BASE}": round(self.time, 2),
            "lut4_ecp5": None if self.size is None else self.size.counts.lut,
        }

    def figures(self, config: TrainingConfig, task: Task) -> list[Figure]:
        """Return the row's numbers with where they come from."""
        tested = f"on the {len(task.y_test)} test samples of {task.name}, mean of the seeds"
        numbers, integers = (
            {"seeds": [getattr(result, kind) for result in self.results]}
            for kind in ("accuracy_float", "accuracy_integer")
        )
        figures = [
            Figure(
                f"accuracy_float_{self.name}", self.real, "1",
                Computed(f"share classified rightly in real numbers {tested}"), numbers,
            ),
            Figure(
                f"accuracy_integer_{self.name}", self.integer, "1",
                Computed(f"share classified rightly by the integer program on arrays {tested}"),
                integers,
            ),
            Figure(
                f"training_time_{self.name}", self.time, BASE,
                Measured(
                    instrument="process CPU clock, time.process_time",
                    tap=f"training steps of a batch of {config.batch}, one thread, in turns with "
                    f"{BASE}; median of the ratios",
                    sampling_rate_hz=1 / time.get_clock_info("process_time").resolution,
                ),
            ),
        ]
        if self.size is not None:
            figures.append(Figure(
                f"lut4_ecp5_{self.name}", self.size.counts.lut, "LUT4",
                Computed(f"counted in the netlist of {PRESET}: {self.size.size_source}"),
            ))
        return figures


def neuron_report(
    benches: Sequence[NeuronBench],
    config: TrainingConfig,
    task: Task,
    *,
    made: Mapping[str, str],
) -> Report:
    """Return the report ``neurons``: a row for each of them, and where each number comes from."""
    sizes = "-".join(map(str, config.model.sizes))
    split = f"{task.name}, {len(task.y_train)} samples to train and {len(task.y_test)} to test"
    return Report(
        name="neurons",
        title="The neurons on one task",
        summary=(
            f"Digits on {sizes}, {config.coding.steps} steps, {config.real.epochs} epochs in real "
            f"numbers and {config.quantized.epochs} on the grid ({config.model.membrane} states, "
            f"{max(config.model.widths)}-bit weights); accuracies in percent of the test part."
        ),
        figures=tuple(figure for one in benches for figure in one.figures(config, task)),
        rows=tuple(one.row(config) for one in benches),
        made={"task": split, **made},
    )


def _percents(shares: Iterable[float]) -> str:
    return " / ".join(f"{100 * share:.1f}" for share in shares)
