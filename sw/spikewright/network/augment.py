"""Small random changes of training images, so that a network learns shapes and not samples."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from .augmentation import Augmentation

__all__ = ["augment"]

#: Images that are changed at once, whose values stay in the caches.
_BLOCK = 256


def augment(
    images: Tensor, augmentation: Augmentation, *, high: float, generator: torch.Generator
) -> Tensor:
    """Change each image by its own random affine map, interpolated bilinearly, and add noise.

    Parameters
    ----------
    images : float32 tensor ``[samples, height, width]``
        Values from 0 to ``high``; beyond its borders an image is 0.

    Returns
    -------
    Tensor of the same shape, values from 0 to ``high``.
    """
    count, height, width = images.shape

    def draw(span: float) -> Tensor:
        return span * (2 * torch.rand(count, generator=generator) - 1)

    angle = draw(math.radians(augmentation.rotation))
    size = 1 + draw(augmentation.scale)
    shear = draw(augmentation.shear)
    # In affine_grid's coordinates an image reaches from -1 to 1.
    right, down = draw(2 * augmentation.shift / width), draw(2 * augmentation.shift / height)
    cosine, sine = size * angle.cos(), size * angle.sin()
    rows = (torch.stack([cosine, shear - sine, right], 1), torch.stack([sine, cosine, down], 1))
    maps = torch.stack(rows, 1)
    changed = torch.randn(images.shape, generator=generator)
    blocks = (one.split(_BLOCK) for one in (images, maps, changed))
    for some, own, noise in zip(*blocks, strict=True):
        grid = functional.affine_grid(own, [len(some), 1, height, width], align_corners=False)
        moved = functional.grid_sample(some[:, None], grid, align_corners=False)[:, 0]
        noise.mul_(augmentation.noise * (moved > 0)).add_(moved).clamp_(0, high)
    return changed
