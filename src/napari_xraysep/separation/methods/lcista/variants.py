"""The three readings of the paper, row by row: what is printed, what its authors ran, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Name = Literal["as-printed", "as-run", "corrected"]


@dataclass(frozen=True)
class Variant:
    """What the variants differ in besides their schedules.

    Attributes
    ----------
    shared
        One set of weights for all unrolled layers, or each its own.
    photograph
        In one ``grey`` channel, in the three of ``sRGB``, or ``described`` by many (`colour`).
    tau_sign
        The sign of τ(y − Σ B z) in Eq. 11; descent on Eq. 7 needs minus.
    scalars
        τ and γ are learnt, or left at one.
    learn_law
        E and F are learnt, or stay the law of colour that they start as: the loss on the photograph
        would bend it until y1 shows the photograph instead of its X-ray.
    threshold
        In F_μ(b, c): one μ_i·‖W_i b‖₁ for each transform, or μ·|W_i b| for each coefficient.
    padded
        Reflect images before the wavelet transform, or let the border darken.
    start
        What filters and scalars are before training: ``gaussian`` filters and uniform scalars;
        torch's own filters and thresholds 0.1 and 0.4 (``usual``); or a working ``iteration``.
    synthesis
        x̂_i and r̂1 linear in the ``codes`` z_i (Eq. 12, 13); or x̂_i one convolution of the
        ``images`` y_i, and r̂1 four of x̂1 with ReLU between.
    loss
        ``sums`` of squares over a patch and E(y1, y2) as in Eq. 15, or ``means`` and E(x̂2, x̂1).
    optimiser
        Stochastic gradient descent, or Adam.
    """

    shared: bool
    photograph: Literal["grey", "sRGB", "described"]
    tau_sign: Literal[1, -1]
    scalars: bool
    learn_law: bool
    threshold: Literal["transform", "coefficient"]
    padded: bool
    start: Literal["gaussian", "usual", "iteration"]
    synthesis: Literal["codes", "images"]
    loss: Literal["sums", "means"]
    optimiser: Literal["sgd", "adam"]


VARIANTS: Mapping[Name, Variant] = {
    "as-printed": Variant(
        shared=True,
        photograph="sRGB",
        tau_sign=1,
        scalars=True,
        learn_law=True,
        threshold="transform",
        padded=True,
        start="gaussian",
        synthesis="codes",
        loss="sums",
        optimiser="sgd",
    ),
    "as-run": Variant(
        shared=False,
        photograph="grey",
        tau_sign=1,
        scalars=False,
        learn_law=True,
        threshold="coefficient",
        padded=False,
        start="usual",
        synthesis="images",
        loss="means",
        optimiser="adam",
    ),
    "corrected": Variant(
        shared=False,
        photograph="described",
        tau_sign=-1,
        scalars=True,
        learn_law=False,
        threshold="coefficient",
        padded=True,
        start="iteration",
        synthesis="images",
        loss="means",
        optimiser="adam",
    ),
}

SCHEDULES: Mapping[Name, Mapping[str, Any]] = {
    "as-printed": {
        "channels": 64,
        "epochs": 120,
        "patch": 50,
        "overlap": 45,
        "sampling": "cover",
        "batch": 32,
        "learning_rate": 1e-3,
        "decay": "tenfold",
        "assembly": "patches",
    },
    "as-run": {
        "channels": 64,
        "epochs": 120,
        "patch": 64,
        "overlap": 48,
        "sampling": "cover",
        "batch": 32,
        "learning_rate": 1e-3,
        "decay": "stairs",
        "assembly": "whole",
    },
    "corrected": {
        "channels": 25,
        "epochs": 6,
        "patch": 32,
        "overlap": 0,
        "sampling": "crops",
        "crops": 64,
        "batch": 16,
        "learning_rate": 1e-4,
        "decay": "cosine",
        "assembly": "whole",
    },
}
"""What each variant is trained with unless the user says otherwise."""
