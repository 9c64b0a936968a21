"""Let a torch network be stopped between any two of its layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


def watch(network: nn.Module, checkpoint: Callable[[], None]) -> None:
    """Call ``checkpoint`` after every layer, forwards and backwards.

    One step of a large network takes many seconds on a CPU; an exception that ``checkpoint``
    raises leaves the step at the next layer.
    """

    def forward(_module: nn.Module, _inputs: Any, output: Any) -> None:
        checkpoint()
        if isinstance(output, Tensor) and output.requires_grad:
            output.register_hook(backward)  # type: ignore[no-untyped-call]

    def backward(_gradient: Tensor) -> None:
        checkpoint()

    for layer in network.modules():
        if not list(layer.children()):
            layer.register_forward_hook(forward)
