"""Options that several verbs have."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative=())]
"""On when it is there; there is no `--no-…`."""

Output = Annotated[str | None, Parameter(alias="-o")]
"""A file for the result, `--output` or `-o`; see `output.py`."""
