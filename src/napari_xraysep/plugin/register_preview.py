"""The layers that show how a photograph lies on the radiograph.

The original itself is shown, moved by an affine of its layer, as long as that says where it lies.
Where a transform bends, and for the overlays, a reduced picture is resampled on another thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.plugin.loading import Loaded
from napari_xraysep.plugin.panes import KEY, add_pane, contrast_of
from napari_xraysep.plugin.register_overlays import checkerboard, edges, straight
from napari_xraysep.plugin.register_words import ERROR_END
from napari_xraysep.plugin.register_worker import Task, start
from napari_xraysep.resampling import resample
from napari_xraysep.transforms import Matrix, Transform

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

    from napari_xraysep.registration.quality import Measured

View = Literal["over", "checkerboard", "edges", "error"]
VIEWS: tuple[View, ...] = get_args(View)
NAMES: Mapping[View, str] = {
    "over": "photograph on the radiograph, preview",
    "checkerboard": "checkerboard of the photograph, preview",
    "edges": "edges of the photograph, preview",
}
FADED = ("over", "error")
"""Views that the radiograph is seen through."""
ONE_PLACE = 20.0
"""Pixels; how large a place is drawn that is the only one."""
LIMIT = 2048
"""Pixels on the longer side of resampled pictures."""
BLOCK = 256
"""Rows and columns resampled between two looks at whether they are still wanted."""
BLINK = "B"
NOTHING = (None, None)


class Preview:
    """Takes the viewer over while a photograph is registered, and gives it back.

    Only the GUI thread may use it.

    Parameters
    ----------
    busy
        Told True while a picture is made, and False when it is there.
    failed
        Told a sentence.
    """

    def __init__(
        self, viewer: Viewer, busy: Callable[[bool], None], failed: Callable[[str], None]
    ) -> None:
        self._viewer = viewer
        self._busy = busy
        self._failed = failed
        self._found: list[tuple[Layer, bool]] = []
        self._grid = False
        self._layer: Layer | None = None
        self._radiograph: Layer | None = None
        self._view: View | None = None
        self._wanted: tuple[int, Transform, View] | None = None
        self._task = Task()
        self._task.ended = True
        self._made: tuple[Any, Any] = NOTHING
        self._opacity = 0.5
        self._apart = False
        self.entered = False

    @property
    def pictures(self) -> tuple[Layer | None, Layer | None]:
        """The layers that show the radiograph and the photograph."""
        return self._radiograph, self._layer

    def enter(self, loaded: Loaded) -> None:
        """Show the radiograph alone, and no grid of panes."""
        if self.entered:
            return
        self.entered = True
        self._found = [(layer, layer.visible) for layer in self._viewer.layers]
        self._grid = self._viewer.canvas.grid.enabled
        panes = [la for la in self._viewer.layers if la.metadata.get(KEY, {}).get("pane")]
        radiograph = [la for la in panes if la.metadata[KEY]["pane"] == "radiograph"]
        for layer, _ in self._found:
            layer.visible = layer in radiograph[-1:]
        if radiograph:
            self._radiograph = radiograph[-1]
        else:  # the user has deleted it
            picture = loaded.pictures[0]
            contrast = contrast_of(picture.pixels)
            self._radiograph = add_pane(
                self._viewer, picture.pixels, picture.name, "radiograph", contrast=contrast
            )
        self._viewer.canvas.grid.enabled = False
        self._viewer.reset_view()
        if BLINK not in {str(key) for key in self._viewer.keymap}:
            self._viewer.bind_key(BLINK, self._held)

    def leave(self) -> None:
        """Give the viewer back as it was found."""
        if not self.entered:
            return
        self.entered = False
        self._stop()
        self._made = NOTHING
        self._remove()
        self._view = None
        if any(value == self._held for value in self._viewer.keymap.values()):
            self._viewer.bind_key(BLINK, None)
        for layer, visible in self._found:
            if layer in self._viewer.layers:
                layer.visible = visible
        self._viewer.canvas.grid.enabled = self._grid
        self._viewer.reset_view()
        self._found = []

    def abandon(self) -> None:
        """Stop what is being made and touch no layer any more: the window is going away."""
        self.entered = False
        self._task.stop()
        self._wanted = None

    def show(
        self, photograph: NDArray[Any], transform: Transform, view: View, *, original: bool = False
    ) -> Matrix:
        """Show a photograph where a transform lays it.

        Parameters
        ----------
        photograph
            (h, w, 3) as read.
        original
            Show the original even where it would have to be bent: details are marked on it.

        Returns
        -------
        (3, 3) float64
            The affine that lays the photograph's pixels, nearly, where they are shown.
        """
        affine, exact = straight(transform)
        if view == "over" and (exact or original or self._layer is None):
            self._put(view, photograph, affine)
        if view == "over" and (exact or original):
            self._stop()
        else:
            self._resample(photograph, transform, view)
        return affine

    def show_errors(self, measured: Measured, name: str) -> None:
        """Show how far the photograph is still off, where that was measured.

        Parameters
        ----------
        name
            Of the layer, with the scale in words.
        """
        from napari.layers import Points

        self._stop()
        self._remove()
        rows = np.unique(measured.centres[:, 0])
        self._layer = Points(
            measured.centres,
            name=name,
            symbol="square",
            size=float(np.diff(rows).min()) if len(rows) > 1 else ONE_PLACE,
            border_width=0,
            features={"px": np.hypot(*measured.left.T)},
            face_color="px",
            face_colormap="viridis",
            face_contrast_limits=(0.0, ERROR_END),
            metadata={KEY: {"overlay": "error"}},
        )
        self._viewer.layers.insert(self._above_pictures(), self._layer)
        self._layer.editable = False
        self._view = "error"
        self._fade()

    def set_opacity(self, opacity: float) -> None:
        """Make the photograph more or less transparent, 0..1."""
        self._opacity = opacity
        self._fade()

    def set_apart(self, apart: bool) -> None:
        """Whether the photograph lies beside the radiograph, where nothing shines through."""
        self._apart = apart
        self._fade()

    def _fade(self) -> None:
        if self._layer is not None and self._present():
            through = self._view in FADED and not self._apart
            self._layer.opacity = self._opacity if through else 1.0

    def blink(self, visible: bool) -> None:
        """Show the photograph or not."""
        if self._present() and self._layer is not None:
            self._layer.visible = visible

    def _held(self, _viewer: Viewer) -> Iterator[None]:
        """Hide the photograph as long as a key is held."""
        self.blink(False)
        yield
        self.blink(True)

    def _stop(self) -> None:
        """Make no picture that is not wanted any more."""
        self._wanted = None
        if not self._task.ended:
            self._task.stop()
            self._busy(False)

    def _resample(self, photograph: NDArray[Any], transform: Transform, view: View) -> None:
        step = -(-max(transform.radiograph_shape) // LIMIT)
        wanted = (id(photograph), transform, view)
        if wanted == self._wanted and (self._present() or not self._task.ended):
            return
        self._stop()
        self._wanted = wanted
        of, made = self._made
        task = self._task = Task()
        work = partial(
            _picture, task, photograph, transform, view, step, made if of == wanted[:2] else None
        )
        self._busy(True)
        start(task, work, partial(self._resampled, wanted, step), self._not_resampled)

    def _resampled(
        self, wanted: tuple[int, Transform, View], step: int, found: tuple[Any, NDArray[Any]]
    ) -> None:
        self._made = wanted[:2], found[0]
        self._put(wanted[2], found[1], np.diag([step, step, 1.0]))
        self._busy(False)

    def _not_resampled(self, problem: str) -> None:
        self._busy(False)
        self._failed(problem)

    def _put(self, view: View, data: NDArray[Any], affine: Matrix) -> None:
        """Show a picture in our one layer; one that was deleted, or of errors, is made anew."""
        from napari.layers import Image

        layer = self._layer
        if not isinstance(layer, Image) or not self._present():
            self._remove()
            metadata = {KEY: {"overlay": "photograph"}}
            layer = Image(data, name=NAMES[view], rgb=True, affine=affine, metadata=metadata)
            self._layer = layer
            self._viewer.layers.insert(self._above_pictures(), layer)
        else:
            if layer.data is not data:
                layer.data = data
            layer.affine = affine
            layer.name = NAMES[view]
        layer.visible = True
        self._view = view
        self._fade()

    def _above_pictures(self) -> int:
        """Return the place above all images, below points and outlines that are drawn."""
        images = [i for i, la in enumerate(self._viewer.layers) if type(la).__name__ == "Image"]
        return images[-1] + 1 if images else 0

    def _present(self) -> bool:
        return self._layer is not None and self._layer in self._viewer.layers

    def _remove(self) -> None:
        if self._present():
            self._viewer.layers.remove(self._layer)
        self._layer = None


def _picture(
    task: Task,
    photograph: NDArray[Any],
    transform: Transform,
    view: View,
    step: int,
    made: tuple[NDArray[Any], NDArray[np.bool_]] | None,
) -> tuple[tuple[NDArray[Any], NDArray[np.bool_]], NDArray[Any]]:
    """Make the picture of a view; the resampled photograph is used again where there is one."""
    if made is None:
        report = partial(task.watch, "")
        made = resample(photograph, transform, step=step, block=BLOCK, report=report)
    overlay = {"checkerboard": checkerboard, "edges": edges}.get(view)
    return made, made[0] if overlay is None else overlay(*made)
