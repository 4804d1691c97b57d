"""The check of a GPU, run on the CPU: that it runs, and that it can fail."""

import subprocess
import sys

import torch

from . import check_gpu


def test_it_runs_and_holds_on_the_cpu(monkeypatch, capsys):
    monkeypatch.setattr(check_gpu, "NETWORKS", ("12-10", "2C3p1-P2-10"))
    few = check_gpu.spw.training_config
    monkeypatch.setattr(check_gpu.spw, "training_config", lambda task, **given: few(
        task, **{**given, "hidden": (8,), "epochs": 2}
    ))
    assert check_gpu.main("cpu") == 0
    assert capsys.readouterr().out.count("holds: ") == 7


def test_it_can_fail(monkeypatch, capsys):
    monkeypatch.setattr(check_gpu, "checks", lambda _: iter([
        ("one", lambda: ""), ("other", lambda: "spikes differ"),
    ]))
    assert check_gpu.main("cpu") == 1
    out = capsys.readouterr().out
    assert out.startswith("holds: one (") and "\nspikes differ: other (" in out


def test_another_spike_is_found(monkeypatch):
    own, drawn = check_gpu.spw.SpikingNet, iter([0, 1])
    monkeypatch.setattr(check_gpu.spw, "SpikingNet", lambda *given, **named: own(
        *given, **named, seed=next(drawn)
    ))
    said = check_gpu.compared("12-10", "cpu", quantised=True)
    assert said == "spikes or membranes differ from the CPU's"


def test_without_a_gpu_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert check_gpu.main() == check_gpu.NO_GPU == 77
    assert capsys.readouterr().out == (
        f"PyTorch {torch.__version__} finds no GPU of CUDA here, so nothing was checked.\n"
    )


def test_it_is_a_program():
    code = (
        "import torch; torch.cuda.is_available = lambda: False; import runpy; "
        "runpy.run_module('tests.gpu.check_gpu', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
    )
    assert done.returncode == 77 and done.stdout.endswith("so nothing was checked.\n"), done.stderr
