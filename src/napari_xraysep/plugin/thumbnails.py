"""Small pictures in the dock widgets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtGui import QImage, QPixmap

from napari_xraysep.plugin.images import THUMBNAIL_SIDE
from napari_xraysep.plugin.panes import contrast_of


def grey_thumbnail(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a small picture (h, w, 3) of a radiograph (H, W), in the contrast it is shown in."""
    step = -(-max(grey.shape) // THUMBNAIL_SIDE)
    low, high = contrast_of(grey)
    small = np.clip((grey[::step, ::step] - low) / (high - low), 0, 1)
    return np.repeat(np.asarray(255 * np.nan_to_num(small), np.uint8)[..., None], 3, 2)


def pixmap(picture: NDArray[np.uint8], side: int) -> QPixmap:
    """Return a picture (h, w, 3) as Qt draws it, at most ``side`` pixels high and wide."""
    height, width = picture.shape[:2]
    image = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image).scaled(
        side,
        side,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
