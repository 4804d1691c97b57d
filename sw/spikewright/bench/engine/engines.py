"""The networks and the engines that the rows of ``spikewright bench engine`` are about."""

from spikewright_hw.engine.design import EventDesign

from .subject import Engine, Subject

__all__ = [
    "ALONE",
    "ARTIX",
    "CLOTHES",
    "CONVOLUTION",
    "FASHION",
    "FAST",
    "MNIST",
    "SLOW",
    "SMALL",
    "TINY",
]

MNIST = Subject(task="mnist", settings={"hidden": (128,), "weight_bits": 4, "steps": 4})
#: Chosen on 5,000 held-out training images, with 12,000 others to train on: grey tones and fine
#: textures tell clothes apart, so that nearly all tones spike, and more steps tell them apart.
FASHION = Subject(
    task="fashion_mnist",
    settings={
        "hidden": (128,), "weight_bits": 4, "steps": 8, "silent": 0.03, "learning_rate": 0.004,
        "augmentation": False,
    },
)

FAST = Engine(
    subject=MNIST, design=EventDesign(
        banks=(3, 8), share=(4, 1), ram_style="block", commands="few",
    ),
)
"""The engine that is to be fast; its board has the commands that an inference needs."""

SMALL = Engine(
    subject=Subject(task="mnist", settings=MNIST.settings, inputs_kept=504),
    design=EventDesign(share=(32, 10), commands="few"),
)
"""The engine that is to be small: rows of 504 inputs, 63 bytes of a frame, and one of zeros lie in
the block RAM at its full width, which has 512."""

ARTIX = Engine(subject=MNIST, design=FAST.design, board="arty-a7-35", clock_mhz=120)
"""The fast engine on another family."""

CLOTHES = Engine(subject=FASHION, design=FAST.design)

TINY = Engine(
    subject=MNIST, design=EventDesign(
        share=(8, 2), fold=(16, 2), weights="loaded", ram_style="block", commands="few",
    ),
    board="ice40up5k-b-evn", clock_mhz=24,
)
"""The engine of the smallest part: a row of weights, in the large memories, is read in words."""

CONVOLUTION = Engine(
    subject=Subject(task="mnist", settings={
        "hidden": "32C5-P2-64C5-P2-128", "coding": "direct", "input_bits": 2, "steps": 2,
    }),
    design=EventDesign(), board="ulx3s-85f", modelled=False, samples=1_000,
)
"""Two convolutions; nobody has a model of its cycles, so that they are simulated."""

ALONE = Engine(
    subject=Subject(task="digits", settings={"hidden": (128,)}),
    design=EventDesign(share=16, commands="few"), alone=True,
)
"""Scan, update and control of 64-128-10, without a board."""

SLOW = {
    neuron: Engine(
        subject=Subject(task="digits", settings={
            "hidden": (8,), "neuron": neuron, "membrane": "Q8.6",
        }),
        design=EventDesign(share=(8, 2), fold=(8, 2), commands="few"), board="ice40up5k-b-evn",
        clock_mhz=24, alone=True,
    )
    for neuron in ("adex", "exp_if", "clif")
}
"""Engines of neurons whose equations are long, by their names: their updaters are pipelined."""
