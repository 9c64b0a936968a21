"""What training in bfloat16 changes, and whether it is quicker: autocast beside float32.

    python benchmarks/bfloat16.py [--photographs FOLDER] [--side 128] [--device cpu|cuda]

Each trained method, ``fast``: in float32, under bfloat16 autocast from the same seed, and in
float32 from another seed. The change is the root mean square difference of both layers, means
removed, in per cent of their standard deviation. Autocast is worth having where it changes a result
by less than 1 % and is quicker.
"""

from __future__ import annotations

import numpy as np
import torch
from cases import arguments, gain, painting, photographs, run, simulations, table

from napari_xraysep.separation import Finished, installed_methods


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    given = parser.parse_args()
    images = photographs(given.photographs)
    rows: list[list[object]] = []
    for name, method in installed_methods().items():
        if not method.uses_torch:
            continue
        (kind,) = method.kinds
        ((_, simulation),) = simulations(images, given.side, [220], kind)
        what = painting(simulation)
        plain = run(what, name, device=given.device, allocation="none")
        with torch.autocast(given.device, torch.bfloat16):
            cast = run(what, name, device=given.device, allocation="none")
        other = run(what, name, device=given.device, allocation="none", seed=1)
        gains = [
            gain(list(done.layers.values())[:2], simulation, what.block())
            for done in (plain, cast, other)
        ]
        changes = [f"{change(plain, done):.1f} %" for done in (cast, other)]
        ratio = plain.record.seconds / cast.record.seconds
        rows.append([name, *changes, *gains, ratio])
    head = ["method", "change, bfloat16", "change, other seed"]
    table([*head, "gain, float32", "bfloat16", "other seed", "float32 ÷ bfloat16 seconds"], rows)


def change(one: Finished, other: Finished) -> float:
    """Root mean square difference of the layers, in per cent of their standard deviation."""
    pairs = list(zip(*(list(done.layers.values())[:2] for done in (one, other)), strict=True))
    different = np.mean([np.var(b - a) for a, b in pairs])
    return float(100 * np.sqrt(different / np.mean([np.var(a) for a, _ in pairs])))


if __name__ == "__main__":
    main()
