"""From the files of a catalog to its tools, or to an error for every problem."""

from __future__ import annotations

import datetime as dt

import pytest

from clearance.catalog.load import load_all, load_shared, load_tool
from clearance.errors import Error, Errors
from tests.catalog.sample import SHARED, entry


def files(**entries: str) -> dict[str, bytes]:
    return {"shared.yaml": SHARED.encode()} | {f"tools/{name}.yaml": text.encode() for name, text in entries.items()}


def test_an_entry_is_loaded_as_it_stands() -> None:
    tool = load_tool(entry(), "acme-coder.yaml")
    assert (tool.id, tool.vendor.value.country, tool.data.retention.value) == ("acme-coder", "CZ", 30)
    assert tool.vendor.checked == dt.date(2026, 11, 21)
    assert tool.switches[0].set[0].off == ("0", False)
    assert tool.data.telemetry.value == "off"
    assert tool.data.incidents[0].date == "2026-03-05"


def test_one_problem_is_an_error_and_several_are_all_told() -> None:
    with pytest.raises(Error) as one:
        load_tool(entry(("country: CZ", "country: XX")), "acme-coder.yaml")
    assert not isinstance(one.value, Errors)
    assert str(one.value).startswith('acme-coder.yaml:4:32: "XX" is no ISO 3166-1')
    assert "schemas/catalog-v1.json" in one.value.remedy
    with pytest.raises(Errors) as both:
        load_tool(entry(("country: CZ", "country: XX"), ("[4711]", "[0]")), "acme-coder.yaml")
    assert [error.what for error in both.value.errors] == [
        '"XX" is no ISO 3166-1 alpha-2 code, nor "unknown"',
        "0 is no port",
    ]


def test_all_files_of_a_catalog() -> None:
    second = entry(("id: acme-coder", "id: aa"), ("Acme-CLI", "aa-cli"), ("@acme/coder\"]", "@acme/aa\"]"),
                   ("vscode:Acme.Coder", "vscode:a.a"), ("npm:@acme/sdk\"], s", "npm:@acme/aa-sdk\"], s"))  # fmt: skip
    tools, shared = load_all(files(**{"acme-coder": entry(), "aa": second}))
    assert [tool.id for tool in tools] == ["aa", "acme-coder"]
    assert shared == load_shared(SHARED)


def test_a_file_must_be_named_after_its_tool() -> None:
    with pytest.raises(Error, match='the entry of "acme-coder" is not in') as caught:
        load_all(files(other=entry()))
    assert str(caught.value.place) == "tools/other.yaml:1:5"


def test_a_catalog_needs_what_is_shared() -> None:
    with pytest.raises(Error, match="has no shared"):
        load_all({})


def test_problems_between_files_are_told_in_the_later_one() -> None:
    with pytest.raises(Errors) as caught:
        load_all(files(**{"acme-coder": entry(), "zz": entry(("id: acme-coder", "id: zz"))}))
    assert {error.place.file for error in caught.value.errors if error.place} == {"tools/zz.yaml"}
    assert '"npm:@acme/coder" is already one of acme-coder' in str(caught.value)
