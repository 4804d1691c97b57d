"""Cart and pole: rewards are counted again from states and pushes, each held to the plant."""

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from .task_audit import TaskAudit, raw_log

__all__ = ["CART_POLE"]

#: What a state may be off after a step from what the plant makes of the one before: the log has
#: them in single precision.
_CLOSE = 1e-5
_EPISODE_MS, _STEPS_MS, _EPISODES = 10_000, [1, 20], 10
_OWN = "spiking, "


def _recounted(data: dict[str, Any]) -> dict[str, float]:
    return {
        f"reward_{row['step_ms']}ms": fmean(row["rewards"])
        for row in data["rows"] if row["controller"] == "spiking, in integers"
    }


def _impossible(data: dict[str, Any], folder: Path) -> Iterator[str]:
    log = raw_log(folder / "episodes.npz")
    for row in data["rows"]:
        what = f"{row['controller']}, {row['step_ms']} ms"
        rewards = row["rewards"]
        counted = {"reward": fmean(rewards), "lowest": min(rewards), "episodes": len(rewards)}
        counted["most"] = _EPISODE_MS // row["step_ms"]
        for name, value in counted.items():
            if row[name] != value:
                yield f"{what}: {name} is {row[name]:g}, and that of its rewards is {value:g}"
        if row["controller"].startswith(_OWN):
            kind = "integers" if row["controller"].endswith("integers") else "board"
            name = f"{kind}_{row['step_ms']}ms_"
            yield from _replayed(what, row, log[f"{name}states"], log[f"{name}pushes"])


def _replayed(
    what: str, row: dict[str, Any], states: np.ndarray, pushes: np.ndarray
) -> Iterator[str]:
    """Hold each state of a log to the one before and the push, and the rewards to the states."""
    steps, episodes = pushes.shape
    if states.shape != (steps + 1, episodes, 4) or episodes != len(row["rewards"]):
        yield f"{what}: episodes.npz has other shapes than its rewards"
        return
    states = states.astype(np.float64)
    starts = [np.random.default_rng(seed).uniform(-0.05, 0.05, 4) for seed in range(episodes)]
    if np.abs(states[0] - starts).max() > _CLOSE:
        yield f"{what}: an episode begins elsewhere than its seed says"
    out = (np.abs(states[..., 0]) > 2.4) | (np.abs(states[..., 2]) > np.deg2rad(12))
    fallen = np.logical_or.accumulate(out, axis=0)
    wanted = np.where(
        fallen[:-1, :, None], states[:-1], _stepped(states[:-1], pushes, row["step_ms"] / 1000)
    )
    if not np.abs(states[1:] - wanted).max() <= _CLOSE:
        at = int(np.argmax(np.abs(states[1:] - wanted).max(axis=(1, 2)) > _CLOSE))
        yield f"{what}: after step {at} a state is none that the plant can have"
    if not fallen[-1].all() and steps != row["most"]:
        yield f"{what}: episodes.npz ends after {steps} steps, before the pole has fallen"
    counted = (~fallen[:-1]).sum(axis=0).tolist()
    if counted != row["rewards"]:
        yield f"{what}: rewards are {row['rewards']}, and those of its states {counted}"


def _stepped(states: np.ndarray, right: np.ndarray, dt: float) -> np.ndarray:
    """Return where the plant goes in one step of Euler's method.

    The cart has 1 kg, the pole 0.1 kg and half a length of 0.5 m, the push 10 N, g is 9.8 m/s².
    """
    _, v, angle, spin = np.moveaxis(states, -1, 0)
    sin, cos, pole = np.sin(angle), np.cos(angle), 0.1 * 0.5
    push = (np.where(right, 10.0, -10.0) + pole * spin * spin * sin) / 1.1
    turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos * cos / 1.1))
    change = np.stack([v, push - pole * turn * cos / 1.1, spin, turn], axis=-1)
    return states + dt * change


def _missing(data: dict[str, Any], rehearsal: bool) -> Iterator[str]:
    for kind in ("in integers", "virtual board"):
        rows = [one for one in data["rows"] if one["controller"] == _OWN + kind]
        asked = _EPISODES if kind == "in integers" else 1
        if sorted(one["step_ms"] for one in rows) != _STEPS_MS:
            yield f"it has no episodes of the controller {kind} with steps of 1 and of 20 ms"
        elif any(len(one["rewards"]) != asked for one in rows):
            yield f"it has other than {asked} episodes of the controller {kind}"


def _headline(data: dict[str, Any]) -> tuple[str, str]:
    figures = {one["name"]: one["value"] for one in data["figures"]}
    own = [row for row in data["rows"] if row["controller"] == "spiking, in integers"]
    earned = ", ".join(
        f"{fmean(row['rewards']):g} of {_EPISODE_MS // row['step_ms']} with steps of "
        f"{row['step_ms']} ms" for row in own
    )
    said = "No board was asked."
    if "compared" in figures:
        clock = figures["cycles_mean"] / figures["decision_us"]
        said = (
            f"A virtual board made {figures['compared']} decisions in the loop, each equal to the "
            f"reference's, in {figures['cycles_mean']:.4g} cycles, {figures['cycles_max']} at most "
            f"(simulated): {figures['decision_us']:.3g} µs at {clock:g} MHz, without the serial "
            "port."
        )
    return "Closed loop: cart and pole, balanced by a spiking network", (
        f"Reward, mean over the starts of seeds 0 to {len(own[0]['rewards']) - 1}, by the integer "
        f"reference: {earned}. "
        f"{said} The plant is simulated on the host; nothing is measured."
    )


CART_POLE = TaskAudit(
    name="cart-pole", title="Closed loop, cart and pole", track="algorithm",
    quick="steps of 20 ms, 2 episodes, no virtual board",
    recounted=_recounted, impossible=_impossible, missing=_missing, headline=_headline,
)
