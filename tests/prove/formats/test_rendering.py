from __future__ import annotations

import importlib
from typing import get_args

import pytest

from clearance.prove.formats.rendering import Format, GroupBy, RenderOptions
from clearance.prove.formats.scan import FORMATS
from tests.prove.formats.sample import sample


def test_nothing_is_assumed_of_where_a_result_is_shown() -> None:
    plain = RenderOptions()
    assert (plain.colour, plain.verbose, plain.privileged, plain.home_prefixes) == (False, False, False, ())
    assert plain.group_by in get_args(GroupBy)


def test_options_are_frozen_and_can_be_keys() -> None:
    options = RenderOptions(home_prefixes=(("ana", "/home/ana"),))
    with pytest.raises(AttributeError):
        options.colour = True  # type: ignore[misc]
    assert {options} == {RenderOptions(home_prefixes=(("ana", "/home/ana"),))}


@pytest.mark.parametrize("entry", FORMATS, ids=lambda entry: entry.name)
def test_every_registered_format_is_a_module_that_renders_the_same_twice(entry: Format) -> None:
    render = importlib.import_module(entry.module).render
    once = render(sample(), RenderOptions())
    assert once == render(sample(), RenderOptions())
    assert once.encode("utf-8")
    assert entry.help
