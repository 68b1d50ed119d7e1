"""The table of variables says what the settings read."""

import pytest

from config import variables


@pytest.fixture
def docs() -> str:
    return variables.DOCS.read_text()


def test_the_page_is_up_to_date(docs: str) -> None:
    assert variables.table(docs) == docs


def test_defaults_are_the_settings_own() -> None:
    read = variables.read()
    assert read["AUDIT_KEEP_DAYS"] == "365"
    assert read["METRICS"] == "false"
    assert read["LOG_LEVEL"] == "INFO"
    assert read["DEBUG"] == "", "two settings disagree"
    assert read["SECRET_KEY"] == ""


def test_a_default_that_has_changed_is_corrected(docs: str) -> None:
    old = docs.replace("| `AUDIT_KEEP_DAYS` | `365` |", "| `AUDIT_KEEP_DAYS` | `30` |")
    assert old != docs
    assert variables.table(old) == docs


def test_a_variable_that_is_new_gets_a_row(docs: str) -> None:
    without = "".join(line for line in docs.splitlines(keepends=True) if not line.startswith("| `AUDIT_KEEP_DAYS`"))
    added = [line for line in variables.table(without).splitlines() if line.startswith("| `AUDIT_KEEP_DAYS`")]
    assert len(added) == 1
    assert added[0].startswith("| `AUDIT_KEEP_DAYS` | `365` | ")
    assert len(added[0]) > len("| `AUDIT_KEEP_DAYS` | `365` |  |"), "in the words of .env.example"


def test_one_that_nothing_reads_is_told_of(docs: str) -> None:
    with pytest.raises(SystemExit, match="variables that nothing reads: NOBODY"):
        variables.table(docs.replace("`AUDIT_KEEP_DAYS`", "`NOBODY`"))
