"""Libraries, loaded without the modules that they would take along and that are of no use here.

What stays loaded is in the memory of a process that runs for as long as the machine does.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


def load(library: str, without: str) -> None:
    """Load `library`, which finds nothing in the module `without` and can do without it.

    Who imports that module later gets the real one. Where it is loaded already, the library finds that.
    """
    absent = without not in sys.modules
    if absent:
        sys.modules[without] = ModuleType(without)
    try:
        import_module(library)
    finally:
        if absent:
            del sys.modules[without]
