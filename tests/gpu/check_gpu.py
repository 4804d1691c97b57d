"""Training on a GPU, checked beside the CPU in less than five minutes: ``python -m
tests.gpu.check_gpu``.

No test needs a GPU. Where there is one, this says whether what is trained on it is what this
project promises: on the integer grid every spike and membrane of the CPU, in real numbers gradients
that are near, the same network for the same seed, and a training that goes on from its checkpoint.

The exit status is 0 if all of it holds, 1 if something does not, and 77 without a GPU.
"""

import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch

import spikewright as spw
from spikewright.network.train import Trained, train

__all__ = ["NO_GPU", "main"]

#: Exit status without a GPU.
NO_GPU = 77
#: Seconds after which it ends.
LIMIT = 300
#: Networks whose spikes and gradients are compared.
NETWORKS = ("32-10", "16r@0,2-10", "8C3p1-P2-10", "12-12+2-10")
#: Share of a layer's largest gradient by which others may differ.
NEAR = 1e-3


def main(device: str = "cuda") -> int:
    """Check a device, and print what holds; return the exit status."""
    if device == "cuda" and not torch.cuda.is_available():
        print(f"PyTorch {torch.__version__} finds no GPU of CUDA here, so nothing was checked.")
        return NO_GPU
    if hasattr(signal, "SIGALRM"):
        signal.alarm(LIMIT)
    failed = 0
    for name, check in checks(device):
        began = time.monotonic()
        said = check()
        failed += bool(said)
        print(f"{said or 'holds'}: {name} ({time.monotonic() - began:.1f} s)", flush=True)
    signal.alarm(0)
    return min(1, failed)


def checks(device: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """Return what is checked: in words, and what returns what is wrong, or an empty text."""
    for network in NETWORKS:
        for quantised in (False, True):
            phase = "on the grid" if quantised else "in real numbers"
            yield f"{network} {phase}", lambda network=network, quantised=quantised: (
                compared(network, device, quantised=quantised)
            )
    for name, given in (("float32", {}), ("bf16", {"precision": "bf16"})):
        yield f"a training, {name}", lambda given=given: trained_twice(device, given)
    yield "a training that was interrupted", lambda: interrupted(device)


def compared(network: str, device: str, *, quantised: bool) -> str:
    """Compare a step of a training with the CPU's."""
    spikes = (torch.rand(64, 12, 64, generator=torch.Generator().manual_seed(0)) < 0.15).float()
    labels = torch.arange(64) % 10
    found = []
    for place in ("cpu", device):
        net = spw.SpikingNet(network, inputs=(1, 8, 8), membrane="Q10.6").to(place)
        if quantised:
            net.quantize()
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            outputs = net(spikes.reshape(64, 12, 1, 8, 8).to(place))
            torch.nn.functional.cross_entropy(outputs, labels.to(place)).backward()
        did = [one.cpu() for one in (*net.activity.spikes, *net.activity.membranes)]
        gradients = [one.grad.cpu() for one in net.parameters() if one.grad is not None]
        found.append((did, gradients))
    (here, own), (there, others) = found
    if quantised and not all(map(torch.equal, here, there)):
        return "spikes or membranes differ from the CPU's"
    flipped = sum(float((a != b).sum()) for a, b in zip(here, there, strict=True)
                  if set(a.unique().tolist()) <= {0.0, 1.0})
    if flipped:  # a membrane that rounds otherwise may cross its threshold
        return "" if flipped < 1e-3 * sum(map(torch.numel, here)) else f"{flipped:g} spikes differ"
    for a, b in zip(own, others, strict=True):
        if float((a - b).abs().max()) > NEAR * float(a.abs().max()):
            return "a gradient differs from the CPU's"
    return ""


def trained_twice(device: str, given: dict) -> str:
    """Train the digits twice on the device, and once on the CPU."""
    first, again = made(device, given), made(device, given)
    if first.network.digest() != again.network.digest():
        return "the same seed gives another network each time"
    here, there = made("cpu", given).accuracy_integer, first.accuracy_integer
    assert here is not None and there is not None
    near = abs(here - there) < 0.05
    return "" if near else f"{100 * there:.2f} % are right, and {100 * here:.2f} % on the CPU"


def interrupted(device: str) -> str:
    """Interrupt a training, and let it go on."""
    def stop(at: spw.Progress) -> None:
        if at.epoch == 2:
            raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.checkpoint"
        try:
            made(device, {}, checkpoint=path, progress=stop)
        except KeyboardInterrupt:
            pass
        there = made(device, {}, checkpoint=path).network.digest()
    return "" if there == made(device, {}).network.digest() else "it ends in another network"


def made(device: str, given: dict, **files) -> Trained:
    """Train the digits briefly."""
    task = spw.load_task("digits")
    config = spw.training_config(task, epochs=4, **given)
    return train(replace(config, device=device), task, seed=0, **files)


if __name__ == "__main__":
    sys.exit(main())
