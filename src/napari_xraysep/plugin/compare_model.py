"""What is compared, and how: the state of the dock *Compare*; without Qt.

A lies above B. Blinking and fading change how opaque they are and touch no array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from psygnal import Signal

if TYPE_CHECKING:
    from napari.layers import Image

Mode = Literal["curtain", "blink", "panes", "fade", "difference", "profile"]
MODES: tuple[Mode, ...] = get_args(Mode)
LeftOver = Literal["unexplained", "uncertainty"]
OVERLAYS: tuple[LeftOver, ...] = get_args(LeftOver)


class CompareModel:
    """What the user has chosen.

    Attributes
    ----------
    changed
        Emitted with the names of what was changed by `set`, once for all.
    first, second
        A and B; None: not chosen.
    others
        Further layers, for the panes.
    mode
        None: nothing is compared, the viewer is as it was.
    divider
        Where the curtain's divider is, 0..1 of the canvas's width.
    fade
        How much of A is seen, 0..1; the rest is B.
    shows_first
        Blinking shows A now, else B.
    overlays
        Which images of what is left over lie over the picture.
    one_contrast
        All grey pictures are shown in one contrast.
    contrast
        That contrast, in the working domain.
    scale
        Half-range of signed differences, and of what is left over, in the working domain.
    """

    changed = Signal(frozenset)

    def __init__(self) -> None:
        self.first: Image | None = None
        self.second: Image | None = None
        self.others: tuple[Image, ...] = ()
        self.mode: Mode | None = None
        self.divider = self.fade = 0.5
        self.shows_first = True
        self.overlays: frozenset[LeftOver] = frozenset()
        self.one_contrast = True
        self.contrast = (0.0, 1.0)
        self.scale = 0.1

    def set(self, **parts: Any) -> None:
        """Change attributes; `changed` is emitted where one is another now."""
        news = [name for name, value in parts.items() if getattr(self, name) != value]
        for name in news:
            setattr(self, name, parts[name])
        if news:
            self.changed.emit(frozenset(news))

    @property
    def problem(self) -> str:
        """What keeps A and B from being compared; "" where nothing does."""
        if self.first is None or self.second is None:
            return "Choose two images first, as A and as B."
        return "A and B are the same image: choose another." if self.first is self.second else ""

    def swap(self) -> None:
        """Make A of B and B of A."""
        self.set(first=self.second, second=self.first)

    def opacities(self) -> tuple[float, float]:
        """How opaque A and B, which lies below it, are."""
        if self.mode == "blink":
            return (1.0, 0.0) if self.shows_first else (0.0, 1.0)
        if self.mode == "fade":
            return self.fade, 1.0
        return (1.0, 0.0) if self.mode == "profile" else (1.0, 1.0)

    def title(self, first: str, second: str) -> str:
        """Say what is seen, where one place of the canvas shows one thing.

        Parameters
        ----------
        first, second
            What A and B are called.
        """
        if self.mode == "blink":
            return f"A: {first}" if self.shows_first else f"B: {second}"
        if self.mode == "fade":
            return f"{100 * self.fade:.0f} % A: {first}\n{100 - 100 * self.fade:.0f} % B: {second}"
        if self.mode == "difference":
            return "A − B is being computed…"
        return f"A: {first}" if self.mode == "profile" else ""
