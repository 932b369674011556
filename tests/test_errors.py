from __future__ import annotations

from clearance.errors import Error, Errors, Place, Unreadable


def test_an_error_is_one_paragraph_with_place_line_and_remedy() -> None:
    place = Place("d.yaml", 14, 5, 4, "  - {rick: high}")
    error = Error(
        "no such field", place=place, hint='did you mean "risk"?', remedy="check again with: clearance policy check"
    )
    assert str(error).splitlines() == [
        "d.yaml:14:5: no such field",
        "  14 |   - {rick: high}",
        '     |     ^^^^ did you mean "risk"?',
        "  check again with: clearance policy check",
    ]


def test_a_place_says_only_what_is_known() -> None:
    assert (str(Place("f")), str(Place("f", 3)), str(Place("f", 3, 1))) == ("f", "f:3", "f:3:1")
    assert str(Error("bad", place=Place("f", 3, text="x"))) == "f:3: bad\n   3 | x"
    assert str(Error("bad", hint="why", remedy="do")) == "bad\n  why\n  do"
    assert Error("bad").exit_code == 2


def test_several_errors_are_told_in_order() -> None:
    assert str(Errors((Error("one"), Error("two")))) == "one\n\ntwo"


def test_an_unreadable_value_says_what_is_wrong_and_what_to_write() -> None:
    error = Unreadable("is not a date", "write 2026-07-10")
    assert (error.what, error.remedy) == ("is not a date", "write 2026-07-10")
    assert str(error) == "is not a date: write 2026-07-10"
    assert isinstance(error, ValueError)
