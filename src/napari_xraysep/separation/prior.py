"""What the surface's layer might look like, for methods that are guided by such an image."""

from __future__ import annotations

import numpy as np

from napari_xraysep.domain import luma
from napari_xraysep.painting import Floats, Mixture


def guide(mixture: Mixture) -> Floats:
    """Return g1, a guess at the X-ray of the surface, in the working domain.

    The photograph in grey, scaled as ``a·grey + b`` to the radiograph by least squares; pixels
    that the mask leaves out do not count, nor those of a drawn prior. Where the user has drawn
    where the concealed design lies, g1 is the radiograph outside of it and that grey inside
    (Pu et al. 2021, Fig. 4 (c)).

    Returns
    -------
    (H, W) float32
    """
    grey = luma(mixture.front)
    seen = mixture.valid
    if mixture.prior is not None and (seen & ~mixture.prior).any():
        seen = seen & ~mixture.prior
    columns = np.stack([grey[seen], np.ones(int(seen.sum()))], 1).astype(np.float64)
    slope, constant = np.linalg.lstsq(columns, mixture.xray[seen].astype(np.float64), rcond=None)[0]
    scaled = np.asarray(slope * grey + constant, np.float32)
    if mixture.prior is None:
        return scaled
    return np.asarray(np.where(mixture.prior, scaled, mixture.xray), np.float32)
