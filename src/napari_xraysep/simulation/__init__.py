"""Radiographs simulated from photographs and physics, with the layers they truly consist of."""

from napari_xraysep.simulation.radiograph import Simulation, SimulationRecord, simulate
from napari_xraysep.simulation.settings import SimulationSettings

__all__ = ["Simulation", "SimulationRecord", "SimulationSettings", "simulate"]
