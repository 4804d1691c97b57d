"""What a system-track record of NeuroBench has beside figures, of a run on a board.

Its groups follow the rules and the report's form of NeuroBench's system track: identity, boundary,
how power was measured, what each phase of an inference is, and what others need to repeat it.
"""

import os
import time
from dataclasses import asdict, dataclass
from typing import Any

from spikewright_hw.checks import one_of, text

from .run_record import RunRecord

__all__ = ["AVAILABILITY", "CONFIGURATIONS", "Submitter", "system_record"]

#: How a system can be had: bought now; soon; or it is for research, development or internal use.
AVAILABILITY = ("Available", "Preview", "RDI")
#: What a system was set up for.
CONFIGURATIONS = ("Performance", "Efficiency")


@dataclass(frozen=True, kw_only=True)
class Submitter:
    """Who publishes a record, and how the system can be had.

    Parameters
    ----------
    organisation : str
        May be empty.
    availability : str
        ``"Available"``, ``"Preview"`` or ``"RDI"`` (research, development or internal).
    configuration : str
        ``"Performance"`` or ``"Efficiency"``.

    Raises
    ------
    ValueError
        There is no such availability or configuration.
    """

    organisation: str = ""
    availability: str = "RDI"
    configuration: str = "Performance"

    def __post_init__(self):
        text("organisation", self.organisation)
        one_of(AVAILABILITY)("availability", self.availability)
        one_of(CONFIGURATIONS)("configuration", self.configuration)


def system_record(record: RunRecord, submitter: Submitter, *, estimated: bool) -> dict[str, Any]:
    """Return the groups of a record as JSON values; ``estimated``: whether it has an energy."""
    board, build = record.board, record.build
    return {
        "track": "system",
        "identity": {
            "system": board.name,
            "part": board.device,
            "virtual": board.virtual,
            "engine": record.engine,
            **asdict(submitter),
            "date": _date(),
            "task": record.task or "digits",
            "algorithm": record.network,
            "network": record.digest,
            "software": record.versions,
        },
        "boundary": {
            "included": [f"core supply of {board.device}: engine, its memories, clock tree"],
            "omitted": [
                "I/O banks and auxiliary supply", "regulators", "USB and serial bridge",
                "oscillator", "host computer, which codes the samples",
            ],
        },
        "power": {"method": "estimate" if estimated else "none"} | _POWER,
        "phases": {
            "pre_processing": "on the host: samples are coded into spikes; not in latency, not "
            "in energy",
            "inference": "from the start of the scan, input in on-chip memory, to the result in "
            "it, by the engine's counter of cycles; batch size 1",
            "classification": "in the inference: the engine compares the outputs",
        },
        "replication": {
            "command": record.command,
            "training_seeds": list(record.training.seeds),
            "placement_seed": None if build is None else build.seed,
            "bitstream_sha256": None if build is None else build.sha256 or None,
            "commit": record.commit or None,
            "figure": "latency_us",
            "trials": [float(record.counters.cycles.mean()) / board.clock_mhz],
            "deterministic": True,  # cycles are a function of the input
        },
    }


_POWER = {
    "instrument": None, "tap": None, "sampling_rate_hz": None, "window_s": None,
    "idle": "configured, ready and clocked, not asleep",
}


def _date() -> str:
    """Return the day, or that of ``SOURCE_DATE_EPOCH``, by which a record is made again."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return time.strftime("%Y-%m-%d", time.gmtime(int(given) if given.isdigit() else None))
