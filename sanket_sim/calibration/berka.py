"""Reading the Berka record: a Czech bank's accounts of 1993 to 1998, anonymised for PKDD'99.

References
----------
P. Berka, "Workshop notes on Discovery Challenge PKDD'99", University of Economics, Prague, 1999.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sanket_sim.calibration.histories import (
    OPERATIONS,
    Histories,
    Numbers,
    month_of,
    sorted_entries,
)
from sanket_sim.core.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

GROWN_MONTHS = 6
"""Accounts are watched from this many calendar months after they were opened: standing orders and
withdrawals grow in the first five, and stay level from then on (measured in the record)."""

_EVERYBODY = ("trans.asc", "trans_1993-01_1994-03_all_accounts.parquet")
_BORROWERS = "trans_preloan_1997_98.parquet"
_WORDS = {
    "PRIJEM": "credit",
    "VYDAJ": "debit",
    "VYBER": "cash_withdrawal",
    "VKLAD": "cash_credit",
    "PREVOD Z UCTU": "collection_in",
    "PREVOD NA UCET": "remittance_out",
    "VYBER KARTOU": "card_withdrawal",
    "UROK": "interest",
    "SANKC. UROK": "sanction_interest",
    "SLUZBY": "statement_fee",
    "SIPO": "household",
    "DUCHOD": "pension",
    "POJISTNE": "insurance",
    "UVER": "loan_payment",
}
"""The original's Czech codes (and the extract's words for them)."""
_SPECIAL = ("interest", "sanction_interest", "statement_fee", "pension")
_COLUMNS = ("trans_id", "account_id", "date", "operation", "amount", "k_symbol")


def read_everybody(folder: Path) -> Histories:
    """Read all accounts of a folder, from their opening to the last whole month.

    Parameters
    ----------
    folder : Path
        Holds the original's ``trans.asc``, or the extract
        ``trans_1993-01_1994-03_all_accounts.parquet`` with decoded words.

    Raises
    ------
    InputError
        If neither is there, or a column or code is unknown.
    """
    path = next((folder / name for name in _EVERYBODY if (folder / name).is_file()), None)
    if path is None:
        raise _refusal(folder, f"expected one of the files {', '.join(_EVERYBODY)}")
    return _histories(_original(path) if path.suffix == ".asc" else _extract(path))


def read_borrowers(folder: Path) -> Histories | None:
    """Read the accounts of later borrowers up to their loans; None where a folder has them not.

    Parameters
    ----------
    folder : Path
        Holds the extract ``trans_preloan_1997_98.parquet``, or ``trans.asc`` and ``loan.asc``.
    """
    if (folder / _BORROWERS).is_file():
        return _histories(_extract(folder / _BORROWERS, "loan_date"))
    if not all((folder / name).is_file() for name in ("trans.asc", "loan.asc")):
        return None
    loans = _table(folder / "loan.asc", ("account_id", "date"))
    loan_date = dict(zip(loans["account_id"], _dates(loans["date"]), strict=True))
    rows = _original(folder / "trans.asc")
    rows["until"] = rows["account_id"].map(loan_date)
    return _histories(rows[rows["date"] < rows["until"]])


def _extract(path: Path, until: str = "") -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415  # --help must not wait

    rows = pd.read_parquet(path)
    if missing := set(_COLUMNS) - set(rows.columns):
        raise _refusal(path, f"expected the column {min(missing)}")
    rows["date"] = pd.to_datetime(rows["date"])
    if until:
        rows["until"] = pd.to_datetime(rows[until])
    return rows


def _original(path: Path) -> pd.DataFrame:
    """Read ``trans.asc`` and decode its words."""
    rows = _table(path, _COLUMNS)
    rows["date"] = _dates(rows["date"])
    for column in ("operation", "k_symbol"):
        words = rows[column].fillna("").str.strip()
        if strange := set(words.unique()) - _WORDS.keys() - {""}:
            raise _refusal(path, f'unknown {column} "{min(strange)}"')
        rows[column] = words.map({**_WORDS, "": "none"})
    return rows


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415  # --help must not wait

    rows = pd.read_csv(path, sep=";", encoding="latin-1", low_memory=False)
    if missing := set(columns) - set(rows.columns):
        raise _refusal(path, f"expected the column {min(missing)}")
    return rows


def _dates(written: pd.Series[int]) -> pd.Series[pd.Timestamp]:
    import pandas as pd  # noqa: PLC0415  # --help must not wait

    return pd.to_datetime(written.astype(str).str.zfill(6), format="%y%m%d")


def _histories(rows: pd.DataFrame) -> Histories:
    """Turn decoded rows into histories; an account ends with the last whole month before a loan."""
    rows = rows.sort_values(["account_id", "date", "trans_id"], kind="stable")
    _, account = np.unique(rows["account_id"].to_numpy(), return_inverse=True)
    day = rows["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    operation = _codes(rows)
    amount_minor = np.rint(rows["amount"].to_numpy() * 100).astype(np.int64)
    entries = sorted_entries(account, day, operation, amount_minor)
    count = int(account.max()) + 1
    opened = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(opened, account, month_of(day))
    entries = entries[entries["amount_minor"] > 0]
    nothing = np.zeros(count, dtype=np.int64)
    end = _ends(rows, account, day, count)
    return Histories(entries, nothing, opened + GROWN_MONTHS, end, nothing)


def _ends(rows: pd.DataFrame, account: Numbers, day: Numbers, count: int) -> Numbers:
    """Return the first months that are not wholly seen."""
    if "until" in rows:
        until = rows["until"].to_numpy().astype("datetime64[M]").astype(np.int64)
        end = np.zeros(count, dtype=np.int64)
        end[account] = until
        return end
    return np.full(count, int(month_of(day.max(keepdims=True) + 1)[0]))


def _codes(rows: pd.DataFrame) -> NDArray[np.int8]:
    """Return our operations: what a payment is for tells more than how it goes."""
    operation = rows["operation"].to_numpy(dtype=object)
    purpose = rows["k_symbol"].to_numpy(dtype=object)
    said = np.where(np.isin(purpose, _SPECIAL), purpose, operation)
    unnamed = np.where(purpose == "none", "other_remittance", purpose)
    said = np.where(said == "remittance_out", unnamed, said)
    known, place = np.unique(said.astype(str), return_inverse=True)
    if strange := sorted(set(known) - set(OPERATIONS)):
        raise _refusal(Path("trans"), f'unknown operation "{strange[0]}"')
    return np.array([OPERATIONS.index(word) for word in known], dtype=np.int8)[place]


def _refusal(path: Path, message: str) -> InputError:
    return InputError(str(path), [Problem("", message)])
