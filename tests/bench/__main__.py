"""All benchmarks, one after the other: `python -m tests.bench [NAME …]`."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import tests.bench


def main() -> None:
    """Run those named, else all."""
    names = sorted(
        module.name for module in pkgutil.iter_modules(tests.bench.__path__) if module.name.startswith("bench_")
    )
    for name in names:
        if not sys.argv[1:] or name.removeprefix("bench_") in sys.argv[1:]:
            print(f"\n== {name.removeprefix('bench_')}", flush=True)
            sys_argv, sys.argv = sys.argv, sys.argv[:1]
            importlib.import_module(f"tests.bench.{name}").main()
            sys.argv = sys_argv


if __name__ == "__main__":
    main()
