"""The catalog as one artifact that loads in milliseconds, and the only place of this package that reads files.

`load_catalog` gives the catalog that the YAML files describe, always: an installed package holds the artifact alone; in
a source checkout the artifact counts only while the digest in it is that of the YAML files beside it, else they are
read anew (about a second; `python -m clearance.catalog` writes the artifact again). Loading writes nothing.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.errors import Error
from clearance.model.tool import Shared, Tool

FOLDER: Final = Path(__file__).parent
ARTIFACT: Final = "catalog.msgpack"


class Artifact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in the file: the entries, and the digest of the YAML files that they were made from."""

    digest: str
    tools: tuple[Tool, ...]
    shared: Shared


@lru_cache(maxsize=1)
def load_catalog() -> Catalog:
    """The catalog of this installation. The same object at every call."""
    return read(FOLDER)


def read(folder: Path) -> Catalog:
    """The catalog in a folder, from its artifact or its YAML files. Error where neither is sound."""
    files = sources(folder)
    artifact = _artifact(folder / ARTIFACT)
    if artifact is not None and (not files or artifact.digest == digest(files)):
        return Catalog(artifact.tools, artifact.shared)
    if not files:
        raise Error(f"{folder / ARTIFACT} is missing or damaged", remedy="install Clearance again")
    artifact = make(files)
    return Catalog(artifact.tools, artifact.shared)


def make(files: Mapping[str, bytes]) -> Artifact:
    """The artifact of these YAML files. Error at the first file that is not sound."""
    # The YAML reader is needed here only: with it, every start of the program would be slower.
    from clearance.catalog.load import load_all

    tools, shared = load_all(files)
    return Artifact(digest(files), tools, shared)


def sources(folder: Path) -> dict[str, bytes]:
    """The YAML files of a catalog by their names below the folder; none in an installed package."""
    names = [*sorted((folder / "tools").glob("*.yaml")), folder / "shared.yaml"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in names if path.is_file()}


def digest(files: Mapping[str, bytes]) -> str:
    """A digest of the files' names and contents."""
    summed = hashlib.blake2b(digest_size=16)
    for name, data in sorted(files.items()):
        summed.update(f"{name}\0{len(data)}\0".encode())
        summed.update(data)
    return summed.hexdigest()


def write(folder: Path = FOLDER) -> Path:
    """Compiles the YAML files of a folder into its artifact, which is replaced as a whole or not at all."""
    import tempfile

    data = msgspec.msgpack.encode(make(sources(folder)))
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{ARTIFACT}.", delete=False) as unfinished:
        unfinished.write(data)
    path = Path(unfinished.name)
    path.chmod(0o644)
    return path.replace(folder / ARTIFACT)


def _artifact(path: Path) -> Artifact | None:
    # Tens of thousands of small values are made at once and none dies: the collector would only look at them in vain.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Artifact)
    except (OSError, msgspec.DecodeError):
        return None
    finally:
        if collecting:
            gc.enable()
