"""The formats in which a scan can be written: `render(name, result, options)`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Final

from clearance.model.sighting import ScanResult
from clearance.prove.formats.rendering import Format, RenderOptions

FORMATS: Final = (
    Format("text", "clearance.prove.formats.scan.text", "for a person at a terminal"),
    Format("json", "clearance.prove.formats.scan.json", "everything, as schemas/scan-v1.json says"),
    Format("sarif", "clearance.prove.formats.scan.sarif", "SARIF 2.1.0: what is not cleared, for code-scanning views"),
    Format("cyclonedx", "clearance.prove.formats.scan.cyclonedx", "CycloneDX 1.7: a bill of the AI tools and services"),
    Format("ocsf", "clearance.prove.formats.scan.ocsf", "OCSF 1.9 events, one a line, for a SIEM"),
    Format("html", "clearance.prove.formats.scan.html", "one page with charts that works from a file"),
)

NAMES: Final = tuple(entry.name for entry in FORMATS)


def render(name: str, result: ScanResult, options: RenderOptions) -> str:
    """The result in this format. KeyError for a name that is not in `NAMES`."""
    module = {entry.name: entry.module for entry in FORMATS}[name]
    draw: Callable[[ScanResult, RenderOptions], str] = importlib.import_module(module).render
    return draw(result, options)
