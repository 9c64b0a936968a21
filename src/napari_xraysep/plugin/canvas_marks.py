"""What a comparison writes on the canvas: the divider, names, and a cross in every pane.

These lie on the screen, not on the painting: panning and zooming leaves them where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari._vispy.visuals.text import Text
from vispy.scene.visuals import Line, Mesh, Rectangle
from vispy.visuals.transforms import STTransform

from napari_xraysep.plugin.curtain import canvas_of
from napari_xraysep.records import HYPOTHETICAL

if TYPE_CHECKING:
    from napari.viewer import Viewer

WHITE, BLACK, BACK = (1, 1, 1, 1), (0, 0, 0, 1), (0, 0, 0, 0.65)
LINE, RIM, GRIP = 2.0, 4.0, (12.0, 44.0)
"""Screen pixels: width of the divider, of its dark rim, width and height of its grip."""
TALL = 20_000.0
"""Screen pixels: taller than any canvas."""
FONT_SIZE, PAD, TOP = 9, 6.0, 10.0
NARROWER = 0.85
"""How much a text is shortened beyond what its average letter would need: letters differ."""
ARM, GAP = 14.0, 4.0
"""Screen pixels: from the middle of a cross to its ends, and to where its arms begin."""
ON_TOP = 10**6


class Label:
    """A few lines of text on a dark ground, beside a place on the canvas.

    Parameters
    ----------
    anchor
        ``left``: the text begins at its place, ``right``: it ends there.
    parent
        A pane of the grid; None: the canvas.
    """

    def __init__(self, viewer: Viewer, anchor: str = "left", parent: Any = None) -> None:
        canvas = canvas_of(viewer)
        parent = canvas.view if parent is None else parent
        self._anchor = anchor
        self._whole = self._laid_out = ""
        self._size, self._full = (0.0, 0.0), 0.0
        self._ground = Rectangle(center=(0, 0), color=BACK, border_width=0, parent=parent)
        self._text = Text(pos=(0, 0), font_info=canvas.font_info(), parent=parent)
        self._text.font_size = FONT_SIZE
        self._text.color = WHITE
        self._text.anchors = (anchor, "bottom")
        for node, order in ((self._ground, ON_TOP), (self._text, ON_TOP + 1)):
            node.order = order
            node.transform = STTransform()

    @property
    def text(self) -> str:
        """What is written, before it is shortened."""
        return self._whole

    @text.setter
    def text(self, text: str) -> None:
        self._whole = text

    def place(self, x: float, room: float) -> None:
        """Write at ``x`` screen pixels from the left, shortened to what ``room`` pixels hold."""
        shown = bool(self._whole) and room > 3 * PAD
        self._text.visible = self._ground.visible = shown
        if not shown:
            return
        wanted = self._whole
        if self._whole != self._laid_out:
            self._write(self._whole)
            self._laid_out, self._full = self._whole, self._size[0]
        if self._full + 2 * PAD > room:
            longest = max(len(line) for line in self._whole.split("\n"))
            fitting = longest * (room - 2 * PAD) / self._full
            wanted = shortened(self._whole, int(fitting * NARROWER) - 1)
        if wanted != self._text.text:
            self._write(wanted)
        (width, height), inward = self._size, 1 if self._anchor == "left" else -1
        middle = x + inward * (width / 2 + PAD), TOP + height / 2 + PAD
        self._ground.transform.translate = (*middle, 0, 0)
        self._text.transform.translate = (x + inward * PAD, TOP + PAD, 0, 0)

    def _write(self, text: str) -> None:
        """Lay out text and ground, which takes longer than moving them."""
        self._text.text = text
        self._size = self._text.get_width_height()
        self._ground.width, self._ground.height = (side + 2 * PAD for side in self._size)

    def remove(self) -> None:
        """Take it off the canvas."""
        self._text.parent = self._ground.parent = None


def shortened(text: str, letters: int) -> str:
    """Leave out the middle of lines that have more than so many letters: names differ at the end.

    What must be said of a separation is broken at its comma first.
    """
    lines = []
    for line in text.split("\n"):
        words = HYPOTHETICAL in line and len(line) > letters
        lines += line.replace(", ", ",\n").split("\n") if words else [line]
    kept = max(1, letters)
    return "\n".join(
        line if len(line) <= kept else f"{line[: (kept + 1) // 2]}…{line[len(line) - kept // 2 :]}"
        for line in lines
    )


class Divider:
    """The line between both sides of a curtain, its grip, and the names of the sides."""

    def __init__(self, viewer: Viewer, left: str, right: str) -> None:
        self._canvas = canvas_of(viewer)
        self._line = _rectangles(
            (RIM, TALL, BLACK), (LINE, TALL, WHITE), (*GRIP, BLACK), (*np.subtract(GRIP, 4), WHITE)
        )
        self._line.parent = self._canvas.view
        self._line.transform = STTransform()
        self._line.order = ON_TOP + 2
        self.labels = Label(viewer, "right"), Label(viewer, "left")
        for label, text in zip(self.labels, (left, right), strict=True):
            label.text = text

    def move(self, fraction: float) -> None:
        """Draw it at 0..1 of the canvas's width."""
        width, height = self._canvas._scene_canvas.size
        x = fraction * width
        self._line.transform.translate = (x, height / 2, 0, 0)
        self.labels[0].place(x - RIM, x - RIM)
        self.labels[1].place(x + RIM, width - x - RIM)

    def remove(self) -> None:
        """Take it off the canvas."""
        self._line.parent = None
        for label in self.labels:
            label.remove()


def _rectangles(*sizes: Any) -> Mesh:
    """Return rectangles (width, height, colour) around one middle, the first lowest.

    One mesh is drawn much quicker than rectangles one by one.
    """
    corners = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]])
    halves = np.array([[0, 1, 2], [0, 2, 3]])
    mesh = Mesh(
        vertices=np.vstack([corners * (width, height, 1) for width, height, _ in sizes]),
        faces=np.vstack([halves + 4 * place for place in range(len(sizes))]),
        face_colors=np.repeat([colour for *_, colour in sizes], 2, axis=0),
    )
    mesh.set_gl_state("translucent", depth_test=False, cull_face=False)
    return mesh


class PaneMarks:
    """What each pane of the grid shows, in words, and the same place marked in all of them.

    Parameters
    ----------
    names
        What is written into the panes, in their order; asked for whenever the grid is made anew.
    """

    def __init__(self, viewer: Viewer, names: Callable[[], Sequence[str]]) -> None:
        self._viewer = viewer
        self._canvas = canvas_of(viewer)
        self._names = names
        self._views: list[Any] = []
        self._marks: list[Line] = []
        self._labels: list[Label] = []

    def refresh(self) -> None:
        """Write the names, and follow the grid where its panes are others now."""
        boxes = self._viewer.canvas.grid.iter_viewboxes(self._viewer.layers)
        pairs = zip(boxes, self._canvas.grid_views, strict=False)
        views = [view for (_, layers), view in pairs if layers]
        names = list(self._names())
        if views != self._views or names != [label.text for label in self._labels]:
            self.remove()
            self._views = views
            self._marks = [_cross(view, colour) for view in views for colour in (BLACK, WHITE)]
            self._labels = [Label(self._viewer, parent=view) for view in views]
            for label, name in zip(self._labels, names, strict=False):
                label.text = name
            for view in views:  # a new grid gets its size when it is drawn first
                view.events.resize.connect(self._place)
        self._place()

    def _place(self, event: Any = None) -> None:
        """Write the names into the room that there is."""
        for label, view in zip(self._labels, self._views, strict=True):
            label.place(0, view.rect.width)

    def move(self, position: Any, viewbox: tuple[int, int] | None) -> None:
        """Mark a place in the pane it lies in, and in all others.

        Parameters
        ----------
        position
            x and y on the canvas, screen pixels.
        viewbox
            Row and column of the pane in the grid; None: in none.
        """
        for mark in self._marks:
            mark.visible = viewbox is not None
        if viewbox is None:
            return
        under = self._canvas.grid[viewbox[0], viewbox[1]]
        place = np.asarray(position, float)[:2] - under.transform.translate[:2]
        for mark in self._marks:
            mark.transform.translate = (*place, 0, 0)

    def remove(self) -> None:
        """Take all off the canvas."""
        for mark in self._marks:
            mark.parent = None
        for label in self._labels:
            label.remove()
        for view in self._views:
            view.events.resize.disconnect(self._place)
        self._views, self._marks, self._labels = [], [], []


def _cross(view: Any, colour: tuple[float, ...]) -> Line:
    """Return four arms that leave the place itself free, hidden yet."""
    arms = np.array([[-ARM, 0], [-GAP, 0], [GAP, 0], [ARM, 0]], float)
    ends = np.vstack([arms, arms[:, ::-1]]) + (colour == BLACK)
    mark = Line(ends, color=colour, connect="segments", width=1, parent=view)
    mark.transform = STTransform()
    mark.order = ON_TOP + int(colour == WHITE)
    mark.visible = False
    return mark


def on_resize(viewer: Viewer, call: Callable[[], None], *, connect: bool) -> None:
    """Have ``call`` called, or no longer, when the canvas gets another size."""
    events = canvas_of(viewer)._scene_canvas.events.resize
    if connect:
        events.connect(call, position="last")
    else:
        events.disconnect(call)
