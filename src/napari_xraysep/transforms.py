"""Where a point of the radiograph lies in a photograph, and back.

Points are (row, column), the centre of the first pixel at (0, 0). A transform takes points of the
radiograph to points of the original photograph, as its file is read: mirroring and turning are
part of it, so that a photograph is resampled once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import AfterValidator, Field, model_validator

from napari_xraysep.records import InputRecord, Landmark, Quality, Record

Points: TypeAlias = NDArray[np.float64]
"""(N, 2): row, column."""
Matrix: TypeAlias = NDArray[np.float64]
"""(3, 3) on (row, column, 1)."""
Unit = Literal["px", "mm"]

Orientation = Literal[
    "as it is",
    "turned left",
    "upside down",
    "turned right",
    "mirrored",
    "mirrored, turned left",
    "mirrored, upside down",
    "mirrored, turned right",
]
ORIENTATIONS: Mapping[Orientation, tuple[bool, int]] = {
    name: (number >= 4, number % 4) for number, name in enumerate(get_args(Orientation))
}
"""Whether a picture is first flipped left to right, and then how many quarter turns to the left."""

STEPS, NEAR_ENOUGH = 50, 1e-6
"""Of the iteration that inverts a smooth displacement: how many at most, and pixels."""
NODES = 33
"""Nodes along the longer side, where a displacement is sampled again."""


def _finite(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    if len({len(row) for row in rows}) != 1 or not np.isfinite(rows).all():
        raise ValueError("it is not a table of finite numbers")
    return rows


def _invertible(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    if np.shape(_finite(rows)) != (3, 3) or abs(np.linalg.det(rows)) < 1e-12:
        raise ValueError("it is not a matrix of 3 rows and 3 columns that can be inverted")
    return rows


Table = Annotated[tuple[tuple[float, ...], ...], AfterValidator(_finite)]
MatrixRows = Annotated[tuple[tuple[float, ...], ...], AfterValidator(_invertible)]
Polygon = Annotated[tuple[tuple[float, float], ...], Field(min_length=3), AfterValidator(_finite)]


class Warp(Record):
    """A smooth displacement, in the radiograph's pixels, given at the nodes of a regular grid.

    Between nodes it is a cubic spline through them, beyond the grid as at its edge.
    """

    origin: tuple[float, float] = Field(description="of the first node: row, column")
    spacing: tuple[float, float] = Field(description="between nodes: rows, columns")
    rows: Table = Field(description="displacement down, at every node")
    columns: Table = Field(description="displacement to the right, at every node")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if np.shape(self.rows) != np.shape(self.columns) or min(np.shape(self.rows)) < 4:
            raise ValueError("its rows and columns are not two tables of 4 by 4 nodes or more")
        if not (min(self.spacing) > 0 and np.isfinite([*self.origin, *self.spacing]).all()):
            raise ValueError("its spacing must be above zero")
        return self

    @classmethod
    def sampled(
        cls,
        displacement: Callable[[Points], Points],
        shape: tuple[int, int],
        nodes: int = NODES,
    ) -> Warp:
        """Sample ``displacement`` of points on a grid over an image of ``shape``.

        Parameters
        ----------
        nodes
            Along the longer side; about square meshes.
        """
        mesh = max(shape) / (nodes - 1)
        counts = [max(4, round(side / mesh) + 1) for side in shape]
        spacing = [(side - 1) / (count - 1) for side, count in zip(shape, counts, strict=True)]
        axes = [np.arange(n) * step for n, step in zip(counts, spacing, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
        rows, columns = displacement(points).T.reshape(2, *counts)
        return cls(
            origin=(0.0, 0.0),
            spacing=(spacing[0], spacing[1]),
            rows=as_rows(rows),
            columns=as_rows(columns),
        )

    def at(self, points: Points) -> Points:
        """Return the displacement (N, 2) at points (N, 2)."""
        from scipy.interpolate import RectBivariateSpline

        shape = np.shape(self.rows)
        axes = [
            np.arange(n) * d + o for n, d, o in zip(shape, self.spacing, self.origin, strict=True)
        ]
        # beyond its grid a spline of FITPACK stays as at its edge
        parts = [
            RectBivariateSpline(*axes, np.asarray(part)).ev(points[:, 0], points[:, 1])
            for part in (self.rows, self.columns)
        ]
        return np.stack(parts, 1)

    def rescaled(self, factor: float, offset: float) -> Warp:
        """Return it for coordinates ``factor · p + offset``."""
        return Warp(
            origin=(factor * self.origin[0] + offset, factor * self.origin[1] + offset),
            spacing=(factor * self.spacing[0], factor * self.spacing[1]),
            rows=as_rows(factor * np.asarray(self.rows)),
            columns=as_rows(factor * np.asarray(self.columns)),
        )


class Piece(Record):
    """One smooth map: a point p of the radiograph lies at ``matrix · (p + warp(p))``."""

    matrix: MatrixRows = Field(description="3 by 3, on (row, column, 1)")
    warp: Warp | None = None

    @classmethod
    def from_matrix(cls, matrix: ArrayLike, warp: Warp | None = None) -> Piece:
        """Make it from a (3, 3) array."""
        return cls(matrix=as_rows(np.asarray(matrix, float)), warp=warp)

    @property
    def array(self) -> Matrix:
        """The matrix as an array."""
        return np.asarray(self.matrix)

    def __call__(self, points: ArrayLike) -> Points:
        """Take points (N, 2) of the radiograph to the photograph."""
        points = np.asarray(points, float)
        return apply(self.array, points if self.warp is None else points + self.warp.at(points))

    def inverse(self, points: ArrayLike) -> Points:
        """Take points (N, 2) of the photograph to the radiograph."""
        straight = apply(inverse_of(self.array), np.asarray(points, float))
        if self.warp is None or not len(straight):
            return straight
        found = straight - self.warp.at(straight)
        for _ in range(STEPS):
            better = straight - self.warp.at(found)
            moved = np.abs(better - found).max()
            found = better
            if moved < NEAR_ENOUGH:
                break
        return found

    def rescaled(self, first: tuple[float, float], second: tuple[float, float]) -> Piece:
        """Return it between coordinates ``factor · p + offset`` of both sides."""
        matrix = _scaling(*second) @ self.array @ inverse_of(_scaling(*first))
        return Piece.from_matrix(matrix, None if self.warp is None else self.warp.rescaled(*first))


class PlateOutline(Record):
    """One film of the mosaic that a radiograph is made of, as drawn on it."""

    name: str
    polygon: Polygon = Field(description="corners (row, column) on the radiograph")

    def holds(self, points: Points) -> NDArray[np.bool_]:
        """Return for points (N, 2) of the radiograph whether they lie inside."""
        from skimage.measure import points_in_poly

        return np.asarray(points_in_poly(points, np.asarray(self.polygon)), bool)


class Plate(PlateOutline):
    """A film and where its part of the radiograph lies in the photograph."""

    piece: Piece


class Transform(Record):
    """From the radiograph to one photograph; films of a mosaic may each go their own way.

    Attributes
    ----------
    radiograph_shape, photograph_shape
        Height and width in pixels.
    whole
        Holds wherever no plate is drawn.
    plates
        Where two overlap, the first holds.
    """

    radiograph_shape: tuple[int, int]
    photograph_shape: tuple[int, int]
    whole: Piece
    plates: tuple[Plate, ...] = ()

    def to_photograph(self, points: ArrayLike) -> Points:
        """Take points (N, 2) of the radiograph to the photograph."""
        points = np.asarray(points, float).reshape(-1, 2)
        found = self.whole(points)
        for plate in reversed(self.plates):
            inside = plate.holds(points)
            if inside.any():
                found[inside] = plate.piece(points[inside])
        return found

    def to_radiograph(self, points: ArrayLike) -> Points:
        """Take points (N, 2) of the photograph to the radiograph."""
        points = np.asarray(points, float).reshape(-1, 2)
        found = self.whole.inverse(points)
        for plate in reversed(self.plates):
            there = plate.piece.inverse(points)
            inside = plate.holds(there)
            found[inside] = there[inside]
        return found

    @property
    def orientation(self) -> Orientation:
        """The nearest of the eight flips and quarter turns that sets the photograph upright."""
        return orientation_of(self.whole.array)

    def resized(self, radiograph: float, photograph: float) -> Transform:
        """Return the same transform between pictures resized by these factors."""
        return self._rescaled(
            (radiograph, (radiograph - 1) / 2),
            (photograph, (photograph - 1) / 2),
            tuple(round(side * radiograph) for side in self.radiograph_shape),
            tuple(round(side * photograph) for side in self.photograph_shape),
        )

    def in_units(self, radiograph: float, photograph: float) -> Transform:
        """Return it in units of which a pixel has so many, as millimetres; shapes stay in pixels.

        The centre of the first pixel stays at (0, 0).
        """
        return self._rescaled(
            (radiograph, 0.0), (photograph, 0.0), self.radiograph_shape, self.photograph_shape
        )

    def _rescaled(
        self,
        first: tuple[float, float],
        second: tuple[float, float],
        radiograph_shape: tuple[int, ...],
        photograph_shape: tuple[int, ...],
    ) -> Transform:
        return Transform(
            radiograph_shape=(radiograph_shape[0], radiograph_shape[1]),
            photograph_shape=(photograph_shape[0], photograph_shape[1]),
            whole=self.whole.rescaled(first, second),
            plates=tuple(
                Plate(
                    name=plate.name,
                    polygon=as_points(np.asarray(plate.polygon) * first[0] + first[1]),
                    piece=plate.piece.rescaled(first, second),
                )
                for plate in self.plates
            ),
        )


class SideTransform(Record):
    """How one photograph was registered to the radiograph.

    In memory ``unit`` is ``px``; a file is in millimetres where both pixel sizes are known.
    """

    photograph: InputRecord
    unit: Unit = "px"
    radiograph_pixel_mm: float | None = Field(default=None, gt=0)
    photograph_pixel_mm: float | None = Field(default=None, gt=0)
    transform: Transform
    how: str = Field(description="in words: intensity, landmarks, by hand")
    quality: Quality | None = Field(default=None, description="None: not measured")
    landmarks: tuple[Landmark, ...] = Field(default=(), description="pairs in pixels")

    @property
    def usable(self) -> bool:
        """Whether it may be applied: False where it was measured and failed."""
        return self.quality is None or self.quality.ok

    def in_unit(self, unit: Unit) -> SideTransform:
        """Return it in pixels or, where both pixel sizes are known, in millimetres."""
        if unit == self.unit:
            return self
        if self.radiograph_pixel_mm is None or self.photograph_pixel_mm is None:
            raise ValueError("the pixel sizes are not known")
        sizes = self.radiograph_pixel_mm, self.photograph_pixel_mm
        if unit == "px":
            sizes = 1 / sizes[0], 1 / sizes[1]
        return self.model_copy(update={"unit": unit, "transform": self.transform.in_units(*sizes)})

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.unit == "mm" and None in (self.radiograph_pixel_mm, self.photograph_pixel_mm):
            raise ValueError("it is in mm and does not say how large a pixel is")
        return self


Side = Literal["front", "back"]
SIDES: tuple[Side, ...] = get_args(Side)


class Transforms(Record):
    """The registration of a painting's photographs to its radiograph; ``transforms.json``."""

    format: Literal["napari-xraysep transforms"] = "napari-xraysep transforms"
    version: Literal[1] = 1
    radiograph: InputRecord
    front: SideTransform | None = None
    back: SideTransform | None = None

    def side(self, side: Side) -> SideTransform | None:
        """Return how the photograph of that side lies, or None where it is not registered."""
        return self.front if side == "front" else self.back

    def in_unit(self, unit: Unit) -> Transforms:
        """Return it in pixels, or in millimetres for every side whose pixel sizes are known."""

        def turned(side: SideTransform | None) -> SideTransform | None:
            if side is None:
                return None
            known = None not in (side.radiograph_pixel_mm, side.photograph_pixel_mm)
            return side.in_unit(unit) if known else side

        return self.model_copy(update={"front": turned(self.front), "back": turned(self.back)})


def oriented(name: Orientation, shape: tuple[int, int]) -> Matrix:
    """Return the matrix that takes points of the turned picture to the picture of ``shape``.

    The turned picture of p is ``np.rot90(np.fliplr(p) if mirrored else p, turns)``.
    """
    mirrored, turns = ORIENTATIONS[name]
    height, width = shape
    matrix = np.eye(3)
    if mirrored:
        matrix = np.array([[1.0, 0, 0], [0, -1, width - 1], [0, 0, 1]])
    for _ in range(turns):
        matrix = matrix @ np.array([[0.0, 1, 0], [-1, 0, width - 1], [0, 0, 1]])
        height, width = width, height
    return matrix


def orientation_of(matrix: ArrayLike) -> Orientation:
    """Return the flip and quarter turn that a matrix from the radiograph is nearest to."""
    linear = np.asarray(matrix, float)[:2, :2]
    likeness = {name: (oriented(name, (1, 1))[:2, :2] * linear).sum() for name in ORIENTATIONS}
    return max(likeness, key=lambda name: likeness[name])


def compose(first: Piece, then: Piece, shape: tuple[int, int]) -> Piece:
    """Return the map of ``then`` after ``first``; what is not linear is sampled over ``shape``."""
    matrix = then.array @ first.array
    if first.warp is None and then.warp is None:
        return Piece.from_matrix(matrix)
    back = inverse_of(matrix)
    warp = Warp.sampled(lambda points: apply(back, then(first(points))) - points, shape)
    return Piece.from_matrix(matrix, warp)


def inverted(piece: Piece, shape: tuple[int, int]) -> Piece:
    """Return the map back; a displacement is sampled over ``shape``, where ``piece`` leads to."""
    back = inverse_of(piece.array)
    if piece.warp is None:
        return Piece.from_matrix(back)
    warp = Warp.sampled(lambda points: apply(piece.array, piece.inverse(points)) - points, shape)
    return Piece.from_matrix(back, warp)


def apply(matrix: Matrix, points: Points) -> Points:
    """Apply a (3, 3) matrix to points (N, 2)."""
    there = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(there[:, :2] / there[:, 2:])


def inverse_of(matrix: Matrix) -> Matrix:
    """Invert a (3, 3) matrix."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def as_rows(table: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    """Return a 2-d array as nested tuples, as records hold it."""
    return tuple(tuple(float(value) for value in row) for row in table)


def as_points(points: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Return points (N, 2) as nested tuples, as records hold them."""
    return tuple((float(row), float(column)) for row, column in points)


def _scaling(factor: float, offset: float) -> Matrix:
    return np.array([[factor, 0, offset], [0, factor, offset], [0, 0, 1.0]])
