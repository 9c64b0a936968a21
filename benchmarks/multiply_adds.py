"""Connected auto-encoders: how much less ``fast`` computes until it is as good as ``paper``.

    python benchmarks/multiply_adds.py [--photographs FOLDER] [--epochs 200]

Runs both presets on one simulated painting of 128², counts their multiply-adds (torch's own
counter, forwards and backwards) and prints how many ``fast`` needs until its gain over half first
reaches the final gain of ``paper``, at the same allocation, as a ratio. Then the same ratio for
1000² by arithmetic. ``paper`` takes about twenty minutes on two cores.
"""

from __future__ import annotations

import numpy as np
import torch
from cases import arguments, gain, painting, photographs, simulations
from torch.utils.flop_counter import FlopCounterMode

from napari_xraysep import separate
from napari_xraysep.painting import Mixture
from napari_xraysep.separation import Preview, RunOptions, get_method
from napari_xraysep.separation.methods.connected_autoencoder import Settings, model
from napari_xraysep.separation.patches import cover
from napari_xraysep.simulation import Simulation

METHOD = "connected-autoencoder"


def settings_for(preset: str) -> Settings:
    settings = get_method(METHOD).settings_for(preset)
    assert isinstance(settings, Settings)
    return settings


def per_pixel(settings: Settings) -> float:
    """Multiply-adds of one training step for each pixel of a patch."""
    side = settings.patch
    network = model.ConnectedAutoEncoder(settings.channels, settings.layout, settings.poolings)
    r1, r2 = torch.rand(2, 1, 3, side, side)
    x = torch.rand(1, 1, side, side)
    with FlopCounterMode(display=False) as counter:
        patches = {"r1": r1, "r2": r2, "x": x, "valid": torch.ones_like(x)}
        terms = model.losses(network(r1, r2), patches, settings)
        terms["total"].backward()
    return counter.get_total_flops() / 2 / side**2


def epoch_pixels(settings: Settings, side: int) -> int:
    """Pixels of patches in one epoch on a ``side``² painting."""
    if settings.sampling == "crops":
        return settings.crops * settings.patch**2
    return len(cover((side, side), settings.patch, settings.overlap)) * settings.patch**2


def gains(simulation: Simulation, mixture: Mixture, preset: str, epochs: int) -> list[float]:
    """Gain after each epoch, at even allocation."""
    options = RunOptions(preset=preset, allocation="even", device="cpu")
    found = []
    for event in separate(painting(simulation), METHOD, {"epochs": epochs}, options):
        if isinstance(event, Preview):
            layers = [event.layers["front"], event.layers["back"]]
            found.append(gain(layers, simulation, mixture))
            if event.epoch % 10 == 0:
                print(f"  {preset}, epoch {event.epoch}: gain {found[-1]:.2f}", flush=True)
    return found


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=200, help="epochs of the paper's preset")
    given = parser.parse_args()
    _, simulation = next(simulations(photographs(given.photographs), 128, [100]))
    mixture = painting(simulation).block()
    fast, paper = settings_for("fast"), settings_for("paper")
    costs = {name: per_pixel(s) for name, s in (("fast", fast), ("paper", paper))}

    reached = gains(simulation, mixture, "fast", fast.epochs)
    final = gains(simulation, mixture, "paper", given.epochs)[-1]
    # fast shows its start as a preview before the first epoch: counted as an epoch's work
    epoch = next((n for n, value in enumerate(reached, 1) if value >= final), None)
    print(f"\nmultiply-adds a pixel and step: fast {costs['fast']:.3g}, paper {costs['paper']:.3g}")
    print(f"final gain: paper {final:.2f}, fast {reached[-1]:.2f} (best {np.max(reached):.2f})")
    if epoch is None:
        print("fast never reached paper's final gain")
        return
    for side in (128, 1000):
        work = {
            "fast": costs["fast"] * epoch_pixels(fast, side) * epoch,
            "paper": costs["paper"] * epoch_pixels(paper, side) * given.epochs,
        }
        how = f"preview {epoch}" if side == 128 else "by arithmetic, as many previews"
        print(
            f"{side}²: fast {work['fast']:.3g} ({how}), paper {work['paper']:.3g} multiply-adds; "
            f"paper ÷ fast = {work['paper'] / work['fast']:.0f}"
        )


if __name__ == "__main__":
    main()
