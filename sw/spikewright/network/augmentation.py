"""How far training images are changed: the settings, which need no torch."""

from dataclasses import dataclass, fields

from spikewright_hw.checks import real, settle

__all__ = ["Augmentation"]


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How far an image is changed; each is drawn uniformly from both sides, but the noise.

    Parameters
    ----------
    shift : float
        Pixels, in each direction.
    rotation : float
        Degrees.
    scale : float
        Relative.
    shear : float
        Pixels of shift per pixel of height.
    noise : float
        Standard deviation of Gaussian noise on pixels that are not zero.
    """

    shift: float = 0.45
    rotation: float = 10.0
    scale: float = 0.075
    shear: float = 0.15
    noise: float = 1.0

    def __post_init__(self):
        settle(self, **{one.name: real(0) for one in fields(self)})
