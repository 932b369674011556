"""Compiles the catalog when a wheel is built or the checkout is installed, so that programs load it in milliseconds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogHook(BuildHookInterface[Any]):
    """Puts `clearance/catalog/catalog.msgpack` into the wheel; the YAML files that it is made from stay out."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fails the build, with file, line and column, where an entry is not sound."""
        sys.path.insert(0, str(Path(self.root) / "src"))
        try:
            from clearance.catalog.compiled import write

            path = write()
        finally:
            sys.path.pop(0)
        build_data["artifacts"].append(path.relative_to(self.root).as_posix())
