"""What a search takes in energy on an iCE40 UP5K: an estimate.

Of the parts that hold more vertices nobody has published coefficients.
"""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from ..record.energy import UP5K, estimate
from ..record.figure import Figure
from ..record.markdown import table
from .solve import QuboSolver

__all__ = ["energy_figures", "energy_lines", "energy_uj", "is_small"]

#: Vertices and neurons of a word that the part has room for.
_CAPACITY, _LANES = 250, 8


def is_small(solver: QuboSolver) -> bool:
    """Return whether an iCE40 UP5K has room for a solver."""
    return solver.capacity <= _CAPACITY and solver.lanes <= _LANES


def energy_uj(seconds: float | None, solver: QuboSolver) -> float | None:
    """Return the estimated energy of a time of the solver, µJ; None of none."""
    if seconds is None:
        return None
    clock_mhz = solver.clock_hz / 1e6
    return estimate(
        cycles=seconds * solver.clock_hz, synops=0, clock_mhz=clock_mhz, model=UP5K
    ).total_uj


def energy_figures(rows: Sequence[dict[str, Any]], gaps: Sequence[float]) -> list[Figure]:
    """Return the energy to each gap, mean over the workloads on which it is reached."""
    found = []
    for gap in gaps:
        name = f"microjoules_to_gap_{gap:g}"
        each = [row[name] for row in rows if row[name] is not None]
        if each:
            found.append(Figure(
                name.replace(".", "_"), mean(each), "µJ", UP5K.provenance,
                {"workloads": len(each), "of": len(rows)},
            ))
    return found


def energy_lines(rows: Sequence[dict[str, Any]], gaps: Sequence[float]) -> list[str]:
    """Return the lines of a table of times and energies, means over the seeds."""
    groups: dict[tuple[int, float], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["nodes"], row["density"]), []).append(row)
    headings = [one for gap in gaps for one in (f"gap {gap:g}, ms", f"gap {gap:g}, µJ")]
    return [*table(("nodes", "density", *headings), (
        [nodes, f"{density:g}", *(
            _mean([row[f"{name}_{gap:g}"] for row in group], scale)
            for gap in gaps
            for name, scale in (("seconds_to_gap", 1e3), ("microjoules_to_gap", 1.0))
        )]
        for (nodes, density), group in groups.items()
    ))]


def _mean(values: Sequence[float | None], scale: float) -> str:
    there = [one for one in values if one is not None]
    return "not reached" if len(there) < len(values) else f"{scale * mean(there):.3g}"
