"""Cart and pole: five trials, each with a controller of its own training."""

from ...control.benchmark import CartPoleBenchmark
from ...record.benchmark import run_benchmark
from ...record.report import Report
from ..task import Said, Task, Trial

__all__ = ["CART_POLE"]

#: Figures that are claimed, where there are such; those of a decision are of the board.
_CLAIMED = (
    "reward_1ms", "reward_20ms", "footprint_bytes", "connection_sparsity", "activation_sparsity",
    "dense_operations", "effective_macs", "effective_acs", "membrane_updates", "cycles_mean",
    "decision_us",
)


def _run(trial: Trial) -> Report:
    """Train a controller from the trial's own seed, and let it balance the pole."""
    benchmark = CartPoleBenchmark(seed=trial.number)
    if trial.quick:
        benchmark = CartPoleBenchmark(steps_ms=(20,), episodes=2, seed=trial.number, board="none")
    return run_benchmark(
        benchmark, directory=trial.folder, build=trial.build, console=trial.console,
        command=f"spikewright neurobench cart-pole --seed {trial.number}"
        + " --step 20 --episodes 2 --board none" * trial.quick,
    )


CART_POLE = Task(
    name="cart-pole", title="Closed loop, cart and pole", track="algorithm",
    run=_run, quick="steps of 20 ms, 2 episodes, no virtual board",
    results=lambda report: tuple(one for one in report.figures if one.name in _CLAIMED),
    said=Said(
        architecture="One network in integers, 32-16-2, weights of 6 bits (docs/cart_pole.md), on "
        "the event engine of a virtual board, which makes the decisions of one episode of each "
        "length of a step by itself; each equals the integer reference, by which all episodes are "
        "balanced (the quick form asks no board).",
        algorithm="Each part of the plant's state is seen by eight inputs with receptive fields in "
        "eight steps; the higher of two outputs is the side of the push. Trained to imitate a "
        "linear-quadratic regulator, in each trial from a seed of its own.",
        workflow=(
            "host: state of the plant", "host: receptive fields to spikes",
            "network: 8 steps, two outputs", "host: push to the side of the higher one",
            "host: plant, one step",
        ),
        measurement="Computed and simulated: rewards by the integer reference on the plant, "
        "operations from what the board was sent, cycles by the board's gateware in simulation. "
        "Nothing is measured. This benchmark is on a branch of NeuroBench's, and in no release.",
        included=("all weights, biases, and states of neurons, in bits",
                  "all synaptic operations of a decision", "the engine's cycles of a decision"),
        omitted=("the coding of the state on the host", "the serial port", "power of any part",
                 "operations within neurons"),
    ),
)
