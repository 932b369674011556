"""What could not be read: passed over where it went away meanwhile, else told."""

from __future__ import annotations

import errno
from typing import Final

from clearance.model.sighting import Skipped

GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EINVAL})
"""Errors of a file that was removed or replaced by something else since it was listed."""


def missed(probe: str, path: str, error: OSError, matters: bool = True) -> Skipped:
    """What is told of a path that a probe, the walk, or the look into programs could not read."""
    return Skipped(probe, path or "/", (error.strerror or type(error).__name__).lower(), matters)
