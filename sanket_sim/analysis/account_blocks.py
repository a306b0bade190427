"""Whose blocks lay on accounts: an owner's own is his will, the bank's is suspicion."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.run_folder import RunFolder

_STEPS = {"freeze": 1, "thaw": -1}
_OWNER = "owner"


class AccountBlocks:
    """The blocks of a run, as the control plane has put them on record.

    Parameters
    ----------
    run : RunFolder
    """

    def __init__(self, run: RunFolder) -> None:
        self._since_ns: dict[str, list[int]] = {}
        self._owners_alone: dict[str, list[bool]] = {}
        left: Counter[tuple[str, bool]] = Counter()
        for at_ns, account, owners, step in _steps(run):
            left[account, owners] = max(0, left[account, owners] + step)
            alone = left[account, True] > 0 and left[account, False] == 0
            self._since_ns.setdefault(account, []).append(at_ns)
            self._owners_alone.setdefault(account, []).append(alone)

    def owners_alone(
        self, accounts: NDArray[np.integer], at_ns: NDArray[np.integer]
    ) -> NDArray[np.bool_]:
        """Say which accounts nobody but their owners had blocked at an instant each [ns]."""
        rows = zip(accounts.tolist(), at_ns.tolist(), strict=True)
        return np.array([self._owner_alone(f"account {one}", at) for one, at in rows], np.bool_)

    def _owner_alone(self, account: str, at_ns: int) -> bool:
        place = bisect_right(self._since_ns.get(account, []), at_ns)
        return place > 0 and self._owners_alone[account][place - 1]


def _steps(run: RunFolder) -> Iterator[tuple[int, str, bool, int]]:
    """Yield when a block was laid on which account or taken back (-1), and whether by its owner."""
    names = ("time_ns", "decision", "subject", "reason")
    table = run.trace.columns("decisions", names)
    decisions, subjects, reasons = (run.trace.words(name) for name in names[1:])
    codes = [code for code, word in enumerate(decisions) if word in _STEPS]
    rows = np.flatnonzero(np.isin(table["decision"], codes))
    for row in rows[np.argsort(table["time_ns"][rows], kind="stable")].tolist():
        at_ns, decision, subject, reason = (int(table[name][row]) for name in names)
        step = _STEPS[decisions[decision]]
        yield at_ns, subjects[subject], reasons[reason] == _OWNER, step
