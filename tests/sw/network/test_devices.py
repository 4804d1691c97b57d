"""Devices: which there are, and that a training on another one than the CPU leaves nothing there.

No GPU is needed. One is played by a device that computes as the CPU does (:mod:`away`), so that a
training on it must give the same network.
"""

import re
from dataclasses import replace

import pytest
import torch

import spikewright as spw
from spikewright import cli
from spikewright.errors import DataError
from spikewright.network import devices, processes, wiring
from spikewright.network import train as training
from spikewright.network.cell import Cell
from spikewright.network.processes import Processes
from spikewright.network.spiking_net import SpikingNet
from spikewright.network.train import Trained, train
from spikewright.network.training_config import TrainingConfig, training_config
from spikewright.task.digits import load
from spikewright_hw.engine.streams import Streams
from spikewright_hw.neuron.lif import lif

from .away import AWAY, Away, away
from .made_tasks import sums


def small(images: int = 96) -> spw.Task:
    whole = load()
    return replace(
        whole, x_train=whole.x_train[:images], y_train=whole.y_train[:images],
        x_test=whole.x_test[:40], y_test=whole.y_test[:40],
    )


TASK = small()
BRIEF = {"hidden": (12,), "epochs": 1}
NO_GPU = (
    r"PyTorch \S+ finds no GPU of CUDA here; take device='cpu', or device='auto', which takes a "
    "GPU where there is one"
)


AUTOCAST = torch.autocast


def on_another(config: TrainingConfig, task: spw.Task, monkeypatch, **files) -> Trained:
    """Train on the device that is not the CPU, where products are in what precision they are."""
    asked: list[str] = []
    with monkeypatch.context() as patch, away():
        patch.setattr(training, "torch_device", lambda *_: AWAY)
        patch.setattr(torch, "autocast", lambda device, *given, **named: (
            asked.append(device), AUTOCAST("cpu", *given, **named)
        )[1])
        made = train(config, task, seed=0, **files)
    assert {*asked} == {"meta"}
    assert all(isinstance(one.detach(), Away) for one in made.model.parameters())
    return made


def counts(monkeypatch, number: int) -> None:
    """Let there be so many GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: number > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: number)


@pytest.mark.parametrize(
    "given",
    [
        {}, {"bias": True, "normalisation": "tdbn"}, {"neuron": "alif", "prune": 0.5},
        {"neuron": "recurrent_lif"}, {"network": "12r@0,1-10"}, {"neuron": "alpha"},
        {"coding": "direct", "steps": 3, "readout": "count", "loss": "spike_count"},
        {"network": "2C3-P2-10+2", "loss": "tet"}, {"surrogate": "multi_gaussian"},
        {"recompute": True}, {"neuron": "plif"}, {"neuron": "lif_refractory"},
        {"streams": Streams(length=16)}, {"loss": "membrane"},
    ],
    ids=str,
)
def test_a_training_on_another_device_leaves_nothing_on_the_cpu(monkeypatch, given):
    usual = {"epochs": 1} if "network" in given else BRIEF
    config = training_config(TASK, **{**usual, **given})
    here = train(config, TASK, seed=0)
    there = on_another(config, TASK, monkeypatch)
    assert there.network.digest() == here.network.digest()
    assert there.accuracy_float == here.accuracy_float and there.layers == here.layers


def test_scales_of_channels_and_an_early_end_and_values(monkeypatch):
    base = training_config(TASK, **BRIEF)
    config = replace(base, model=replace(base.model, scales="channel"), patience=1, l1=0.1)
    task = small(200)
    here, there = train(config, task, seed=0), on_another(config, task, monkeypatch)
    assert there.network.digest() == here.network.digest()
    task = sums(each_step=False)
    config = training_config(task, **BRIEF)
    here, there = train(config, task, seed=0), on_another(config, task, monkeypatch)
    assert there.network.digest() == here.network.digest()
    assert there.error_integer == here.error_integer


def test_a_checkpoint_of_another_device_goes_on(monkeypatch, tmp_path):
    config = training_config(TASK, **{**BRIEF, "epochs": 2})
    path = tmp_path / "a.checkpoint"
    whole = on_another(config, TASK, monkeypatch)

    def stop(at) -> None:
        if at.epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        on_another(config, TASK, monkeypatch, checkpoint=path, progress=stop)
    there = on_another(config, TASK, monkeypatch, checkpoint=path)
    assert there.network.digest() == whole.network.digest()


def test_what_is_left_on_the_cpu_is_found(monkeypatch):
    """The device is one that can fail: a tensor of the other one is refused."""
    monkeypatch.setattr(wiring, "_taken", lambda source, weights: weights.detach().cpu())
    with pytest.raises(RuntimeError, match=r"of tensors of two devices$"):
        on_another(training_config(TASK, **BRIEF), TASK, monkeypatch)


def test_a_network_of_a_loop_of_ones_own_can_be_moved(monkeypatch):
    spikes = (torch.rand(4, 3, 64, generator=torch.Generator().manual_seed(0)) < 0.2).float()
    expected, found = [], []
    for here in (True, False):
        results = expected if here else found
        with monkeypatch.context() as patch, away():
            patch.setattr(torch, "autocast", lambda _, *given, **named: AUTOCAST(
                "cpu", *given, **named
            ))
            net = SpikingNet("12-10", inputs=64, neuron="alif", scales="channel", bias=True)
            given = spikes
            if not here:
                net, given = net.to(AWAY), spikes.to(AWAY)
            for quantised in (False, True):
                if quantised:
                    net.quantize()
                outputs = net(given)
                outputs.sum().backward()
                results.append(outputs.detach().cpu())
            results.append(net.network(steps=3).digest())
            results.append(net.real_network(steps=3).digest())
    assert [one.tolist() for one in found[:2]] == [one.tolist() for one in expected[:2]]
    assert found[2:] == expected[2:]


def test_products_of_bf16_are_those_of_the_device(monkeypatch):
    asked = []

    def noted(device: str, dtype: torch.dtype, *, enabled: bool):
        asked.append((device, dtype, enabled))
        return AUTOCAST("cpu", enabled=False)

    layer = wiring.Wired(Cell(lif), torch.ones(3, 2), bf16=True)
    with monkeypatch.context() as patch, away():
        patch.setattr(torch, "autocast", noted)
        wiring.scan(replace(layer, cell=layer.cell.to(AWAY), weights=layer.weights.to(AWAY)),
                    torch.ones(4, 5, 3).to(AWAY))
    assert asked == [("meta", torch.bfloat16, True)]


# Which there are ----------------------------------------------------------------------------------


def test_a_device_is_a_gpu_only_where_there_is_one(monkeypatch):
    config = training_config(TASK, device="auto")
    counts(monkeypatch, 0)
    assert devices.placed(config).device == "cpu"
    assert devices.torch_device(devices.placed(config), Processes()) == torch.device("cpu")
    assert devices.device_name(torch.device("cpu")) == ""
    counts(monkeypatch, 2)
    assert devices.placed(config).device == "cuda"
    for name in ("cpu", "cuda", "cuda:1"):
        config = training_config(TASK, device=name)
        assert devices.placed(config) is config
        assert devices.torch_device(config, Processes()) == torch.device(name)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device.index}")
    assert devices.device_name(torch.device("cuda", 1)) == "GPU 1"


@pytest.mark.parametrize(
    ("device", "number", "said"),
    [
        ("cuda", 0, NO_GPU), ("cuda:1", 0, NO_GPU),
        ("cuda:2", 2, "the GPUs of this machine are cuda:0 to cuda:1; take one of them"),
    ],
)
def test_a_device_that_is_not_there_is_refused_before_anything(monkeypatch, device, number, said):
    counts(monkeypatch, number)
    config = training_config(TASK, device=device)
    monkeypatch.setattr(training, "_check", None)  # nothing comes to it
    for run in (lambda: train(config, TASK, seed=0), lambda: spw.train(TASK, config)):
        with pytest.raises(DataError, match=f"^device='{device}' is not there: {said}$"):
            run()


@pytest.mark.parametrize("name", ["event_products", "same_everywhere"])
def test_what_is_of_cpus_alone_is_refused(name):
    message = (
        f"device='auto' does not go with {name}=True, which is of CPUs alone; leave one of them out"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(training_config(TASK, device="auto"), **{name: True})


def test_each_process_has_a_gpu_of_its_own(monkeypatch):
    counts(monkeypatch, 2)
    taken = []
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    config = training_config(TASK, device="cuda")
    second = Processes(number=3, count=4)
    monkeypatch.setenv("LOCAL_RANK", "1")  # of the second machine
    assert devices.torch_device(config, second) == torch.device("cuda", 1)
    assert taken == [torch.device("cuda", 1)]
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(DataError, match=r"^process 2 of this machine has no GPU of its own, for "):
        devices.torch_device(config, second)
    with pytest.raises(DataError, match=r"^device='cuda:1' is one GPU, and 4 processes take one "):
        devices.torch_device(training_config(TASK, device="cuda:1"), second)
    assert devices.torch_device(training_config(TASK), second) == torch.device("cpu")


def test_processes_on_gpus_sum_by_nccl(monkeypatch):
    counts(monkeypatch, 0)
    assert processes._backend() == "gloo"
    counts(monkeypatch, 2)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: True)
    assert processes._backend() == "cpu:gloo,cuda:nccl"
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: False)
    assert processes._backend() == "gloo"


def test_convolutions_of_gpus_round_as_float32_does():
    before = torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic
    with devices.full_precision():
        assert not torch.backends.cudnn.allow_tf32 and torch.backends.cudnn.deterministic
    assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic) == before


def test_the_device_is_in_the_network_file(monkeypatch):
    from spikewright.quantized.network import from_training

    made = train(training_config(TASK, **BRIEF), TASK, seed=0)
    provenance = from_training(made).provenance
    assert provenance.training["device"] == "cpu" and "device" not in provenance.versions
    provenance = from_training(replace(made, device="A GPU")).provenance
    assert provenance.versions["device"] == "A GPU"


def test_the_command_names_its_option(monkeypatch, capsys, tmp_path):
    counts(monkeypatch, 0)
    assert cli.main(["train", str(tmp_path / "x.spw"), "--device", "cuda:1"]) == 1
    assert re.fullmatch(
        r"spikewright: --device cuda:1 is not there: PyTorch \S+ finds no GPU of CUDA here; take "
        r"--device cpu, or --device auto, which takes a GPU where there is one\n",
        capsys.readouterr().err,
    )
