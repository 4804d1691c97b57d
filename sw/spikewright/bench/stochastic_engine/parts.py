"""The parts of ``spikewright bench stochastic``, each from networks to curves."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.streams import ENCODINGS, SOURCES, Encoding, SourceName, Streams

from ...cache import cached
from ...engine_cycles.inference import cycles
from ...files import write_json
from ...gateware.design import run_reference
from ...imports import code_key
from ...job.training import train
from ...record.figure import Computed
from ...record.stochastic_bench import Curve
from ...stochastic_models import faults
from ...stochastic_models.engine import predictor
from ...stochastic_models.products import BITS, GATES, NUMBERS, product_rms
from ...stochastic_models.progressive import Prefix
from ...task.metrics import share_right
from .networks import Subject

__all__ = [
    "FULL", "HEAD", "LENGTHS", "PAIRS", "RATES", "REPEATS", "TRAINED", "accuracy", "fault_curves",
    "products", "progressive", "trained_for",
]

#: Lengths of the bitstreams, and the one whose value is the figure's.
LENGTHS = tuple(1 << order for order in range(4, 13))
HEAD = 256
#: Lengths that networks are trained for.
TRAINED = (16, 32, 64)
#: Length of streams that are stopped early.
FULL = 1024
#: Shares of bits that flip, and how often each is drawn for each network.
RATES = (*(float(f"{lead}e{power}") for power in range(-6, -1) for lead in (1, 3)), 0.1)
REPEATS = 3
#: Each pair of sources once: the error of a product does not depend on their order.
PAIRS = tuple(combinations_with_replacement(NUMBERS, 2))

Tell = Callable[[str], None]


def accuracy(
    subject: Subject, *, lengths: Sequence[int], build: Path, tell: Tell
) -> list[Curve]:
    """Classify the test part on every kind of stream; means over the seeds."""
    curves = []
    for encoding in ENCODINGS:
        for source in SOURCES:
            tell(f"{subject.task.name}, {encoding}, {source}")

            def shares(
                encoding: Encoding = encoding, source: SourceName = source
            ) -> list[list[float]]:
                return [
                    [
                        _share(subject, predictor(
                            network,
                            streams=Streams(length=length, source=source, encoding=encoding),
                        )(subject.spikes))
                        for network in subject.networks.values()
                    ]
                    for length in lengths
                ]

            settings = {"lengths": [*lengths], "encoding": encoding, "source": source}
            seeds = _kept("accuracy", subject, settings, shares, build=build)
            curves.append(Curve(
                part="accuracy",
                name=f"accuracy_{subject.task.name}_{encoding}_{source}",
                tags={"task": subject.task.name, "encoding": encoding, "source": source},
                over="length",
                at=tuple(lengths),
                values=tuple(100 * mean(one) for one in seeds),
                head=HEAD if HEAD in lengths else lengths[-1],
                unit="%",
                provenance=Computed(
                    f"share of the {len(subject.task.y_test)} test samples of {subject.task.name} "
                    f"that {subject.sizes} classifies rightly on bitstreams, bit-exact, mean of "
                    f"the seeds {_listed(subject.seeds)}"
                ),
                detail={"seeds": seeds},
            ))
    return curves


def trained_for(
    subject: Subject, *, lengths: Sequence[int], build: Path, tell: Tell
) -> list[Curve]:
    """Train for each encoding and length, on Sobol numbers; means over the seeds."""
    curves = []
    for encoding in ENCODINGS if lengths else ():
        seeds = []
        for length in lengths:
            config = replace(subject.config, streams=Streams(length=length, encoding=encoding))
            seeds.append([])
            for seed in subject.seeds:
                tell(f"{subject.task.name}, {encoding}, {length} bits, seed {seed}")
                made = train(subject.task, config, seed=seed, build=build)
                seeds[-1].append(made.provenance.accuracy_integer)
        curves.append(Curve(
            part="trained",
            name=f"trained_{subject.task.name}_{encoding}_sobol",
            tags={"task": subject.task.name, "encoding": encoding, "source": "sobol"},
            over="length",
            at=tuple(lengths),
            values=tuple(100 * mean(one) for one in seeds),
            head=lengths[-1],
            unit="%",
            provenance=Computed(
                f"share of the {len(subject.task.y_test)} test samples of {subject.task.name} that "
                f"a {subject.sizes} classifies rightly on the bitstreams that it was trained for, "
                f"bit-exact, mean of the seeds {_listed(subject.seeds)}"
            ),
            detail={"seeds": seeds},
        ))
    return curves


def products(*, lengths: Sequence[int], tell: Tell) -> list[Curve]:
    """Return the error of one product for each pair of sources and each gate."""
    curves = []
    for gate in GATES:
        tell(gate)
        for first, second in PAIRS:
            curves.append(Curve(
                part="product",
                name=f"product_rms_{gate}_{first}_{second}",
                tags={"encoding": gate, "source": f"{first} × {second}"},
                over="length",
                at=tuple(lengths),
                values=tuple(
                    product_rms(gate, first, second, length=length) for length in lengths
                ),
                head=HEAD if HEAD in lengths else lengths[-1],
                unit="of full scale",
                provenance=Computed(
                    f"root of the mean squared error over all pairs of factors of {BITS} bits, "
                    "exact"
                ),
            ))
    return curves


def fault_curves(
    subject: Subject, *, rates: Sequence[float], repeats: int, build: Path, tell: Tell
) -> list[Curve]:
    """Flip bits in both engines, at every site, for every network; each draw has its own seed."""
    curves = []
    for words, streams in (("event", None), ("stochastic", Streams())):
        for site in faults.SITES:
            if streams is None and site == "streams":
                continue  # it has none
            tell(f"{words}, {site}")

            def shares(
                streams: Streams | None = streams, site: faults.Site = site
            ) -> list[list[float]]:
                return [
                    [
                        _share(subject, faults.run(
                            network, subject.spikes, streams=streams, site=site, rate=rate,
                            rng=np.random.default_rng([seed, at, repeat]),
                        ).predictions)
                        for seed, network in subject.networks.items()
                        for repeat in range(repeats)
                    ]
                    for at, rate in enumerate(rates)
                ]

            settings = {"rates": [*rates], "repeats": repeats, "engine": words, "site": site}
            draws = _kept("faults", subject, settings, shares, build=build)
            curves.append(Curve(
                part="faults",
                name=f"faults_{words}_{site}",
                tags={"task": subject.task.name, "engine": words, "source": site},
                over="rate",
                at=tuple(rates),
                values=tuple(100 * mean(one) for one in draws),
                head=max(rates),
                unit="%",
                provenance=Computed(
                    f"share of the test samples of {subject.task.name} classified rightly by the "
                    f"{words} engine's arithmetic with flipped bits; mean of {repeats} draws for "
                    f"each of the networks of the seeds {_listed(subject.seeds)}, by generators "
                    "seeded with the network's seed, the number of the rate and that of the draw"
                ),
                detail={"draws": draws},
            ))
    return curves


def progressive(
    subject: Subject, *, full: int, sources: Sequence[SourceName], build: Path, tell: Tell
) -> list[Curve]:
    """Stop streams early; the event engine has one point."""
    designs = {
        source: [
            StochasticDesign(streams=Prefix(length=1 << order, full=full, source=source))
            for order in range(4, full.bit_length())
        ]
        for source in sources
    }
    curves = []
    for source, points in {"event": [EventDesign()], **designs}.items():
        tell(f"{subject.task.name}, {source}")

        def found(points=points) -> list[list[float]]:
            return [_point(subject, design) for design in points]

        settings = {"full": full, "source": source}
        pairs = _kept("progressive", subject, settings, found, build=build)
        event = source == "event"
        curves.append(Curve(
            part="progressive",
            name=f"progressive_{subject.task.name}_{source}",
            tags={"task": subject.task.name, "engine": "event" if event else "stochastic"}
            | ({} if event else {"source": source}),
            over="cycles",
            at=tuple(at for at, _ in pairs),
            values=tuple(100 * share for _, share in pairs),
            head=pairs[-1][0],
            unit="%",
            provenance=Computed(
                f"accuracy on the test part of {subject.task.name}, mean of the seeds "
                f"{_listed(subject.seeds)}, over the mean cycles of an inference, worked out from "
                "what spiked"
                + ("" if event else f"; streams of {full} bits, each stopped after its first bits")
            ),
            detail={} if event else {"prefixes": [1 << n for n in range(4, full.bit_length())]},
        ))
    return curves


def _point(subject: Subject, design: EventDesign | StochasticDesign) -> list[float]:
    took, shares = [], []
    for network in subject.networks.values():
        run = run_reference(network, subject.spikes, design=design)
        took.append(float(cycles(network, subject.spikes, run, design=design).mean()))
        shares.append(run.accuracy(subject.task.y_test))
    return [mean(took), mean(shares)]


def _share(subject: Subject, predictions: np.ndarray) -> float:
    return share_right(predictions, subject.task.y_test)


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def _kept(
    part: str, subject: Subject, settings: dict[str, Any], found: Callable[[], Any], *, build: Path
) -> Any:
    """Return what was found before of the same networks and samples with the same code, or find it.

    What is found are JSON values.
    """
    key = {
        "part": part,
        "settings": settings,
        "networks": [network.digest().hex() for network in subject.networks.values()],
        "seeds": [*subject.seeds],
        "samples": subject.digest,
        "code": code_key(__name__),
    }

    def stage(folder: Path) -> None:
        write_json(folder / "found.json", found())

    folder = cached("stochastic", key, stage, root=build / "cache")
    return json.loads((folder / "found.json").read_text(encoding="utf-8"))
