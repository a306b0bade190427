"""Keyed draws: every random number is a hash of what it is for.

A draw is named by words: the seed, a purpose, and the actor, transaction, edge, attempt it belongs
to. No draw depends on how many were taken before it, so two engines, two tick lengths or two
policies see the same customers and the same service demands.

The hash is a two-lane multiply-and-swap network (the round of Philox-2x32 with 31-bit multipliers,
four rounds a word; Salmon et al., SC'11). Lanes are 32 bit and products stay below 2**63, so that
Python integers, numpy int64 columns and a compiler's int64 all give the same bits.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

MASK32 = 0xFFFFFFFF
_M0 = 0x53D6C947
_M1 = 0x6A09E667

Lane = TypeVar("Lane", int, NDArray[np.int64])


def absorb(hi: Lane, lo: Lane, word: Lane) -> tuple[Lane, Lane]:
    """Mix one 32-bit word into a two-lane state; scalars or int64 columns alike.

    Examples
    --------
    >>> absorb(1, 2, 3) == absorb(1, 2, 3), absorb(1, 2, 3) == absorb(1, 2, 4)
    (True, False)
    """
    p = (hi ^ word) * _M0
    hi = (p >> 32) ^ lo
    lo = p & MASK32
    p = hi * _M1
    hi = (p >> 32) ^ lo
    lo = p & MASK32
    p = (hi ^ 0x3C6EF372) * _M0
    hi = (p >> 32) ^ lo
    lo = p & MASK32
    p = hi * _M1
    return (p >> 32) ^ lo, p & MASK32


def unit_from_lanes(hi: int, lo: int) -> float:
    """Turn a state into a uniform number in the open interval (0, 1), 52 bits fine.

    Examples
    --------
    >>> 0.0 < unit_from_lanes(0, 0) < unit_from_lanes(0xFFFFFFFF, 0xFFFFFFFF) < 1.0
    True
    """
    return ((hi << 20) + (lo >> 12) + 0.5) * 2.220446049250313e-16


def word_of(name: str) -> int:
    """Name a thing by a 32-bit word that does not depend on its place in any list."""
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=4).digest(), "big")


class Draws:
    """A family of random numbers under one seed and one path of purposes.

    Parameters
    ----------
    seed : int
        The run's seed.
    path : str
        Purposes from the general to the particular; part of every draw's name.

    Examples
    --------
    >>> amounts = Draws(42, "city").child("amount")
    >>> amounts.uniform(np.array([7, 8])).shape
    (2,)
    >>> bool(amounts.uniform(np.array([7]))[0] == amounts.uniform(np.array([8, 7]))[1])
    True
    """

    def __init__(self, seed: int, *path: str) -> None:
        self.seed, self.path = seed, path
        hi, lo = absorb(seed & MASK32, (seed >> 32) & MASK32, word_of("sanket"))
        for name in path:
            hi, lo = absorb(hi, lo, word_of(name))
        self.hi, self.lo = hi, lo

    def child(self, *path: str) -> Draws:
        """Return the family one purpose further down."""
        return Draws(self.seed, *self.path, *path)

    def lanes(
        self, *keys: int | NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Mix integer keys (each up to 64 bit, broadcast together) into the state of the family.

        Returns
        -------
        tuple of int64 arrays
            High and low lane, 32 bits each, of the broadcast shape.
        """
        columns = np.broadcast_arrays(*[np.asarray(key, dtype=np.int64) for key in keys])
        hi = np.full(columns[0].shape, self.hi, dtype=np.int64)
        lo = np.full(columns[0].shape, self.lo, dtype=np.int64)
        for column in columns:
            hi, lo = absorb(hi, lo, column & MASK32)
            hi, lo = absorb(hi, lo, (column >> 32) & MASK32)
        return hi, lo

    def uniform(self, *keys: int | NDArray[np.integer]) -> NDArray[np.float64]:
        """Draw one uniform number in (0, 1) per key.

        Returns
        -------
        float64 array
            Of the broadcast shape of `keys`.
        """
        hi, lo = self.lanes(*keys)
        bits = (hi << 20) + (lo >> 12)
        return (bits + 0.5) * 2.220446049250313e-16

    def unit(self, *keys: int) -> float:
        """Draw the number that `uniform` draws for one key, ten times as fast.

        Examples
        --------
        >>> Draws(42).unit(7, -8) == Draws(42).uniform(7, -8)
        np.True_
        """
        return unit_from_lanes(*self._lanes_of(keys))

    def name(self, *keys: int) -> int:
        """Return the name that `key` gives to one key, ten times as fast.

        Examples
        --------
        >>> Draws(42).name(7, -8) == int(Draws(42).key(7, -8))
        True
        """
        hi, lo = self._lanes_of(keys)
        return ((hi & 0x7FFFFFFF) << 32) | lo

    def _lanes_of(self, keys: tuple[int, ...]) -> tuple[int, int]:
        hi, lo = self.hi, self.lo
        for key in keys:
            hi, lo = absorb(hi, lo, key & MASK32)
            hi, lo = absorb(hi, lo, (key >> 32) & MASK32)
        return hi, lo

    def key(self, *keys: int | NDArray[np.integer]) -> NDArray[np.int64]:
        """Hash keys to non-negative 63-bit names (for example the name of a transaction)."""
        hi, lo = self.lanes(*keys)
        return ((hi & 0x7FFFFFFF) << 32) | lo
