"""Files of payments: all of one or nothing, and each payment once."""

from decimal import Decimal
from pathlib import Path

import pytest

from cxreports.errors import BadPaymentsFile
from cxreports.portal import audit
from cxreports.portal.companies import companies, ledger
from cxreports.portal.companies.payment_file import ImportReport, import_csv
from cxreports.portal.database import Database


@pytest.fixture(name="acme")
def _acme(database: Database) -> Database:
    with database.writing() as db:
        companies.add(db, "acme", "Acme")
        companies.add(db, "other", "Other", currency="EUR")
    return database


def written(folder: Path, text: str) -> Path:
    path = folder / "payments.csv"
    path.write_bytes(text.encode())
    return path


def load(database: Database, path: Path) -> ImportReport:
    with database.writing() as db:
        return import_csv(db, path)


PAYMENTS = """\ufeffReference;Company;Amount;status\r
R1;acme;100.10;completed\r
\r
R1;other;7;\r
R2;acme;-0.000001;pending\r
"""


def test_each_payment_is_added_once(acme: Database, tmp_path: Path) -> None:
    path = written(tmp_path, PAYMENTS)
    assert load(acme, path) == ImportReport(rows=3, added=3, known=0)
    assert load(acme, path) == ImportReport(rows=3, added=0, known=3)
    longer = written(tmp_path, PAYMENTS + "R3;acme;1;\nR3;acme;1.00;\n")
    assert load(acme, longer) == ImportReport(rows=5, added=1, known=4)
    with acme.reading() as db:
        assert ledger.received(db, "acme") == Decimal("101.10")
        assert ledger.received(db, "other") == 7
        told = [each for each in audit.entries(db, company_id="acme") if "file" in each.detail]
        assert [each.detail["payments"] for each in told] == [
            [{"reference": "R3", "amount": "1", "currency": "USD"}],
            [
                {"reference": "R1", "amount": "100.10", "currency": "USD"},
                {"reference": "R2", "amount": "-0.000001", "currency": "USD"},
            ],
        ]


def test_what_was_settled_since_stays_settled(acme: Database, tmp_path: Path) -> None:
    path = written(tmp_path, PAYMENTS)
    load(acme, path)
    with acme.writing() as db:
        waiting = ledger.of_reference(db, "acme", "R2")
        assert waiting
        ledger.change_status(db, waiting.id, "completed")
    assert load(acme, path).added == 0
    with acme.reading() as db:
        assert ledger.received(db, "acme") == Decimal("100.099999")


def test_each_bad_line_is_named_and_nothing_is_added(acme: Database, tmp_path: Path) -> None:
    load(acme, written(tmp_path, "company,amount,reference\nacme,5,R0\n"))
    path = written(
        tmp_path,
        "company,amount,reference,currency,made_at\n"
        "acme,1,R1,,\n"
        'acme,"1,50",R2,,\n'
        "nobody,1,R3,,\n"
        "acme,1,,,\n"
        "acme,1,R4,EUR,\n"
        "acme,1,R5,,31/12/2026\n"
        "acme,6,R0,,\n"
        "acme,2,R1,,\n",
    )
    with pytest.raises(BadPaymentsFile) as caught:
        load(acme, path)
    first, *lines = str(caught.value).splitlines()
    assert str(path) in first
    assert "7 lines are wrong" in first
    assert [line.strip().partition(":")[0] for line in lines] == [
        "line 3, amount",
        "line 4, company",
        "line 5, reference",
        "line 6, currency",
        "line 7, made_at",
        "line 8, amount",
        "line 9, amount",
    ]
    with acme.reading() as db:
        assert ledger.received(db, "acme") == 5
        assert ledger.of_reference(db, "acme", "R1") is None


def test_many_bad_lines_are_counted(acme: Database, tmp_path: Path) -> None:
    path = written(tmp_path, "company,amount,reference\n" + "acme,x,R\n" * 50)
    with pytest.raises(BadPaymentsFile, match=r"50 lines.*\n(.*\n)*  … and 30 more"):
        load(acme, path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "company, amount, reference are needed"),
        ("company,amount\nacme,1\n", "company, amount, reference are needed"),
        ("company,amount,reference,colour\n", "colour"),
        ("company,amount,reference,amount\n", "each once"),
        ("company,amount,reference\nacme,1\n", "line 2 has 2 cells where the heading has 3"),
        ("company,amount,reference\nacme,1,R1\nacme,1,R,2\n", "line 3 has 4 cells"),
        ('company,amount,reference\nacme,1,"R\n', "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_list_of_payments(
    acme: Database, tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(BadPaymentsFile, match=complaint):
        load(acme, written(tmp_path, text))


def test_a_file_that_cannot_be_read(acme: Database, tmp_path: Path) -> None:
    with pytest.raises(BadPaymentsFile, match=r"gone\.csv"):
        load(acme, tmp_path / "gone.csv")
    (tmp_path / "latin.csv").write_bytes(b"company,amount,reference\nacme,1,\xe9\n")
    with pytest.raises(BadPaymentsFile, match="UTF-8"):
        load(acme, tmp_path / "latin.csv")
