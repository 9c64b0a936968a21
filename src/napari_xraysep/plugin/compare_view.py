"""Applies a `CompareModel` to the viewer, and gives the viewer back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_xraysep.domain import Floats
from napari_xraysep.plugin.canvas_marks import Divider, Label, PaneMarks, on_resize
from napari_xraysep.plugin.compare_added import AddedLayers
from napari_xraysep.plugin.compare_layers import (
    has_grey_contrast,
    label_of,
    own_contrast,
    run_in_view,
    run_of,
    set_contrast,
)
from napari_xraysep.plugin.compare_model import CompareModel
from napari_xraysep.plugin.curtain import Curtain, canvas_of
from napari_xraysep.plugin.kept_view import KeptView
from napari_xraysep.plugin.panes import panes_of

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari.viewer import Viewer

KEY_TO_BLINK = "B"
REACH = 8.0
"""Screen pixels from the divider within which a press takes hold of it."""
EDGE = 0.02
"""The divider stays this part of the canvas's width away from its borders."""
MARGIN = 10.0
GONE = "A layer that was compared is gone: the comparison has ended."
CAME = "A new layer has come: the comparison has ended."
REGROUPED = "The panes were arranged anew: the comparison has ended."


class CompareView:
    """Shows what a model says; only the GUI thread may use it.

    Attributes
    ----------
    ended
        Emitted with a sentence when something else has ended the comparison.
    renewed
        Emitted when a comparison was begun, or when an image that is compared has new pixels.
    added
        The layers that it has added for itself.
    key_free
        Whether the key that blinks was free and is ours now.
    """

    ended = Signal(str)
    renewed = Signal()

    def __init__(self, viewer: Viewer, model: CompareModel) -> None:
        self._viewer = viewer
        self._model = model
        self.added = AddedLayers(viewer)
        self._kept: KeptView | None = None
        self._curtain: Curtain | None = None
        self._divider: Divider | None = None
        self._label: Label | None = None
        self._panes: PaneMarks | None = None
        self._shown: list[Image] = []
        self._busy = False
        self.key_free = False
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._end_gone)
        model.changed.connect(self._changed)

    @property
    def on(self) -> bool:
        """Whether something is compared."""
        return self._kept is not None

    @property
    def busy(self) -> bool:
        """Whether it is moving layers just now."""
        return self._busy

    @property
    def run(self) -> str:
        """The run whose leftovers and profiles are shown; "" for none."""
        return run_in_view(self._viewer, self._model.first, self._model.second)

    def start(self) -> None:
        """Show what the model says; it must name A, B and a mode."""
        self.stop()
        model, viewer = self._model, self._viewer
        first, second = self._pair()
        others = [layer for layer in model.others if layer in viewer.layers]
        in_panes = model.mode == "panes"
        with self._ours():
            self._kept = KeptView(viewer)
            self._shown = [second, first]  # A lies above B
            if in_panes:
                self._shown = list(dict.fromkeys((first, second, *others)))
            with viewer.layers.batched_update():
                self._arrange(in_panes)
            self._kept.fit()
            if model.mode == "curtain":
                self._curtain = Curtain(viewer, first, second)
                names = label_of(first), label_of(second)
                self._divider = Divider(viewer, f"A: {names[0]}", f"B: {names[1]}")
            elif in_panes:
                self._panes = PaneMarks(viewer, self._pane_names)
            else:
                self._label = Label(viewer)
            if model.mode == "blink":
                self._bind()
            elif model.mode == "profile":
                self.added.add_line()
        self._listen(True)
        self.show_contrast()
        self.show_overlays()
        self.renewed.emit()

    def stop(self) -> None:
        """Give the viewer back as it was."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        self._soon.stop()
        self._listen(False)
        with self._ours():
            if self._curtain is not None:
                self._curtain.end()
            for mark in (self._divider, self._label, self._panes):
                if mark is not None:
                    mark.remove()
            self._curtain = self._divider = self._label = self._panes = None
            if self.key_free:
                self._viewer.bind_key(KEY_TO_BLINK, None)
                self.key_free = False
            self._viewer.cursor.style = "standard"
            self.added.remove()
            kept.give_back()
            self._shown = []

    def refresh(self, event: Any = None) -> None:
        """Take over divider, fade and which of both is shown; no array is touched."""
        model, width = self._model, canvas_of(self._viewer)._scene_canvas.size[0]
        if self._curtain is not None and self._divider is not None:
            self._curtain.move(model.divider)
            self._divider.move(model.divider)
        if self._panes is not None:
            self._panes.refresh()
        if self._label is not None:
            first, second = self._pair()
            first.opacity, second.opacity = model.opacities()
            difference = self.added.difference
            if difference is not None:
                self._label.text = difference.name.replace(": ", "\n", 1).replace("; ", "\n")
            else:
                self._label.text = model.title(label_of(first), label_of(second))
            self._label.place(MARGIN, width - 2 * MARGIN)

    def show_contrast(self) -> None:
        """Show all grey pictures in the model's contrast, or each in its own."""
        for layer in self._shown:
            if has_grey_contrast(layer):
                one = self._model.one_contrast
                set_contrast(layer, self._model.contrast if one else own_contrast(layer))

    def show_difference(self, values: Floats) -> None:
        """Show A − B, which was computed, in place of both."""
        there = self._model.first in self._viewer.layers
        if self._model.mode == "difference" and self.on and there:
            with self._ours():
                self.added.show_difference(values, *self._pair(), self._model.scale)
            self.refresh()

    def show_scale(self) -> None:
        """Show difference and overlays on the model's scale."""
        self.added.rescale(*self._pair(), self._model.scale)
        self.refresh()

    def show_overlays(self) -> None:
        """Lay over the picture what the model says; in panes each gets a pane of its own."""
        with self._ours():
            self.added.show_overlays(self._model.overlays, self.run, self._model.scale)
        self.refresh()

    def _changed(self, names: frozenset[str]) -> None:
        if names & {"mode", "first", "second", "others"}:
            if self._model.mode is None or self._model.problem:
                self.stop()
            else:
                self.start()
        elif self.on:
            if names & {"contrast", "one_contrast"}:
                self.show_contrast()
            if "scale" in names:
                self.show_scale()
            if "overlays" in names:
                self.show_overlays()
            if names & {"divider", "fade", "shows_first"}:
                self.refresh()

    def _pair(self) -> tuple[Image, Image]:
        if self._model.first is None or self._model.second is None:
            raise ValueError("A and B are to be chosen first")
        return self._model.first, self._model.second

    def _pane_names(self) -> list[str]:
        """Return what the panes show, in the order of the grid."""
        letters = {id(self._model.first): "A: ", id(self._model.second): "B: "}
        shown = [layer for layer in self._viewer.layers if layer.visible]
        return [letters.get(id(layer), "") + label_of(layer) for layer in shown]

    def _arrange(self, in_panes: bool) -> None:
        """Bring what is compared to the top, and hide all else."""
        layers = self._viewer.layers
        self._viewer.canvas.grid.enabled = False  # see `panes.show_all`
        for layer in self._shown:
            layers.move(layers.index(layer), len(layers))
        for layer in layers:
            shown = layer in self._shown
            if layer.visible != shown:
                layer.visible = shown
        for layer in self._shown:
            layer.opacity, layer.blending = 1.0, "translucent_no_depth"
            layer.name_overlay.visible = False  # what is written here says A, B and the run, too
        grid = {"stride": 1, "shape": (-1, -1), "enabled": in_panes}
        self._viewer.canvas.grid.update(grid)

    def _bind(self) -> None:
        """Take the key that blinks, unless it does something else already."""
        keys = self._viewer.window._qt_viewer._key_map_handler.active_keymap
        if KEY_TO_BLINK not in {str(key) for key in keys}:
            self._viewer.bind_key(KEY_TO_BLINK, self._blink)
            self.key_free = True

    def _blink(self, viewer: Viewer) -> None:
        self._model.set(shows_first=not self._model.shows_first)

    def _listen(self, on: bool) -> None:
        """Heed the mouse, the size of the canvas, and what others do to the layers."""
        viewer = self._viewer
        events = [
            (viewer.layers.events.removed, self._removed),
            (viewer.layers.events.inserted, self._inserted),
            (viewer.canvas.grid.events.enabled, self._regrouped),
            *((layer.events.data, self._renew) for layer in self._shown),
        ]
        for event, call in events:
            if on:
                event.connect(call, position="last")
            else:
                event.disconnect(call)
        on_resize(viewer, self.refresh, connect=on)
        for calls, heed in (
            (viewer.mouse_drag_callbacks, self._pressed),
            (viewer.mouse_move_callbacks, self._moved),
        ):
            if on:
                calls.append(heed)
            elif heed in calls:
                calls.remove(heed)

    def _grabs(self, event: Any) -> bool:
        width = canvas_of(self._viewer)._scene_canvas.size[0]
        return bool(abs(event.pos[0] - self._model.divider * width) <= REACH)

    def _pressed(self, viewer: Viewer, event: Any) -> Iterator[None]:
        """Drag the divider, and do not pan meanwhile."""
        if self._curtain is None or event.button != 1 or not self._grabs(event):
            return
        event.handled = True
        camera = viewer.scene.camera
        panned, camera.mouse_pan = camera.mouse_pan, False
        yield
        while event.type == "mouse_move":
            width = canvas_of(viewer)._scene_canvas.size[0]
            self._model.set(divider=min(max(event.pos[0] / width, EDGE), 1 - EDGE))
            event.handled = True
            yield
        camera.mouse_pan = panned

    def _moved(self, viewer: Viewer, event: Any) -> None:
        if self._panes is not None:
            self._panes.move(event.pos, event.viewbox)
            canvas_of(viewer)._scene_canvas.update()
        elif self._curtain is not None:
            viewer.cursor.style = "pointing" if self._grabs(event) else "standard"

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """Do not take what we do for what others do."""
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before

    def _renew(self, event: Any) -> None:
        self.renewed.emit()

    def _removed(self, event: Any) -> None:
        if not self._busy:
            self.added.drop(event.value)
            if event.value in self._shown or self.added.needs(event.value):
                self._soon.start()

    def _end_gone(self) -> None:
        """End what has lost a layer: not before, for napari may be removing others, too."""
        if self.on and hasattr(self._viewer.window, "_qt_window"):  # else it is closed by now
            self._end(GONE)

    def _inserted(self, event: Any) -> None:
        """Let what has come be seen, and of other runs nothing where a run has come."""
        if self._busy:
            return
        layer: Layer = event.value
        self._end(CAME)
        for other in panes_of(self._viewer):
            if run_of(layer) and run_of(other) not in ("", run_of(layer)):
                other.visible = False

    def _regrouped(self, event: Any) -> None:
        if not self._busy:
            wanted = self._viewer.canvas.grid.enabled
            self._end(REGROUPED)
            self._viewer.canvas.grid.enabled = wanted

    def _end(self, why: str) -> None:
        self.stop()
        self._model.set(mode=None)
        self.ended.emit(why)
