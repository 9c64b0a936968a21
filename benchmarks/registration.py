"""Registration: errors on photographs displaced by a known transform, and what is said of them.

    python benchmarks/registration.py [--photographs FOLDER] [--warp 12] [--oriented] [--plates 40]

Each photograph is one of eight flips and quarter turns of the painting, turned by up to 10°, 0.5 to
2 times as large as the radiograph, shifted by up to a tenth of its width and, with ``--warp``,
displaced smoothly by up to so many pixels; what it shows runs over the radiograph's edge on two
sides and out of it on the others. Printed for every side: whether the orientation is right, the
median and 95th percentile of the true error and of the one that was estimated, in pixels of the
radiograph, and seconds of processor time. Beside it two baselines that are told the orientation:
the photograph fitted to the radiograph by its size, and mutual information from there.
"""

from __future__ import annotations

import time
from io import BytesIO
from itertools import permutations
from typing import Any

import numpy as np
from cases import arguments, cut, photographs, simulations, table
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

from napari_xraysep.registration.find import find_transform
from napari_xraysep.registration.intensity import aligned
from napari_xraysep.simulation import SimulationSettings
from napari_xraysep.simulation.fields import smooth_noise
from napari_xraysep.transforms import (
    ORIENTATIONS,
    Orientation,
    Piece,
    Plate,
    PlateOutline,
    Transform,
    Warp,
    oriented,
)

MARGIN = 0.1
"""What a photograph can show beyond the radiograph, in its width."""
FRAME = (0.45, 0.4, 0.35)


def displacement(
    side: int, warp: float, rng: np.random.Generator, orientation: Orientation | None = None
) -> Transform:
    """Draw where a photograph lies."""
    name = orientation or list(ORIENTATIONS)[rng.integers(8)]
    scale, turn = np.exp(rng.uniform(-np.log(2), np.log(2))), np.deg2rad(rng.uniform(-10, 10))
    size = round(side * scale)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    shift = scale * rng.uniform(-0.1, 0.1, 2) * side
    matrix[:2, 2] = (size - 1) / 2 - linear @ np.full(2, (side - 1) / 2) + shift
    bend = None
    if warp:
        field = np.stack([smooth_noise((side, side), side / 4, rng) for _ in range(2)], -1)
        field *= warp / np.hypot(*np.moveaxis(field, -1, 0)).max()
        bend = Warp.sampled(lambda p: field[tuple(p.round().astype(int).T)], (side, side))
    piece = Piece.from_matrix(oriented(name, (size, size)) @ matrix, bend)
    return Transform(radiograph_shape=(side, side), photograph_shape=(size, size), whole=piece)


def photograph(painting: np.ndarray, margin: int, truth: Transform) -> np.ndarray:
    """Photograph a painting that reaches ``margin`` pixels beyond the radiograph, 8 bit."""
    height, width = truth.photograph_shape
    scale = np.sqrt(abs(np.linalg.det(truth.whole.array[:2, :2])))
    sigma = 0.5 * np.sqrt(max(1 / scale**2 - 1, 0))
    planes = [gaussian_filter(painting[..., c], sigma) for c in range(3)]
    image = np.empty((height, width, 3), np.float32)
    for top in range(0, height, 64):
        rows = np.arange(top, min(top + 64, height))
        points = np.stack(np.meshgrid(rows, np.arange(width), indexing="ij"), -1).reshape(-1, 2)
        at = truth.whole.inverse(points).T + margin
        for c, plane in enumerate(planes):
            values = map_coordinates(plane, at, order=3, mode="constant", cval=FRAME[c])
            image[rows, :, c] = values.reshape(len(rows), width)
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)


def jpeg(image: np.ndarray) -> np.ndarray:
    """Store and read an image as JPEG of moderate quality."""
    file = BytesIO()
    Image.fromarray(image).save(file, "jpeg", quality=75)
    return np.asarray(Image.open(file))


def mosaic(xray: np.ndarray, truth: Transform, jump: float) -> tuple[np.ndarray, Transform]:
    """Cut a radiograph into four films, each displaced by half of ``jump`` in a way of its own."""
    side = xray.shape[0]
    half, films = side // 2, xray.copy()
    plates = []
    for y in (0, 1):
        for x in (0, 1):
            shift = np.array([0, jump / 2 * (1 if x else -1)])
            corner = np.array([y, x]) * half
            rows, columns = (np.arange(c, c + half) for c in corner)
            at = np.meshgrid(rows + shift[0], columns + shift[1], indexing="ij")
            films[np.ix_(rows, columns)] = map_coordinates(xray, at, order=3, mode="nearest")
            outline = corner + half * np.array([[0, 0], [0, 1], [1, 1], [1, 0]]) - 0.5
            moved = np.eye(3)
            moved[:2, 2] = shift
            warp = truth.whole.warp
            if warp is not None:
                warp = Warp.sampled(lambda p, w=warp, s=shift: w.at(p + s), (side, side))
            plates.append(
                Plate(
                    name=f"plate {y + 1}{x + 1}",
                    polygon=tuple((float(r), float(c)) for r, c in outline),
                    piece=Piece.from_matrix(truth.whole.array @ moved, warp),
                )
            )
    return films, truth.model_copy(update={"plates": tuple(plates)})


def errors(truth: Transform, found: Transform) -> tuple[float, float]:
    """Median and 95th percentile of the error, in pixels of the radiograph."""
    axis = np.arange(0, truth.radiograph_shape[0], 20)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2).astype(float)
    there = truth.to_photograph(points)
    seen = ((there >= 0) & (there <= np.array(truth.photograph_shape) - 1)).all(1)
    back = np.linalg.inv(truth.whole.array[:2, :2])
    off = (found.to_photograph(points[seen]) - there[seen]) @ back.T
    lengths = np.hypot(*off.T)
    return float(np.median(lengths)), float(np.percentile(lengths, 95))


def fitted(truth: Transform) -> np.ndarray:
    """Baseline: the photograph, turned the right way, laid on the radiograph by its size."""
    side, size = truth.radiograph_shape[0], truth.photograph_shape[0]
    scale = size / side
    matrix = np.diag([scale, scale, 1.0])
    matrix[:2, 2] = (scale - 1) / 2
    return oriented(truth.orientation, (size, size)) @ matrix


def baselines(xray: np.ndarray, image: np.ndarray, truth: Transform) -> list[float]:
    """95th percentiles of the errors of both baselines."""
    start = fitted(truth)
    grey = image.mean(2, dtype=np.float32) / 255
    better = aligned(xray, np.ones(xray.shape, bool), grey, start)
    return [
        errors(truth, truth.model_copy(update={"whole": Piece.from_matrix(m), "plates": ()}))[1]
        for m in (start, better)
    ]


def row(name: str, xray: np.ndarray, image: np.ndarray, truth: Transform, args: Any) -> list[Any]:
    outlines = [PlateOutline(name=p.name, polygon=p.polygon) for p in truth.plates]
    orientation = truth.orientation if args.oriented else None
    began = time.process_time()
    found = find_transform(xray, image, orientation=orientation, plates=outlines)
    seconds = time.process_time() - began
    quality = found.quality
    right = "yes" if found.transform.orientation == truth.orientation else "NO"
    true = errors(truth, found.transform)
    said = "ok" if quality.ok else "failed"
    estimated = [quality.median_px or 0.0, quality.p95_px or 0.0]
    others = baselines(xray, image, truth) if args.baselines else []
    return [name, right, *true, *estimated, said, found.left.confirmed, seconds, *others]


def wrong(other: np.ndarray, xray: np.ndarray, seed: int) -> list[Any]:
    """Register a photograph of another painting."""
    rng = np.random.default_rng(seed)
    side = xray.shape[0]
    margin = round(MARGIN * side)
    painting = cut(other, side + 2 * margin, rng)
    found = find_transform(xray, photograph(painting, margin, displacement(side, 12, rng)))
    return [f"{seed}", "ok" if found.quality.ok else "failed", found.left.confirmed]


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--side", type=int, default=1500, help="pixels of the radiograph")
    parser.add_argument("--paintings", type=int, default=10)
    parser.add_argument("--first", type=int, default=200, help="seed")
    parser.add_argument("--kind", default="double-sided")
    parser.add_argument("--warp", type=float, default=0, help="smooth displacement, pixels")
    parser.add_argument("--oriented", action="store_true", help="the orientation is given")
    parser.add_argument("--plates", type=float, default=0, help="jump between plates, pixels")
    parser.add_argument("--relief", type=float, default=0.15, help="of the brush marks")
    parser.add_argument("--jpeg", action="store_true", help="photographs are compressed")
    parser.add_argument("--baselines", action="store_true")
    parser.add_argument(
        "--wrong", action="store_true", help="photographs of another painting; takes three"
    )
    args = parser.parse_args()
    images, margin = photographs(args.photographs), round(MARGIN * args.side)
    seeds = range(args.first, args.first + args.paintings)
    settings = SimulationSettings(relief=args.relief)
    rows = []
    made_of = list(permutations(range(len(images)), 2))
    cases = simulations(images, args.side + 2 * margin, seeds, args.kind, settings)
    for number, (seed, made) in enumerate(cases):
        xray = np.ascontiguousarray(made.xray[margin:-margin, margin:-margin])
        if args.wrong:
            used = made_of[number % len(made_of)]
            third = next(i for i in range(len(images)) if i not in used)
            rows.append(wrong(images[third], xray, seed))
            print(rows[-1], flush=True)
            continue
        for side, painting in (("front", made.front), ("back", made.back)):
            if painting is None:
                continue
            rng = np.random.default_rng([seed, side == "back"])
            truth = displacement(args.side, args.warp, rng)
            image = photograph(painting, margin, truth)
            films, truth = mosaic(xray, truth, args.plates) if args.plates else (xray, truth)
            rows.append(
                row(f"{seed} {side}", films, jpeg(image) if args.jpeg else image, truth, args)
            )
            print(rows[-1], flush=True)
    if args.wrong:
        table(["painting", "said", "confirmed"], rows)
        return
    head = ["side", "orientation", "median px", "p95 px", "est. median", "est. p95", "said"]
    more = ["p95 fitted by size", "p95 mutual information"] if args.baselines else []
    table([*head, "confirmed", "seconds", *more], rows)


if __name__ == "__main__":
    main()
