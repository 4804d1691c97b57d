"""Forecasts on a virtual board, whose answers the host feeds back."""

from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from ..device.boards import open_board
from ..errors import DataError
from ..quantized.network import QuantizedNetwork
from ..record.figure import Figure, Simulated
from .forecaster import Forecaster

__all__ = ["BoardForecast", "forecast_on_board"]


@dataclass(frozen=True)
class BoardForecast:
    """What a virtual board did: how many forecasts, all as the reference, in how many cycles."""

    forecasts: int
    cycles: tuple[int, ...]

    def figures(self) -> list[Figure]:
        """Return them as figures of a report."""
        by = Simulated("board top with the event engine", "Verilator")
        return [
            Figure("compared", self.forecasts, "1", by),
            Figure("mismatches", 0, "1", by),
            Figure("cycles_mean", mean(self.cycles), "cycles", by),
            Figure("cycles_max", max(self.cycles), "cycles", by),
        ]


def forecast_on_board(
    forecaster: Forecaster, network: QuantizedNetwork, heard: np.ndarray, *,
    build: str | Path = "build",
) -> BoardForecast:
    """Forecast on a virtual board, each value from its answers before; compare with the reference.

    Parameters
    ----------
    forecaster : Forecaster
    network : QuantizedNetwork
        Its own.
    heard : int array ``[forecasts, lags]``
        What the reference heard. Of it the board is given the first row, and what is older than
        its own answers.
    build : str or Path
        Folder of the virtual board.

    Raises
    ------
    DataError
        An answer of the board differs.
    ToolError, BuildError, StorageError, DeviceError
        The board cannot be compiled, or does not answer.
    """
    expected, cycles = forecaster.answers(heard), []
    own: dict[int, int] = {}
    with open_board(network, build=build) as board:
        for at, row in enumerate(heard):
            # Value `at - 1 - lag` is one of the board's own answers once that is not negative.
            window = [own.get(at - 1 - lag, old)
                      for lag, old in zip(forecaster.lags, row, strict=True)]
            result = board.infer(forecaster.inputs(np.array([window]))[0])
            if result.outputs[0] != expected[at]:
                raise DataError(
                    f"forecast {at} of the virtual board is {result.outputs[0]}, and that of the "
                    f"integer reference {expected[at]}; please report it"
                )
            own[at] = int(forecaster.coded(forecaster.values(np.array(result.outputs[0]))))
            cycles.append(result.cycles)
    return BoardForecast(len(heard), tuple(cycles))
