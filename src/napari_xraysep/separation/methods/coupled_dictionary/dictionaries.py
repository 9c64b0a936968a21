"""Coupled dictionaries Ψ, Φc, Φ: sparse coding with them, learning them from a mixture.

Everything here is in units of contrast, so that photographs and radiograph compare. Patches are
rows (N, D), atoms are columns (D, K), codes are (K, N).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import orthogonal_mp_gram

Doubles: TypeAlias = NDArray[np.float64]

CHUNK = 1_000
"""Patches that are coded without looking up; about a second's work."""

UNUSED = 1e-6
"""Norm below which an atom is none; patches have about their number of pixels' root."""

TINY = 1e-12
"""Keeps the least squares of codes that are all zero solvable."""

RIDGE = 1e-2
"""Share of the codes' mean power that holds seldom used atoms of Φc and Φ down."""


class Triples(NamedTuple):
    """Patches of the same places: both photographs y1, y2 and the radiograph x, (N, D) each."""

    y1: Doubles
    y2: Doubles
    x: Doubles


class Codes(NamedTuple):
    """Coefficients z1, z2 (K, N) of the coupled atoms, v (L, N) of the radiograph's own."""

    z1: Doubles
    z2: Doubles
    v: Doubles


class Dictionaries(NamedTuple):
    """Ψ (D, K) of photographs, Φc (D, K) of what they show in the radiograph, Φ (D, L) of the rest.

    For one side ``y = Ψ z`` and ``x = Φc z + Φ v``. Of v only the sum over both sides can be
    known, so it is taken for the same: the mixture is ``x = Φc (z1 + z2) + 2 Φ v``.
    """

    psi: Doubles
    phi_c: Doubles
    phi: Doubles

    def stacked(self) -> Doubles:
        """Return what [z1; z2; v] is multiplied with to give [y1; y2; x]."""
        none, none_own = np.zeros_like(self.psi), np.zeros_like(self.phi)
        return np.block(
            [
                [self.psi, none, none_own],
                [none, self.psi, none_own],
                [self.phi_c, self.phi_c, 2 * self.phi],
            ]
        )

    def code(self, triples: Triples, nonzeros: int, checkpoint: Callable[[], None]) -> Codes:
        """Find the codes that explain both photographs and the radiograph together."""
        found = pursue(self.stacked(), np.hstack(triples), nonzeros, checkpoint)
        count = self.psi.shape[1]
        return Codes(found[:count], found[count : 2 * count], found[2 * count :])

    def code_photographs(
        self, triples: Triples, nonzeros: int, checkpoint: Callable[[], None]
    ) -> Codes:
        """Find codes without the radiograph, half as many coefficients for each photograph."""
        each = max(nonzeros // 2, 1)
        z1, z2 = (pursue(self.psi, y, each, checkpoint) for y in triples[:2])
        return Codes(z1, z2, np.zeros((self.phi.shape[1], len(triples.x))))

    def layers(self, codes: Codes) -> tuple[Doubles, Doubles]:
        """Return both sides' radiographs, Φc z_i + Φ v, (N, D)."""
        own = self.phi @ codes.v
        return (self.phi_c @ codes.z1 + own).T, (self.phi_c @ codes.z2 + own).T


def pursue(
    atoms: Doubles, patches: Doubles, nonzeros: int, checkpoint: Callable[[], None]
) -> Doubles:
    """Code patches (N, D) by orthogonal matching pursuit; returns (K, N)."""
    norms = np.linalg.norm(atoms, axis=0)
    unit = atoms / norms
    gram = unit.T @ unit
    codes = []
    for start in range(0, len(patches), CHUNK):
        checkpoint()
        moments = unit.T @ patches[start : start + CHUNK].T
        with warnings.catch_warnings():
            # a patch that few atoms explain wholly needs no more of them
            warnings.filterwarnings("ignore", message="(?s).*Orthogonal matching pursuit ended")
            codes.append(orthogonal_mp_gram(gram, moments, n_nonzero_coefs=nonzeros))
    found: Doubles = np.hstack([code.reshape(len(norms), -1) for code in codes]) / norms[:, None]
    return found


def fit(patches: Doubles, codes: Doubles, ridge: float) -> Doubles:
    """Return the atoms (D, K) that fit patches (N, D) with given codes by least squares."""
    gram = codes @ codes.T
    power = max(float(gram.trace()) / len(gram), TINY)
    held = ridge * power * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram + held, codes @ patches).T, np.float64)


def learn(
    triples: Triples,
    counts: tuple[int, int],
    nonzeros: int,
    rounds: int,
    rng: np.random.Generator,
    checkpoint: Callable[[], None],
) -> Iterator[tuple[Dictionaries, float]]:
    """Learn the dictionaries from mixed patches; yield them after every round, with the error.

    Ψ begins with random patches of both photographs and is fitted to them alone in the first
    round; Φc follows by least squares from the mixture, Φ begins with what that leaves. Each
    further round finds all codes from all three images and fits each dictionary to what the
    others leave (the method of optimal directions, Engan et al. 1999).

    Parameters
    ----------
    counts
        How many coupled atoms, how many of the radiograph alone.

    Yields
    ------
    dictionaries, and the root mean square of what they leave of the training radiograph
    """
    atoms, own_atoms = counts
    photographs = np.vstack(triples[:2])
    psi = drawn(photographs, atoms, rng)
    z1, z2 = np.hsplit(pursue(psi, photographs, max(nonzeros // 2, 1), checkpoint), 2)
    phi = np.empty((triples.x.shape[1], 0))
    v = np.empty((0, len(triples.x)))
    for _ in range(rounds):
        both = z1 + z2
        psi = fit(photographs, np.hstack([z1, z2]), 1e-6)
        phi_c = fit(triples.x - 2 * (phi @ v).T, both, RIDGE)
        left = triples.x - (phi_c @ both).T
        phi = fit(left / 2, v, RIDGE) if v.size else drawn(left, own_atoms, rng)
        dictionaries = mended(Dictionaries(psi, phi_c, phi), photographs, left, rng)
        psi, phi_c, phi = dictionaries
        z1, z2, v = dictionaries.code(triples, nonzeros, checkpoint)
        left = triples.x - (phi_c @ (z1 + z2) + 2 * phi @ v).T
        yield dictionaries, float(np.sqrt(np.mean(left**2)))


def mended(
    dictionaries: Dictionaries, photographs: Doubles, left: Doubles, rng: np.random.Generator
) -> Dictionaries:
    """Put random patches in the place of atoms that no code uses; scale Ψ and Φ to unit norm.

    Φc is scaled with Ψ, which changes nothing that they describe together.
    """
    psi, phi_c, phi = dictionaries
    unused = np.linalg.norm(psi, axis=0) < UNUSED
    psi[:, unused] = drawn(photographs, int(unused.sum()), rng)
    phi_c[:, unused] = 0
    unused = np.linalg.norm(phi, axis=0) < UNUSED
    phi[:, unused] = drawn(left, int(unused.sum()), rng)
    norms = np.linalg.norm(psi, axis=0)
    return Dictionaries(psi / norms, phi_c / norms, phi / np.linalg.norm(phi, axis=0))


def drawn(patches: Doubles, count: int, rng: np.random.Generator) -> Doubles:
    """Return random patches as atoms (D, count) of unit norm; flat ones become noise."""
    atoms = patches[rng.choice(len(patches), count)].T
    flat = np.linalg.norm(atoms, axis=0) < UNUSED
    atoms[:, flat] = rng.standard_normal((len(atoms), int(flat.sum())))
    return np.asarray(atoms / np.linalg.norm(atoms, axis=0))
