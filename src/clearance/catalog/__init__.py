"""What is known of AI coding tools: facts as data, one YAML file a tool, compiled to one artifact."""

from __future__ import annotations

from clearance.catalog.compiled import load_catalog
from clearance.catalog.facts import tool_facts
from clearance.catalog.index import Catalog

__all__ = ["Catalog", "load_catalog", "tool_facts"]
