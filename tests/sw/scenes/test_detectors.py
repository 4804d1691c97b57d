"""Networks for sounds: what detectors do in integers, what is learned, and what is chosen."""

import re
from statistics import mean

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.network.reference import run
from spikewright.scenes import choice
from spikewright.scenes.choice import Choice, best_of, choice_lines, choices
from spikewright.scenes.detectors import Detectors, Readout, sound_network
from spikewright.scenes.learning import first_of
from spikewright.task.task import Task

STEPS, BANDS = 9, 5


def drawn(seed: int, sounds: int, *, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return drawn counts, whose class decides which band is loud, and labels."""
    random = np.random.default_rng(seed)
    labels = np.arange(sounds) % classes
    counts = random.integers(0, 8, (sounds, STEPS, BANDS)).astype(np.uint8)
    counts[np.arange(sounds), :, labels] += 4
    return counts, labels


@pytest.mark.parametrize(("seed", "bits", "detectors"), [
    (0, 4, Detectors(levels=(3, 6, 9), rises=(0, 2, 4), later=2)),
    (1, 4, Detectors(levels=(2,), rises=(0,), later=1)),
    (2, 5, Detectors(levels=(1, 20), rises=(11,), later=4)),
])
def test_the_network_counts_as_its_numbers_say(seed, bits, detectors):
    counts, labels = drawn(seed, 30)
    counts[0], counts[1] = 0, (1 << bits) - 1
    readout = Readout.learned(detectors.spikes(counts), labels, strength=0.1)
    network = sound_network(detectors, readout, bands=BANDS, steps=STEPS, input_bits=bits)
    found = run(network, counts)
    spikes = detectors.spikes(counts)
    assert np.array_equal(found.layers[0].spikes.sum(axis=1), spikes)
    before = np.concatenate([np.zeros_like(counts), counts], axis=1)[:, STEPS - detectors.later :]
    for sound, step, band in np.ndindex(3, STEPS, BANDS):
        now, then = int(counts[sound, step, band]), int(before[sound, step, band])
        each = [now > one for one in detectors.levels] + [now - then > one for one in
                                                         detectors.rises]
        first = band * len(each)
        assert found.layers[0].spikes[sound, step, first : first + len(each)].tolist() == each
    last = network.layers[1]
    assert np.array_equal(
        found.outputs, (spikes @ np.array(last.weights) << 6) + STEPS * np.array(last.bias)
    )
    assert np.abs(last.weights).max() == 127


def test_what_is_learned_tells_classes_apart():
    counts, labels = drawn(3, 90)
    detectors = Detectors(levels=(3, 6, 9), rises=(0,), later=1)
    readout = Readout.learned(detectors.spikes(counts), labels, strength=0.1)
    others, wanted = drawn(4, 60)
    network = sound_network(detectors, readout, bands=BANDS, steps=STEPS, input_bits=4)
    assert (readout.answers(detectors.spikes(others)) == wanted).all()
    assert (run(network, others).predictions == wanted).all()


def test_the_largest_sum_fits_the_membranes():
    detectors = Detectors(levels=(0, 1), rises=(0,), later=1)
    readout = Readout(np.array([[1.0, -1.0]] * 3 * BANDS), np.array([50.0, -50.0]))
    network = sound_network(detectors, readout, bands=BANDS, steps=STEPS, input_bits=4)
    counts = np.tile(np.arange(2, 2 + STEPS, dtype=np.uint8)[:, None], (1, 1, BANDS))
    last = network.layers[1]
    wanted = STEPS * (3 * BANDS * 127 * 64 + last.bias[0]) if last.bias else 0
    assert run(network, counts).outputs.tolist() == [[wanted, -wanted]]


def test_the_best_of_all_is_chosen():
    counts, labels = drawn(5, 30)
    copies = np.stack([counts, np.roll(counts, 1, axis=1)])
    tried = choices(copies, labels)
    assert len(tried) == len(choice.DETECTORS) * len(choice.STRENGTHS)
    assert all(len(one.right) == choice.FOLDS for one in tried)
    best = best_of(tried)
    assert mean(best.right) == max(mean(one.right) for one in tried)
    one, two = (Choice(choice.DETECTORS[0], strength, (0.5, 0.25, 0.75)) for strength in (1, 2))
    assert best_of([one, two]) is one
    lines = choice_lines([one, two, Choice(choice.DETECTORS[1], 1, (0.5, 0.5, 0.5))])
    assert lines[2].endswith("| **50.0** | 50.0 |") and len(lines) == 4


def test_groups_stay_together(monkeypatch):
    """What is learned by heart of a group is of no use in a fold without it."""
    seen = []

    def noted(spikes, labels, held, strength):
        seen.append(held.tolist())
        return 0.0

    monkeypatch.setattr(choice, "_right", noted)
    counts, labels = drawn(6, 18)
    groups = [str(one % 6 // 3 + one // 9) for one in range(18)]
    choices(counts[None], labels, groups)
    for held in seen:
        inside, outside = ({group for group, one in zip(groups, held, strict=True) if one is which}
                           for which in (True, False))
        assert inside and not inside & outside


@pytest.mark.parametrize(("labels", "groups", "said"), [
    ([0, 0, 0, 1, 1, 1], ["a"] * 3 + ["b"] * 3,
     "there are 2 groups of training sounds; 3 folds need at least as many"),
    ([0, 0, 0, 1, 1], (), "there are 2 training sounds of a class; 3 folds need at least as many"),
    ([0, 0, 1, 1, 2, 2], ["a", "a", "b", "b", "c", "c"],
     "class [012] is in one fold of the training part alone, so that nothing can be chosen; give "),
])
def test_too_little_to_choose_by(labels, groups, said):
    with pytest.raises(DataError, match=f"^{said}"):
        choices(np.zeros((1, len(labels), STEPS, BANDS), np.uint8), np.array(labels), groups)


def test_the_first_sounds_of_each_class():
    x = np.arange(8, dtype=np.float32)[:, None] / 8
    task = Task(
        name="made", kind="signal", x_train=x, y_train=np.array([0, 0, 1, 0, 1, 1, 0, 1]),
        x_test=x[:2], y_test=np.array([0, 1]), low=0, high=1,
    )
    part, groups = first_of(task, [*"abcdefgh"], per_class=2)
    assert part.x_train[:, 0].tolist() == [0, 1 / 8, 2 / 8, 4 / 8]
    assert part.y_train.tolist() == [0, 0, 1, 1] and groups == [*"abce"]
    assert first_of(task, (), per_class=None) == (task, ())
    assert first_of(task, (), per_class=1)[1] == ()


@pytest.mark.parametrize(("fields", "said"), [
    ({"later": 0}, "later is 0; it must be a whole number of at least 1"),
    ({"levels": (-1,)}, "levels[0] is -1; it must be a whole number of at least 0"),
])
def test_detectors_that_are_none(fields, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        Detectors(**{"levels": (1,), "rises": (1,), "later": 1} | fields)
