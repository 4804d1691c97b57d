"""Modules with maps that are no layers here: each is refused by a sentence that names its part."""

# The frameworks have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false

import pytest
import snntorch as snn
import torch
from torch import nn

from spikewright.errors import DataError
from spikewright.exchange.from_torch import from_torch

IMAGES = (2, 6, 8)


def leaky(**given) -> nn.Module:
    return snn.Leaky(beta=0.8, init_hidden=True, **given)


REFUSED = {
    "the largest of a window": (
        [nn.Conv2d(2, 2, 3), nn.MaxPool2d(2)],
        ("1 is a MaxPool2d, which is not imported: the largest value of a window is no sum of "
         "weights; take an average pooling, or a convolution with a stride, and train with it"),
    ),
    "a transposed convolution": (
        [nn.ConvTranspose2d(2, 2, 3, output_padding=1, stride=2)],
        ("0 is a ConvTranspose2d, which is not imported: a transposed convolution is no connection "
         "here; take a convolution"),
    ),
    "padding by other values": (
        [nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular")],
        ("0, a Conv2d, has padding_mode 'circular'; zeros are imported, where no neuron is"),
    ),
    "padding at one end": (
        [nn.Conv2d(2, 2, (4, 3), padding="same")],
        ("0, a Conv2d, has padding 'same' for a kernel of 4, which is one more at one end of the "
         "map than at the other; take an odd kernel, or padding of a number"),
    ),
    "a remainder": (
        [nn.AvgPool2d(3), nn.Conv2d(2, 2, 2)],
        ("0: window is 3 at every 3 along the width, which leaves a remainder of 2 of 8; take "
         "windows that fill the map"),
    ),
    "a remainder after a convolution": (
        [nn.Conv2d(2, 2, 2), nn.AvgPool2d(2, ceil_mode=True)],
        ("1: window is 2 at every 2 along the height, which leaves a remainder of 1 of 5; take "
         "windows that fill the map"),
    ),
    "a padded average": (
        [nn.AvgPool2d(2, padding=1, count_include_pad=False), nn.Conv2d(2, 2, 2)],
        ("0, a AvgPool2d, has padding 1; a pooling without padding is imported, so put the padding "
         "into the convolution"),
    ),
    "another power": (
        [nn.LPPool2d(2, 2)],
        "0, a LPPool2d, has norm_type 2; 1, which is the sum of a window, is imported",
    ),
    "uneven windows": (
        [nn.AdaptiveAvgPool2d(4), nn.Conv2d(2, 2, 2)],
        ("0 comes to 4 along the height of a map of 6, which is no multiple of it, so its windows "
         "overlap unevenly"),
    ),
    "a side left open": (
        [nn.AdaptiveAvgPool2d((2, None))],
        "0, a AdaptiveAvgPool2d, leaves the size of a side open; give a number for each",
    ),
    "two convolutions": (
        [nn.Conv2d(2, 2, 2), nn.Conv2d(2, 2, 2)],
        ("1 follows 0 without neurons in between; two maps of weights are made one only where both "
         "are matrices, so put neurons between them"),
    ),
    "a convolution and a matrix": (
        [nn.Conv2d(2, 2, 2), nn.Flatten(), nn.Linear(70, 3)],
        ("2 follows 1 without neurons in between; two maps of weights are made one only where both "
         "are matrices, so put neurons between them"),
    ),
    "a matrix along one axis": (
        [nn.Linear(8, 3)],
        ("0 is a Linear along the last of the axes [1, 2, 6, 8] alone; flatten the map before it"),
    ),
    "too many neurons": (
        [nn.Conv2d(2, 1400, 1)],
        ("1: channels, height and width are 1400 × 6 × 8, 67200 in all; a layer has at most 65535 "
         "inputs or neurons"),
    ),
    "a recurrence along one axis": (
        [nn.Conv2d(2, 2, 2), snn.RLeaky(beta=0.8, linear_features=7, init_hidden=True)],
        "1 has recurrent weights for 7 neurons, and its neurons are 2 × 5 × 7",
    ),
    "factors of places before a convolution": (
        [nn.Conv2d(2, 2, 2), leaky(graded_spikes_factor=torch.linspace(0.5, 2, 7)),
         nn.Conv2d(2, 2, 2)],
        ("2: the places of a channel have different factors, and a convolution or a pooling has "
         "the same weights at each; give a factor for each channel"),
    ),
    "factors of places before neurons": (
        [nn.Conv2d(2, 2, 2), leaky(graded_spikes_factor=torch.linspace(0.5, 2, 7))],
        ("1: the places of a channel have different factors, and the weights of a map are the same "
         "at each; give a factor for each channel"),
    ),
    "hidden neurons that become another map": (
        [nn.Flatten(), nn.Linear(96, 16), leaky(), nn.Unflatten(1, (4, 2, 2)),
         nn.Conv2d(4, 2, 2)],
        ("4 takes 16 × 1 × 1 neurons as a map of 4 × 2 × 2; the inputs alone may get other axes"),
    ),
}


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    parts, message = REFUSED[case]
    torch.manual_seed(0)
    with pytest.raises(DataError) as error:
        from_torch(
            nn.Sequential(*parts, leaky()), torch.zeros(1, *IMAGES), steps=3, readout="count"
        )
    assert str(error.value) == message


def test_an_example_without_samples():
    with pytest.raises(DataError) as error:
        from_torch(nn.Sequential(nn.Conv2d(2, 2, 2), leaky()), torch.zeros(IMAGES), steps=3)
    assert str(error.value) == (
        "0 takes [2, 6, 8], a map without samples; pass an example of one sample, of shape "
        "[1, 2, 6, 8]"
    )
