"""Evaluation: how good a separation is, what is reached without effort, and its picture."""

from napari_xraysep.evaluation.summary import MEANINGS, evaluate, meaning

__all__ = ["MEANINGS", "evaluate", "meaning"]
