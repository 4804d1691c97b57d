"""A solver placed and routed: its size, and the clock that it reaches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isqrt
from pathlib import Path

from spikewright_hw.checks import instance
from spikewright_hw.qubo.independent_set import IndependentSet

from ..errors import BuildError
from ..gateware.resources import Resources, Target, measure
from .solve import QuboSolver

__all__ = ["PART", "place_qubo_solver"]

#: The part that a solver is placed on.
PART = "ecp5-85f"
#: What the placer aims for, MHz: a little above what it reaches.
_AIM_MHZ = 100.0
#: Bits of its block RAMs: 208 of 18,432 (data sheet FPGA-DS-02012, table "ECP5 family selection").
_ROOM = 208 * 18_432


@dataclass(frozen=True)
class _Core:
    """The gateware of a solver, as it is measured."""

    solver: QuboSolver

    @property
    def name(self) -> str:
        return "independent_set"

    def top(self, preset: str) -> str:
        return f"independent_set_{preset}"

    def build(self, preset: str) -> IndependentSet:
        return IndependentSet(vertices=self.solver.capacity, lanes=self.solver.lanes)


def place_qubo_solver(
    solver: QuboSolver, *, seeds: Sequence[int] = (1,), build: Path = Path("build")
) -> tuple[QuboSolver, Resources]:
    """Place and route a solver for an ECP5-85F; return it with its clock, and its size.

    It takes minutes; what was done before is taken from the cache.

    Parameters
    ----------
    solver : QuboSolver
    seeds : sequence of int
        Of the placer; the clock is the median.
    build : Path
        Where the cache lies.

    Raises
    ------
    BuildError
        It does not fit, which is told at once if the graph alone is too large for the block
        RAMs, or the placer did not end.
    ToolError
        A tool is missing.
    """
    instance(QuboSolver)("solver", solver)
    bits = solver.capacity**2
    if bits > _ROOM:
        raise BuildError(
            f"a graph of {solver.capacity} vertices takes {bits:,} bits of block RAM, and an "
            f"{PART} has {_ROOM:,}; give capacity= of at most {isqrt(_ROOM)}"
        )
    preset = f"n{solver.capacity}_l{solver.lanes}"
    found = measure(
        _Core(solver), preset, Target(PART, _AIM_MHZ), seeds=seeds, lean=True, build=build
    )
    if found.fmax_mhz is None:
        raise BuildError(f"a solver of {solver.capacity} vertices was not routed: {found.note}")
    clocked = replace(solver, clock_hz=found.fmax_mhz * 1e6, clock_source=found.fmax_source)
    return clocked, found
