"""From an identified program to its sighting. The walk hands every file that could run to `observe/identity`."""

from __future__ import annotations

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Sighting
from clearance.observe.identity.types import Identification, Package
from clearance.observe.probe import Home, sighting_id
from clearance.observe.scan.claims import text
from clearance.observe.scan.node_packages import place, without_platform


def sighting_of(
    path: str, identification: Identification, catalog: Catalog,
    *, home: Home | None = None, package: Package | None = None, kind: str = "", uid: int = 0,
) -> Sighting:  # fmt: skip
    """The `binary` sighting of a program at `path`. `kind` is what `identity/candidate.classify` says of its bytes.

    `package` is the metadata nearest upwards of it. The id is that of any other sighting of a binary at this path, so
    that what a launcher or an AppImage says about itself joins what its content shows.
    """
    tool = catalog.tools[identification.tool]
    user = home.user if home else None
    evidence = [*identification.evidence]
    if kind:
        evidence.append(Evidence("format", kind))
    if package and all(piece.kind != "package" for piece in evidence):
        evidence.append(Evidence("inside", text(f"{package.ecosystem}:{package.name} {package.version or ''}".strip())))
    if home is None and uid:
        evidence.append(Evidence("owner", f"uid {uid}"))
    return Sighting(
        id=sighting_id(tool.id, "binary", path, user),
        tool=tool.id,
        name=tool.name,
        surface="binary",
        path=path,
        confidence=identification.confidence,
        version=without_platform(text(identification.version)) or None,
        user=user,
        repository=_project(path),
        evidence=tuple(evidence),
    )


def _project(path: str) -> str | None:
    """The project folder of a program in a project's `node_modules`."""
    return place(path)[1] if "/node_modules/" in path else None
