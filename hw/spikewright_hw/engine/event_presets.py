"""The presets of the event engine: a network of each kind, small and lively."""

from typing import Any

from ..connection import Convolution, Dense, FeatureMap, Joined, Pooled
from ..fixed import Format
from ..origin import Origin

__all__ = ["PRESETS"]

#: Keywords of :func:`~.event.core` by name.
PRESETS: dict[str, dict[str, Any]] = {
    "n12_9_5": {"sizes": (12, 9, 5), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2)},
    "n20_17_6_3": {
        "sizes": (20, 17, 6, 3), "steps": 3, "weight_bits": 3, "membrane": Format(4, 3), "share": 2,
    },
    "n20_9_4_banks": {
        "sizes": (20, 9, 4), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2),
        "neurons": ("recurrent_lif", "li"), "banks": (3, 2), "share": 2,
    },
    "n130_5_3_words": {  # inputs in words of a group of each bank
        "sizes": (130, 5, 3), "steps": 3, "weight_bits": 3, "membrane": Format(5, 2),
        "banks": (4, 2), "share": 2,
    },
    "n12_9_8_4_folded": {  # in three words, in two, and the last layer in two
        "sizes": (12, 9, 8, 4), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2),
        "biased": True, "fold": (3, 4, 2), "share": 2,
    },
    "n7_6_3_loaded": {
        "sizes": (7, 6, 3), "steps": 3, "weight_bits": 3, "membrane": Format(6, 2),
        "fold": (2, 3), "share": 2, "weights": "loaded",
    },
    "n9_7_8_4_mixed": {
        "sizes": (9, 7, 8, 4), "steps": 5, "weight_bits": 4, "membrane": Format(4, 5),
        "neurons": ("recurrent_lif", "cuba_lif", "nir_cuba_li"), "exponent": 2,
    },
    "n8_6_4_count": {
        "sizes": (8, 6, 4), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2), "biased": True,
        "readout": "count",
    },
    "n7_6_3_graded": {
        "sizes": (7, 6, 3), "steps": 3, "weight_bits": 4, "membrane": Format(8, 2), "biased": True,
        "input_bits": 3,
    },
    "n5_4_3_graded_recurrent": {
        "sizes": (5, 4, 3), "steps": 4, "weight_bits": 3, "membrane": Format(6, 2), "share": 2,
        "neurons": ("recurrent_lif", "li"), "input_bits": 2,
    },
    "n8_6_4_maximum": {
        "sizes": (8, 6, 4), "steps": 3, "weight_bits": 4, "membrane": Format(6, 2), "biased": True,
        "readout": "maximum", "share": 3,
    },
    "convolutions_pooled": {
        "connections": (
            Convolution(
                source=FeatureMap(channels=1, height=5, width=6), channels=3, kernel=(2, 3)
            ),
            Pooled(
                source=FeatureMap(channels=3, height=4, width=4), window=(2, 2), stride=(2, 2),
                then=Convolution(
                    source=FeatureMap(channels=3, height=2, width=2), channels=2, kernel=(2, 2),
                    padding=(1, 1),
                ),
            ),
            Dense(source=FeatureMap(channels=18), neurons=3),
        ),
        "steps": 3, "weight_bits": 3, "membrane": Format(5, 2),
    },
    "depthwise_count": {  # with a stride, padding and biases
        "connections": (
            Convolution(
                source=FeatureMap(channels=2, height=5, width=5), channels=2, kernel=(3, 3),
                stride=(2, 2), padding=(1, 1), groups=2,
            ),
            Convolution(
                source=FeatureMap(channels=2, height=3, width=3), channels=3, kernel=(1, 1)
            ),
            Pooled(
                source=FeatureMap(channels=3, height=3, width=3), window=(3, 3), stride=(3, 3),
                then=Dense(source=FeatureMap(channels=3), neurons=4),
            ),
        ),
        "steps": 4, "weight_bits": 4, "membrane": Format(7, 2), "biased": True, "readout": "count",
        "share": 2, "most_bits": 10,
    },
    "convolution_graded": {
        "connections": (
            Convolution(
                source=FeatureMap(channels=2, height=3, width=4, channels_first=True), channels=3,
                kernel=(2, 2),
            ),
            Dense(source=FeatureMap(channels=3, height=2, width=3), neurons=3),
        ),
        "steps": 2, "weight_bits": 3, "membrane": Format(8, 2), "input_bits": 3, "most_bits": 6,
    },
    "convolution_1d": {
        "connections": (
            Convolution(
                source=FeatureMap(channels=2, width=8), channels=3, kernel=(1, 3), dilation=(1, 2)
            ),
            Dense(source=FeatureMap(channels=3, width=4), neurons=5),
            Dense(source=FeatureMap(channels=5), neurons=2),
        ),
        "steps": 3, "weight_bits": 4, "membrane": Format(6, 3), "neurons": ("alif", "lif", "li"),
    },
    "map_at_the_end": {
        "connections": (
            Convolution(
                source=FeatureMap(channels=1, height=3, width=5), channels=3, kernel=(2, 2)
            ),
            Convolution(
                source=FeatureMap(channels=3, height=2, width=4), channels=2, kernel=(2, 2)
            ),
        ),
        "steps": 3, "weight_bits": 3, "membrane": Format(5, 2), "biased": True,
        "readout": "maximum",
    },
    "map_at_the_end_count": {  # which hears itself
        "connections": (Joined(parts=(
            Convolution(
                source=FeatureMap(channels=2, width=4), channels=2, kernel=(1, 3), padding=(0, 1),
                groups=2,
            ),
            Convolution(
                source=FeatureMap(channels=2, width=4), channels=2, kernel=(1, 1), groups=2
            ),
        )),),
        "origins": ((Origin(), Origin(back=0, delays=1)),),
        "steps": 4, "weight_bits": 3, "membrane": Format(5, 2), "readout": "count",
    },
    "delays_skip_own": {  # a delay of each source, a layer that hears itself, and the inputs twice
        "connections": (
            Joined(parts=(
                Dense(source=FeatureMap(channels=6), neurons=5),
                Dense(source=FeatureMap(channels=5), neurons=5),
            )),
            Joined(parts=(
                Dense(source=FeatureMap(channels=5), neurons=3),
                Dense(source=FeatureMap(channels=6), neurons=3),
            )),
        ),
        "origins": (
            (Origin(delays=(0, 1, 2, 0, 1, 0)), Origin(back=0, delays=(1, 2, 1, 1, 2))),
            (Origin(), Origin(back=2)),
        ),
        "steps": 5, "weight_bits": 3, "membrane": Format(6, 2), "share": 2,
    },
    "graded_skip_own": {  # graded inputs beside spikes, in both layers
        "connections": (
            Joined(parts=(
                Dense(source=FeatureMap(channels=4), neurons=3),
                Dense(source=FeatureMap(channels=3), neurons=3),
                Dense(source=FeatureMap(channels=4), neurons=3),
            )),
            Joined(parts=(
                Dense(source=FeatureMap(channels=3), neurons=2),
                Dense(source=FeatureMap(channels=4), neurons=2),
            )),
        ),
        "origins": (
            (Origin(), Origin(back=0, delays=(1, 2, 1)), Origin(delays=1)),
            (Origin(), Origin(back=2)),
        ),
        "steps": 3, "weight_bits": 3, "membrane": Format(7, 2), "input_bits": 2, "share": 2,
    },
    "skip_of_a_map": {
        "connections": (
            Convolution(
                source=FeatureMap(channels=1, height=3, width=4), channels=2, kernel=(3, 3),
                padding=(1, 1),
            ),
            Joined(parts=(
                Convolution(
                    source=FeatureMap(channels=2, height=3, width=4), channels=2, kernel=(1, 1)
                ),
                Convolution(
                    source=FeatureMap(channels=1, height=3, width=4), channels=2, kernel=(1, 1)
                ),
            )),
            Dense(source=FeatureMap(channels=2, height=3, width=4), neurons=3),
        ),
        "origins": ((), (Origin(), Origin(back=2, delays=1)), ()),
        "steps": 3, "weight_bits": 3, "membrane": Format(5, 2), "most_bits": 4,
    },
}
