"""Reading the Berka record: the original's files, and the extracts."""

import os
from pathlib import Path

import numpy as np
import pytest

from sanket_sim.calibration.berka import GROWN_MONTHS, read_borrowers, read_everybody
from sanket_sim.calibration.histories import OPERATIONS, month_name
from sanket_sim.core.errors import InputError

DATA = Path(os.environ.get("SANKET_DATA", Path(__file__).parents[3] / "shared" / "data")) / "berka"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the Berka extracts are not in {DATA}")

# Made up, in the format of PKDD'99: Czech codes, dates yymmdd, quoted words, Latin-1.
TRANS = """\
"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"
1;7;930104;"PRIJEM";"VKLAD";900.00;900.00;"";"";
2;7;930110;"PRIJEM";"PREVOD Z UCTU";5000.00;5900.00;"DUCHOD";"AB";12345678
3;7;930131;"PRIJEM";"";12.50;5912.50;"UROK";"";
4;7;930131;"VYDAJ";"VYBER";14.60;5897.90;"SLUZBY";"";
5;7;930207;"VYDAJ";"PREVOD NA UCET";1200.00;4697.90;"SIPO";"CD";87654321
6;7;930207;"VYDAJ";"PREVOD NA UCET";300.50;4397.40;" ";"CD";87654321
7;7;930208;"VYDAJ";"PREVOD NA UCET";99.00;4298.40;"POJISTNE";"CD";87654321
8;7;930209;"VYDAJ";"PREVOD NA UCET";400.00;3898.40;"UVER";"CD";87654321
9;7;930215;"VYBER";"VYBER";700.00;3198.40;"";"";
10;7;930220;"VYDAJ";"VYBER KARTOU";500.00;2698.40;"";"";
11;7;930228;"VYDAJ";"VYBER";3.20;2695.20;"SANKC. UROK";"";
12;9;930301;"PRIJEM";"VKLAD";1000.00;1000.00;"";"";
13;9;930401;"PRIJEM";"PREVOD Z UCTU";8000.00;9000.00;"";"EF";11112222
14;9;941231;"VYDAJ";"VYBER";100.00;8900.00;"";"";
"""
LOAN = """\
"loan_id";"account_id";"date";"amount";"duration";"payments";"status"
1;9;940115;80952;24;3373.00;"A"
"""
WORDS = (
    "cash_credit", "pension", "interest", "statement_fee", "household", "other_remittance",
    "insurance", "loan_payment", "cash_withdrawal", "card_withdrawal", "sanction_interest",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "trans.asc").write_text(TRANS, "latin-1")
    return tmp_path


def test_every_czech_code_becomes_an_operation(folder):
    histories = read_everybody(folder)
    own = histories.entries[histories.entries["account"] == 0]
    assert [OPERATIONS[code] for code in own["operation"]] == list(WORDS)
    assert own["amount_minor"][:4].tolist() == [900_00, 5000_00, 12_50, 14_60]
    assert str(own["day"][1].astype("datetime64[D]")) == "1993-01-10"


def test_the_balance_at_the_end_of_a_day_is_the_records(folder):
    account, day, balance = read_everybody(folder).day_ends()
    ends = dict(zip(zip(account, day.astype("datetime64[D]").astype(str)), balance))  # noqa: B905
    assert ends[0, "1993-01-31"] == 5897_90
    assert ends[0, "1993-02-07"] == 4397_40
    assert ends[0, "1993-02-28"] == 2695_20
    assert ends[1, "1994-12-31"] == 8900_00


def test_accounts_are_watched_when_grown_and_while_whole_months_are_seen(folder):
    histories = read_everybody(folder)
    assert [month_name(one) for one in histories.first_month] == ["1993-07", "1993-09"]
    assert GROWN_MONTHS == 6
    assert {month_name(one) for one in histories.end_month} == {"1995-01"}


def test_a_month_that_is_not_over_does_not_count(folder):
    text = TRANS.replace("941231", "941230")
    (folder / "trans.asc").write_text(text, "latin-1")
    assert {month_name(one) for one in read_everybody(folder).end_month} == {"1994-12"}


def test_borrowers_are_those_with_loans_before_them(folder):
    assert read_borrowers(folder) is None
    (folder / "loan.asc").write_text(LOAN, "latin-1")
    borrowers = read_borrowers(folder)
    assert len(borrowers) == 1
    assert len(borrowers.entries) == 2
    assert [month_name(one) for one in borrowers.end_month] == ["1994-01"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace('"VKLAD"', '"VKLADY"'), 'unknown operation "VKLADY"'),
        (lambda text: text.replace('"SIPO"', '"SIPA"'), 'unknown k_symbol "SIPA"'),
        (lambda text: text.replace('"k_symbol"', '"symbol"'), "expected the column k_symbol"),
    ],
)
def test_a_strange_file_is_refused_by_name(folder, change, said):
    (folder / "trans.asc").write_text(change(TRANS), "latin-1")
    with pytest.raises(InputError, match=said):
        read_everybody(folder)


def test_a_folder_without_a_record_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"trans\.asc"):
        read_everybody(tmp_path)


@needs_data
def test_the_extract_and_the_original_tell_the_same(tmp_path):
    """Write part of the extract as the original would be, and read it back."""
    pd = pytest.importorskip("pandas")
    rows = pd.read_parquet(DATA / "trans_1993-01_1994-03_all_accounts.parquet")
    rows = rows[rows["account_id"] < 200]
    rows.to_parquet(tmp_path / "trans_1993-01_1994-03_all_accounts.parquet")
    extract = read_everybody(tmp_path)
    czech = {
        "cash_withdrawal": "VYBER", "cash_credit": "VKLAD", "collection_in": "PREVOD Z UCTU",
        "remittance_out": "PREVOD NA UCET", "card_withdrawal": "VYBER KARTOU", "none": "",
        "interest": "UROK", "sanction_interest": "SANKC. UROK", "statement_fee": "SLUZBY",
        "household": "SIPO", "pension": "DUCHOD", "insurance": "POJISTNE", "loan_payment": "UVER",
    }  # fmt: skip
    original = rows.assign(
        date=pd.to_datetime(rows["date"]).dt.strftime("%y%m%d").astype(int),
        type=rows["type"].map({"credit": "PRIJEM", "debit": "VYDAJ"}),
        operation=rows["operation"].map(czech),
        k_symbol=rows["k_symbol"].map(czech),
    )
    original.to_csv(tmp_path / "trans.asc", sep=";", index=False, quoting=2)
    read = read_everybody(tmp_path)
    assert len(read.entries) > 1000
    assert np.array_equal(read.entries, extract.entries)
    assert np.array_equal(read.first_month, extract.first_month)
