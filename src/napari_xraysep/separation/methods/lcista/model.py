"""LCISTA: learned coupled iterative shrinkage-thresholding, unrolled into a network.

Pu, Huang et al., *Mixed X-Ray Image Separation for Artworks with Concealed Designs* (equation
numbers are the paper's). x is the radiograph, r the photograph of the surface, g1 a first guess at
the surface's X-ray. Each of L layers (`layers.Iteration`) is one step of descent on Eq. 7: images
y1, y2 that sum to x, sparse codes z1, z2 of them in one dictionary, y1 near the photograph, and no
edge in both.

It assumes that layers add, that both are sparse in one dictionary, that their edges lie apart, and
that the photograph follows from y1 linearly; and it trusts g1, from which it never goes far.

The paper is silent or wrong in places, and its authors' program does other things than it says.
`variants` holds the three readings row by row. In all of them:

- g1 is a·grey + b by least squares on x, or the drawn prior (`prior.guide`); its scale is not in
  print. x is stretched to 0..1 inside.
- ‖W_i b‖₁ in F is the mean instead of the sum: a sum over a patch, times μ of the order of 1, is
  hundreds of times any coefficient, and y1 = y2 = 0 after the first layer.
- Σ_i W_iᵀ is divided by 4, the number of transforms, as parallel proximal steps are; otherwise
  every layer would make y four times as large.
- Thresholds are kept at or above zero: by max(·, 0) as printed, by softplus (β = 20) elsewhere.
- Left-out pixels take g1's value in x (with a drawn prior the mean's) and do not count.
- The exclusion loss averages three levels and sums both axes; the program divides by three more.

As printed, besides: normal filters start with a gain below one, since no scale is in print;
gradients are clipped to a norm of 1, without which the summed squares diverge at the
printed learning rate; x̂1 and x̂2 are Eq. 13 for each z alone. The program, as run, takes W y2 in
the update of y1 before rather than after its synthesis; it drops the last batch of an epoch.

Corrected, besides the variants' table: filters start as a working iteration, and E as a law of
colour (`colour`), which it stays while F stays zero; filters see the border repeated, not zeros.
Eq. 7 ties y1 and the photograph linearly, but absorption is not linear in sRGB: so the photograph
comes described in more channels, centred. r̂1 and its loss are those of sRGB. With a drawn prior
the grey is scaled outside of it, the law is learnt everywhere (colours inside may not occur
outside), and both make g1 inside, at the level that they have outside, while E stays zero: all
that lies outside is then surface, so a prior that leaves out much of the concealed design does
harm. K = 25 filters and short random crops are its schedule in both presets.

What this start separates, training hardly betters: on six simulated paintings (256², seeds below
200) the median gain was 4.00 before the first step and 4.03 after the last, and training E and F
lowered it. So a good result of this variant is the law of colour's and the iterations' as they
were set, not something that the network learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_xraysep.domain import luma
from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.losses import exclusion, mean_square
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.lcista import Settings
from napari_xraysep.separation.methods.lcista.colour import describe, law_of_colour
from napari_xraysep.separation.methods.lcista.layers import (
    SIZE,
    STEP,
    Codes,
    Iteration,
    begin_gaussian,
    begin_iterating,
    convolution,
)
from napari_xraysep.separation.methods.lcista.variants import VARIANTS, Variant
from napari_xraysep.separation.prior import blend, guide, surface_alone
from napari_xraysep.separation.tensors import Images, Patches, Stretch
from napari_xraysep.separation.training import Sampler, train
from napari_xraysep.separation.watch import watch

SHOWN = 3
"""Channels of r that are reconstructed: sRGB comes first, however much describes the colours."""


LAYER_REACH = 10
"""Pixels that one layer adds to the network's reach."""

SYNTHESIS_REACH = 2


class Estimates(NamedTuple):
    """What the network makes of a batch; r1 (N, 3 or 1, h, w), all others (N, 1, h, w)."""

    x1: Tensor
    x2: Tensor
    r1: Tensor
    y1: Tensor
    y2: Tensor


class Lcista(nn.Module):
    """Analysis, L iterations, and synthesis, layers and photograph from what they end with."""

    def __init__(self, settings: Settings, variant: Variant, colours: int) -> None:
        super().__init__()
        self.variant, k = variant, settings.channels
        shown = min(colours, SHOWN)
        count = 1 if variant.shared else settings.unrolled
        own = [Iteration(settings, variant, colours) for _ in range(count)]
        self.own = nn.ModuleList(own)
        self.iterations = own * (settings.unrolled // count)
        self.photograph: nn.Module
        if variant.synthesis == "codes":
            self.radiograph = convolution(k, 1, variant)
            self.photograph = convolution(k, shown, variant)
        else:
            self.radiograph = convolution(1, 1, variant, bias=True)
            self.photograph = nn.Sequential(
                *(convolution(1, k, variant, bias=True), nn.ReLU()),
                *(convolution(k, k, variant, bias=True), nn.ReLU()),
                *(convolution(k, k, variant, bias=True), nn.ReLU()),
                convolution(k, shown, variant),
            )
        if variant.start == "gaussian":
            begin_gaussian(self, own)
        elif variant.start == "iteration":
            begin_iterating(own)
            nn.init.dirac_(self.radiograph.weight)
            assert self.radiograph.bias is not None
            nn.init.zeros_(self.radiograph.bias)

    def forward(self, x: Tensor, r: Tensor, g1: Tensor) -> Estimates:
        """Radiograph x (N, 1, h, w), photograph r (N, c, h, w), guess g1 (N, 1, h, w)."""
        z = x.new_zeros(len(x), self.iterations[0].A.out_channels, *x.shape[2:])
        codes = Codes(g1, x - g1, z, z)  # Eq. 14
        for iteration in self.iterations:
            codes = iteration(x, r, codes)
        if self.variant.synthesis == "codes":
            x1, x2 = self.radiograph(codes.z1), self.radiograph(codes.z2)  # Eq. 13
            r1 = self.photograph(codes.z1)  # Eq. 12
        else:
            x1, x2 = self.radiograph(codes.y1), self.radiograph(codes.y2)
            r1 = self.photograph(x1)
        return Estimates(x1, x2, r1, codes.y1, codes.y2)


def losses(said: Estimates, at: Patches, settings: Settings, variant: Variant) -> dict[str, Tensor]:
    """Return every term of the loss (Eq. 15), unweighted, and the weighted ``total``."""
    valid, pixels = at["valid"], at["x"][0, 0].numel()
    r = at["r"][:, :SHOWN]
    radiograph = mean_square(at["x"] - said.x1 - said.x2, valid).mean()
    photograph = mean_square(r - said.r1, valid).mean()
    if variant.loss == "sums":
        radiograph, photograph = radiograph * pixels, photograph * pixels * r.shape[1]
    terms = {"radiograph": radiograph, "photograph": photograph}
    total = radiograph + settings.eta_1 * photograph
    if settings.exclude:
        if variant.loss == "sums":
            terms["exclusion"] = exclusion(said.y1, said.y2, "printed")
        else:
            terms["exclusion"] = exclusion(said.x2, said.x1)
        total = total + settings.eta_2 * terms["exclusion"]
    return {"total": total, **terms}


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Train on the mixture's patches; yield the layers after every epoch."""
    variant = VARIANTS[settings.variant]
    sampler = Sampler(mixture.shape, settings)
    stage = "training"
    yield Plan((stage,), settings.epochs * sampler.batches)
    stretch = Stretch.of(mixture)
    rng = np.random.default_rng(context.seed)
    images = Images(gather(mixture, stretch, variant, rng, context.checkpoint), context.device)
    network = Lcista(settings, variant, len(images.planes["r"]))
    network = network.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    watch(network, context.checkpoint)
    if variant.start == "iteration" and mixture.prior is None and mixture.guess is None:
        start_from_colour(network.iterations[0], images, rng, context.checkpoint)

    def separate(at: Patches) -> tuple[Tensor, Tensor]:
        said = network(at["x"], at["r"], at["g1"])
        return said.x1, said.x2

    def preview() -> tuple[Floats, Floats]:
        return stretch.outside(images.whole(separate, margin=reach(settings)))

    def terms(at: Patches) -> dict[str, Tensor]:
        return losses(network(at["x"], at["r"], at["g1"]), at, settings, variant)

    yield Estimate(stage, 0, *preview())
    optimiser = ClippedDescent if variant.optimiser == "sgd" else torch.optim.Adam
    parameters = [p for p in network.parameters() if p.requires_grad]
    yield from train(
        stage,
        network,
        terms,
        images,
        sampler,
        preview,
        rng=rng,
        optimiser=optimiser(parameters, lr=settings.learning_rate),
    )
    if settings.assembly == "patches":
        made = images.patchwise(separate, sampler.side, sampler.overlap, settings.batch)
        yield Estimate(stage, settings.epochs, *stretch.outside(made))


class ClippedDescent(torch.optim.SGD):
    """Stochastic gradient descent, each gradient shortened to a norm of at most one."""

    def step(self, closure: Any = None) -> Any:
        """Do one step."""
        nn.utils.clip_grad_norm_(self.param_groups[0]["params"], 1.0)
        return super().step(closure)


def gather(
    mixture: Mixture,
    stretch: Stretch,
    variant: Variant,
    rng: np.random.Generator,
    checkpoint: Callable[[], None],
) -> dict[str, NDArray[Any]]:
    """Return x, g1, r and the mask as the network sees them; x knows nothing of left-out pixels."""
    valid, front = mixture.valid, mixture.front
    seen = valid if mixture.known is None else mixture.known
    known = np.where(seen, mixture.xray, mixture.xray[valid].mean())
    g1 = guide(replace(mixture, xray=known))
    r = luma(front) if variant.photograph == "grey" else front
    if variant.photograph == "described":
        r = describe(front, valid, rng, checkpoint)
    if variant.start == "iteration" and mixture.prior is not None and mixture.guess is None:
        outside = surface_alone(mixture)
        scaled = guide(replace(mixture, xray=known, valid=outside, prior=None))
        law = law_of_colour(known - scaled, np.moveaxis(r, 2, 0), valid, rng, checkpoint)
        inside = scaled + r @ law
        inside += np.median((known - inside)[outside])
        g1 = blend(mixture.prior, inside, known)
    return {
        "x": stretch.inside(np.where(seen, known, g1)),
        "g1": stretch.inside(g1),
        "r": r,
        "valid": valid,
    }


def reach(settings: Settings) -> int:
    """Return how many pixels around a point can change what is said of it.

    From layer to layer y2 sees 5 pixels farther (D, C and a wavelet), y1 as many farther than y2.
    Thresholds of whole transforms (as printed) follow the whole tile besides.
    """
    return settings.unrolled * LAYER_REACH + SYNTHESIS_REACH


def start_from_colour(
    first: Iteration,
    images: Images,
    rng: np.random.Generator,
    checkpoint: Callable[[], None],
) -> None:
    """Let E of the first layer add to y1 what `law_of_colour` says that g1 lacks.

    The layers then find x − y1 − y2 changed, give `STEP` of it to y2 and `STEP` of the rest to y1,
    again and again, so that y1 keeps 1 / (2 − STEP) of what E added: E is made larger by that.
    """
    x, g1, r, valid = (images.planes[name].cpu().numpy() for name in ("x", "g1", "r", "valid"))
    law = law_of_colour((x - g1)[0], r, valid[0] > 0, rng, checkpoint)
    with torch.no_grad():
        first.E.weight[0, :, SIZE // 2, SIZE // 2] = torch.from_numpy(law) * (2 - STEP)
