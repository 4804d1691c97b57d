"""Handwritten digits of 8 × 8 pixels: the data set that scikit-learn brings along.

The set is the test part of the UCI "Optical Recognition of Handwritten Digits" set (E. Alpaydin and
C. Kaynak, 1998): 1797 images, ten classes, each pixel a count from 0 to 16.
"""

import numpy as np

from .task import Task

__all__ = ["SIDE", "load"]

#: Pixels along one side of an image.
SIDE = 8


def load(*, stratified: bool = False) -> Task:
    """Return the digits, split 80/20 at random with a fixed state: 1437 to train, 360 to test.

    ``stratified`` splits each class 80/20, as comparisons with other projects' figures need it.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    images = np.asarray(x).reshape(-1, SIDE, SIDE)
    parts = train_test_split(
        images, y, test_size=0.2, random_state=0, stratify=y if stratified else None
    )
    x_train, x_test, y_train, y_test = map(np.asarray, parts)
    return Task(
        name="digits-stratified" if stratified else "digits",
        kind="image",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=0.0,
        high=16.0,
        classes=10,
    )
