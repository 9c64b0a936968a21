"""Registration by hand: details found in the radiograph and in a photograph.

Three pairs determine an affine map, four a projective one (a flat picture seen at an angle), six
a thin-plate spline (Bookstein 1989, *Principal warps*), which bends so as to go through every
pair. Pairs that are not enabled have no say; every pair has a residual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.errors import InputError
from napari_xraysep.records import Landmark
from napari_xraysep.transforms import (
    ORIENTATIONS,
    Matrix,
    Orientation,
    Piece,
    Points,
    Transform,
    Warp,
    apply,
    oriented,
)

Model = Literal["affine", "projective", "thin-plate"]
MODELS: tuple[Model, ...] = get_args(Model)
LEAST: Mapping[Model, int] = {"affine": 3, "projective": 4, "thin-plate": 6}
"""Pairs that each model needs."""

Map: TypeAlias = Callable[[Points], Points]

SAME_PLACE = 1.0
"""Two points nearer than this, in pixels, are taken for the same one clicked twice."""
ON_A_LINE = 0.02
"""Points are on one line whose spread across it is below this share of the spread along it."""
STEEPEST = 0.2
"""How much smaller the far edge of the radiograph may look than the near one."""
MESHES, CORRECTIONS, MISS_PX = (33, 65), 6, 0.02
"""Nodes along a stored warp, and how often it is corrected until it goes so nearly, in pixels,
through all pairs."""


def fit(
    landmarks: Sequence[Landmark],
    radiograph_shape: tuple[int, int],
    photograph_shape: tuple[int, int],
    model: Model | None = None,
) -> Transform:
    """Fit a transform to the enabled pairs.

    Parameters
    ----------
    radiograph_shape, photograph_shape
        Height and width in pixels.
    model
        None: the most flexible that the pairs determine.

    Returns
    -------
    Transform
        Least squares in the photograph, where there are more pairs than the model needs; a
        thin-plate spline goes through all of them.

    Raises
    ------
    InputError
        Too few pairs are enabled, two are in the same place, or they lie on one line.
    """
    used = enabled(landmarks)
    if model is None:
        model = most_flexible(used, radiograph_shape) or "affine"
    flaw = _flaw(used, radiograph_shape, model)
    if flaw is not None:
        raise InputError("landmarks", *flaw)
    xray, photograph = _points(used)
    matrix = _matrix(xray, photograph, "projective" if model == "projective" else "affine")
    warp = None
    if model == "thin-plate":
        shift = Piece.from_matrix(matrix).inverse(photograph) - xray
        warp = _stored(xray, shift, radiograph_shape)
    return Transform(
        radiograph_shape=radiograph_shape,
        photograph_shape=photograph_shape,
        whole=Piece.from_matrix(matrix, warp),
    )


def most_flexible(landmarks: Sequence[Landmark], radiograph_shape: tuple[int, int]) -> Model | None:
    """Return the most flexible model that the enabled pairs determine; None for none."""
    used = enabled(landmarks)
    fitting = [m for m in MODELS if _flaw(used, radiograph_shape, m) is None]
    return fitting[-1] if fitting else None


def enabled(landmarks: Sequence[Landmark]) -> list[Landmark]:
    """Return those that have a say."""
    return [landmark for landmark in landmarks if landmark.enabled]


def residuals(landmarks: Sequence[Landmark], transform: Transform) -> NDArray[np.float64]:
    """Return how far each pair is from agreeing, (N,) in pixels of the radiograph.

    That is the distance from the point marked in the radiograph to where the one marked in the
    photograph comes to lie. Pairs that are not enabled have one too.
    """
    xray, photograph = _points(landmarks)
    return np.asarray(np.linalg.norm(transform.to_radiograph(photograph) - xray, axis=1))


def leave_one_out(
    landmarks: Sequence[Landmark],
    radiograph_shape: tuple[int, int],
    model: Model | None = None,
) -> NDArray[np.float64]:
    """Return how far off each enabled pair is when the others alone predict it.

    Residuals flatter a flexible model, which goes through its own pairs whatever they are; this
    does not. Where one pair fewer no longer determines ``model``, the most flexible that is left
    is used.

    Returns
    -------
    (N,) float64
        Pixels of the radiograph; NaN for pairs that are not enabled and for those that the others
        cannot predict: from fewer than four, or from others that lie on one line.
    """
    errors = np.full(len(landmarks), np.nan)
    for number, landmark in enumerate(landmarks):
        rest = enabled([*landmarks[:number], *landmarks[number + 1 :]])
        possible = most_flexible(rest, radiograph_shape)
        if not landmark.enabled or possible is None:
            continue
        if model is not None and MODELS.index(model) < MODELS.index(possible):
            possible = model
        xray, photograph = _points(rest)
        marked, partner = _points([landmark])
        errors[number] = np.linalg.norm(_map(photograph, xray, possible)(partner) - marked)
    return errors


def predict(
    landmarks: Sequence[Landmark],
    start: Transform,
    point: tuple[float, float],
    into: Literal["photograph", "radiograph"],
) -> tuple[float, float]:
    """Return where the partner of a new point should lie.

    ``start`` is corrected by the enabled pairs: shifted by one, turned and scaled too by two,
    sheared by three, bent by six. With none it holds as it is.

    Parameters
    ----------
    start
        What is known beforehand: a registration, or `centred`.
    point
        Row and column, in pixels of the other picture.
    into
        The picture in which the partner is sought.
    """
    xray, photograph = _points(enabled(landmarks))
    there = start.to_radiograph(photograph)
    given = np.array([point], float)
    if into == "photograph":
        found = start.to_photograph(_correction(xray, there)(given))
    else:
        found = _correction(there, xray)(start.to_radiograph(given))
    return float(found[0, 0]), float(found[0, 1])


def centred(
    orientation: Orientation,
    radiograph_shape: tuple[int, int],
    photograph_shape: tuple[int, int],
) -> Transform:
    """Return the transform that lays a photograph, set upright, centred on the radiograph.

    It is scaled to the same area: the guess to start from where nothing else is known.
    """
    upright = oriented(orientation, photograph_shape)
    _, turns = ORIENTATIONS[orientation]
    turned = np.array(photograph_shape[::-1] if turns % 2 else photograph_shape, float)
    scale = float(np.sqrt(turned.prod() / np.prod(radiograph_shape)))
    shift = (turned - 1) / 2 - scale * (np.array(radiograph_shape) - 1) / 2
    matrix = upright @ [[scale, 0, shift[0]], [0, scale, shift[1]], [0, 0, 1]]
    return Transform(
        radiograph_shape=radiograph_shape,
        photograph_shape=photograph_shape,
        whole=Piece.from_matrix(matrix),
    )


def _points(landmarks: Sequence[Landmark]) -> tuple[Points, Points]:
    """Return the points in the radiograph and in the photograph, (N, 2) each."""
    xray = np.array([landmark.xray for landmark in landmarks], float).reshape(-1, 2)
    photograph = np.array([landmark.photograph for landmark in landmarks], float)
    return xray, photograph.reshape(-1, 2)


def _matrix(source: Points, target: Points, kind: str) -> Matrix:
    """Fit a (3, 3) matrix by least squares; ``kind`` as scikit-image calls it."""
    from skimage.transform import estimate_transform

    matrix: Matrix = np.asarray(estimate_transform(kind, source, target).params, float)
    matrix /= matrix[2, 2]
    return matrix


def _thin_plate(source: Points, target: Points) -> Map:
    """Return the thin-plate spline through all pairs."""
    from scipy.interpolate import RBFInterpolator

    size = max(float(np.ptp(source)), 1.0)  # so that the equations are well conditioned
    spline = RBFInterpolator(source / size, target, kernel="thin_plate_spline", degree=1)
    return lambda points: np.asarray(spline(points / size))


def _map(source: Points, target: Points, model: Model) -> Map:
    """Return the map of that model from ``source`` to ``target``."""
    if model == "thin-plate":
        return _thin_plate(source, target)
    matrix = _matrix(source, target, model)
    return lambda points: apply(matrix, points)


def _correction(source: Points, target: Points) -> Map:
    """Return the most that so many pairs can say of a map which is about the identity."""
    if not len(source):
        return lambda points: points
    if np.ptp(source, axis=0).max() < SAME_PLACE:
        shift = (target - source).mean(0)
        return lambda points: points + shift
    straight = len(source) < LEAST["affine"] or _on_a_line(source) or _on_a_line(target)
    if len(source) >= LEAST["thin-plate"] and not straight and not _same_place(source):
        return _thin_plate(source, target)
    matrix = _matrix(source, target, "similarity" if straight else "affine")
    return lambda points: apply(matrix, points)


def _stored(xray: Points, shift: Points, shape: tuple[int, int]) -> Warp:
    """Sample the thin-plate spline through ``shift`` at ``xray`` on a grid.

    What is stored is a cubic spline between nodes, and misses the pairs by a little: the spline
    is aimed as far beyond them until it does not.
    """
    for nodes in MESHES:
        aim = shift
        for _ in range(CORRECTIONS):
            warp = Warp.sampled(_thin_plate(xray, aim), shape, nodes)
            miss = shift - warp.at(xray)
            if np.abs(miss).max() < MISS_PX:
                return warp
            aim = aim + miss
    return warp


def _flaw(used: Sequence[Landmark], shape: tuple[int, int], model: Model) -> tuple[str, str] | None:
    """Return why the pairs do not determine a model, and the cure; None where they do."""
    missing = LEAST[model] - len(used)
    if missing > 0:
        return (
            f"the {model} fit needs {LEAST[model]} enabled pairs, there are {len(used)}",
            f"add or enable {missing} more",
        )
    xray, photograph = _points(used)
    for picture, points in (("radiograph", xray), ("photograph", photograph)):
        same = _same_place(points)
        if same is not None:
            names = _named([used[number] for number in same])
            return (
                f"{names} are in the same place in the {picture}",
                "move, disable or remove one of them",
            )
        if _on_a_line(points):
            return (
                f"{_named(used)} lie on one line in the {picture}",
                "place one more well away from that line",
            )
        if model == "projective":
            for number in range(len(used)):
                if _on_a_line(np.delete(points, number, 0)):
                    rest = [*used[:number], *used[number + 1 :]]
                    return (
                        f"{_named(rest)} lie on one line in the {picture}, which leaves the "
                        "projective fit undetermined",
                        "place one more well away from that line, or fit affine",
                    )
    if model == "projective":
        height, width = shape
        corners = np.array([[0, 0, 1], [0, width, 1], [height, 0, 1], [height, width, 1]])
        depths = corners @ _matrix(xray, photograph, "projective")[2]
        if depths.min() < STEEPEST * depths.max():
            return (
                "the projective fit would see the radiograph from an impossible angle",
                "look for a pair that was mistaken, or fit affine",
            )
    return None


def _same_place(points: Points) -> tuple[int, int] | None:
    """Return the numbers of two points in the same place, or None."""
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(apart, np.inf)
    if apart.min() >= SAME_PLACE:
        return None
    first, second = np.unravel_index(apart.argmin(), apart.shape)
    return int(first), int(second)


def _on_a_line(points: Points) -> bool:
    """Whether points (N, 2) are, as nearly as clicks tell, on one line."""
    spread = np.linalg.svd(points - points.mean(0), compute_uv=False)
    return bool(spread[1] <= ON_A_LINE * spread[0])


def _named(landmarks: Sequence[Landmark]) -> str:
    """Name a few landmarks, or count many."""
    names = [landmark.name for landmark in landmarks]
    if len(names) > 4:
        return f"all {len(names)} landmarks"
    return f"{', '.join(names[:-1])} and {names[-1]}"
