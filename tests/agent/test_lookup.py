from __future__ import annotations

from clearance.agent import lookup
from clearance.agent.lookup import Rows
from clearance.model.enforcement import Entry, Row, Table

BLOCK, ALLOW = Row("block", "block", 0), Row("allow", "allow", 1)


def rows(*entries: Entry, versioned: tuple[str, ...] = ()) -> Rows:
    return Rows(Table(1, 1, "block", 500, "open", entries, versioned=versioned))


def test_a_tool_and_a_user() -> None:
    found = rows(Entry("a", None, 1, BLOCK), Entry("a", None, None, ALLOW))
    assert found.find("a", "1.0", 1, "weak") == BLOCK
    assert found.find("a", None, 2) is None
    assert found.find("b", None, 1) is None
    assert found.at_worst("a") == ALLOW
    assert found.at_worst("b") is None


def test_where_the_version_matters_each_is_asked_for() -> None:
    found = rows(Entry("a", None, 1, BLOCK), versioned=("a",))
    assert found.find("a", "1.0", 1) is None
    found.keep("a", "1.0", 1, ALLOW, "certain")
    assert found.find("a", "1.0", 1) == ALLOW
    assert found.find("a", "1.0", 1, "weak") is None
    assert found.find("a", "2.0", 1) is None


def test_answers_are_kept_for_every_version_where_it_does_not_matter() -> None:
    found = rows()
    found.keep("a", "1.0", 7, BLOCK, "weak")
    assert found.find("a", "2.0", 7) == BLOCK
    assert found.find("a", "2.0", 8) is None


def test_the_tables_own_row_wins_over_an_answer() -> None:
    found = rows(Entry("a", None, 1, BLOCK))
    found.keep("a", None, 1, ALLOW, "certain")
    assert found.find("a", None, 1) == BLOCK


def test_memory_is_bounded() -> None:
    found = rows()
    for uid in range(lookup.MOST + 2):
        found.keep("a", None, uid, BLOCK, "certain")
    assert found.find("a", None, 0) is None
    assert found.find("a", None, lookup.MOST + 1) == BLOCK


def test_a_user_of_the_table_without_a_row_has_the_general_one() -> None:
    entries = (Entry("a", None, 1, ALLOW), Entry("a", None, None, ALLOW))
    found = Rows(Table(1, 1, "block", 500, "open", entries, users=(1, 2), general=(("a", BLOCK),)))
    assert found.barred == {"a"}
    assert found.find("a", None, 1) == ALLOW
    assert found.find("a", None, 2) == BLOCK
    assert found.find("a", None, 3) is None
    found.keep("a", None, 3, ALLOW, "certain")
    assert found.find("a", None, 3) == ALLOW
    versioned = Rows(
        Table(1, 1, "block", 500, "open", entries, versioned=("a",), users=(1, 2), general=(("a", BLOCK),))
    )
    assert versioned.find("a", None, 2) is None
