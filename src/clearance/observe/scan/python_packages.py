"""Packages of pip, pipx, uv and Poetry, in whatever environment or cache they lie, by the metadata beside them.

A distribution's own `METADATA` names it; the names are compared as PEP 503 says. What else an installer leaves beside
it (entry points, the address it came from) is evidence of the same sighting, since all give the same path and id.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.terms import Confidence
from clearance.model.tool import Tool
from clearance.observe import archive
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan import package_agents
from clearance.observe.scan.claims import fits, package, plain_package, sighting, text
from clearance.observe.urls import redact

LIMIT: Final = 1 << 17
"""Bytes. The fields that count come first; the description after them may be long."""

SITES: Final = (
    "/usr/lib/python3/dist-packages",
    "/usr/lib/python3*/site-packages",
    "/usr/local/lib/python3*/dist-packages",
    "/usr/local/lib/python3*/site-packages",
    "/opt/homebrew/lib/python3*/site-packages",
    "/Library/Python/*/site-packages",
    "/opt/*/lib/python3*/site-packages",
    "~/.local/lib/python3*/site-packages",
    "~/.local/share/uv/tools/*/lib/python3*/site-packages",
    "~/.local/share/uv/python/*/lib/python3*/site-packages",
    "~/.local/share/pipx/venvs/*/lib/python3*/site-packages",
    "~/.local/pipx/venvs/*/lib/python3*/site-packages",
    "/opt/pipx/venvs/*/lib/python3*/site-packages",
    "~/.pyenv/versions/*/lib/python3*/site-packages",
    "~/.asdf/installs/python/*/lib/python3*/site-packages",
    "~/.local/share/mise/installs/*/*/lib/python3*/site-packages",
    "~/.virtualenvs/*/lib/python3*/site-packages",
    "~/.cache/pypoetry/virtualenvs/*/lib/python3*/site-packages",
    "~/.cache/uv/archive-v*/*",
    "~/.cache/uv/archive-v*/*/lib/python3*/site-packages",
    "~/Library/Python/*/lib/python/site-packages",
    "~/Library/Caches/uv/archive-v*/*",
    "~/.aider-venv/lib/python3*/site-packages",
    "~/*conda*/lib/python3*/site-packages",
    "~/*conda*/envs/*/lib/python3*/site-packages",
    "~/AppData/Roaming/uv/tools/*/Lib/site-packages",
    "~/AppData/Roaming/Python/Python3*/site-packages",
    "~/AppData/Local/Programs/Python/Python3*/Lib/site-packages",
    "~/AppData/Local/uv/cache/archive-v*/*",
    "~/pipx/venvs/*/Lib/site-packages",
    "/Program Files/Python3*/Lib/site-packages",
)
"""Folders that hold distributions; found also where a bounded walk would not go."""

PLACES: Final = tuple(
    (re.compile(pattern), detail)
    for pattern, detail in (
        (r"/uv/(cache/)?archive-v\d+/", "uv cache"),
        (r"/uv/tools/", "uv tool"),
        (r"/pipx/venvs/", "pipx"),
        (r"/pypoetry/", "Poetry"),
        (r"/\.virtualenvs/", "virtual environment"),
        (r"(?i)/(mini|ana|micro)?(conda|mamba|forge)\d?/", "conda"),
        (r"/\.pyenv/|/\.asdf/|/mise/installs/", "version manager"),
        (r"/Cellar/", "Homebrew"),
        (r"/\.local/lib/python|/Library/Python/|/Roaming/Python/", "user site"),
        (r"^/(usr|opt|Library|Program Files)/", "system"),
    )
)
"""What a path says about how a distribution came there, most telling first. Others lie in somebody's project."""

_NAME = re.compile(rb"^Name:[ \t]*([^\r\n]{1,300})", re.MULTILINE)
_VERSION = re.compile(rb"^Version:[ \t]*([^\r\n]{1,300})", re.MULTILINE)
_FOLDER = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+?)(?:-py[\d.]+)?\.(?:dist-info|egg-info)$")
_SITE = re.compile(r"(?i)(?P<prefix>.*?)/(?:lib(?:64)?/(?:python|pypy)[\d.]*/|lib/)(?:site|dist)-packages$")
_SCRIPT = re.compile(r"^\s*([A-Za-z0-9_.+-]{1,100})\s*=", re.MULTILINE)


class PythonPackages:
    """`surface: package`, from distribution metadata."""

    name = "python-packages"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The usual environments by name, and metadata anywhere."""
        found = []
        for site in (*SITES, "**"):
            found += [Pattern(f"{site}/*.dist-info/{name}", read=LIMIT, tag=name) for name in _NAMES]
            found += [
                Pattern(f"{site}/*.egg-info/PKG-INFO", read=LIMIT, tag="METADATA"),
                Pattern(f"{site}/*.egg-info", read=LIMIT, tag="METADATA"),
            ]
        return (
            *found,
            Pattern("**/uv-receipt.toml", read=LIMIT, tag="uv-receipt.toml"),
            Pattern("**/pipx_metadata.json", read=LIMIT, tag="pipx_metadata.json"),
            Pattern("**/*.whl", read=archive.MAGIC_BYTES, tag="wheel"),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting of each tool that the file names."""
        return _PARSERS[found.pattern.tag](found, catalog)


def metadata(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """The distribution that `METADATA` or `PKG-INFO` names, or the agent that it says it is."""
    name, version = header(found.data())
    tool = package(catalog, "pypi", name)
    root = posixpath.dirname(found.path) if posixpath.basename(found.path) in _FILES else found.path
    if tool is None:
        yield from package_agents.of_python(found, root, name, version, catalog)
        return
    evidence = [Evidence(posixpath.basename(found.path)[:60], f"{name} {version}"[:200])]
    yield from _distribution(found, tool, root, "strong", evidence, version)


def beside_metadata(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """What lies beside `METADATA`: the programs that the distribution installs, and where it came from."""
    root = posixpath.dirname(found.path)
    folder = _FOLDER.fullmatch(posixpath.basename(root))
    tool = package(catalog, "pypi", folder["name"]) if folder else None
    if folder is None or tool is None or "METADATA" not in found.names:
        return
    if found.pattern.tag == "entry_points.txt":
        scripts = _console_scripts(found.data().decode("utf-8", "replace"))
        fitting = fits(tool, scripts)
        if fitting:
            evidence = [Evidence("entry_points.txt", ", ".join(fitting)[:200])]
            yield from _distribution(found, tool, root, "certain", evidence, folder["version"])
        return
    try:
        origin = msgspec.json.decode(found.data())
    except (ValueError, RecursionError) as error:
        yield Skipped(PythonPackages.name, found.path, f"not valid JSON: {str(error)[:100]}", matters=False)
        return
    if not isinstance(origin, dict) or not isinstance(origin.get("url"), str):
        return
    url = origin["url"]
    directory = origin.get("dir_info")
    how = "editable " if isinstance(directory, dict) and directory.get("editable") is True else ""
    shown = url[:190] if url.startswith("file://") else redact(url)
    yield from _distribution(found, tool, root, "strong", [Evidence("direct_url.json", how + shown)], folder["version"])


def receipt(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """The tool that `uv tool install` was asked for. Its environment is the folder of the receipt."""
    try:
        document = tomllib.loads(found.data().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        yield Skipped(PythonPackages.name, found.path, f"not valid TOML: {str(error)[:100]}", matters=False)
        return
    entry = document.get("tool")
    requirements = entry.get("requirements") if isinstance(entry, dict) else None
    for requirement in requirements if isinstance(requirements, list) else ():
        name = text(requirement.get("name")) if isinstance(requirement, dict) else ""
        tool = package(catalog, "pypi", name)
        if tool:
            evidence = (Evidence("uv-receipt.toml", name),)
            yield sighting(found, tool, "package", posixpath.dirname(found.path), "strong", evidence)


def pipx(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """The tool that `pipx install` was asked for, and what was injected. Its environment is the folder of the file."""
    try:
        document = msgspec.json.decode(found.data())
    except (ValueError, RecursionError) as error:
        yield Skipped(PythonPackages.name, found.path, f"not valid JSON: {str(error)[:100]}", matters=False)
        return
    if not isinstance(document, dict):
        return
    injected = document.get("injected_packages")
    entries = [document.get("main_package"), *(injected.values() if isinstance(injected, dict) else ())]
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        name, version = text(entry.get("package")), text(entry.get("package_version"))
        tool = package(catalog, "pypi", name)
        if tool:
            evidence = (Evidence("pipx_metadata.json", f"{name} {version}"[:200]),)
            yield sighting(found, tool, "package", posixpath.dirname(found.path), "strong", evidence, version=version)


def wheel(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A distribution that lies packed in a folder or cache: it was built or fetched, not installed there."""
    parts = posixpath.basename(found.path).split("-")
    tool = package(catalog, "pypi", parts[0]) if len(parts) >= 5 else None
    if tool is None:
        return
    inside = f"{parts[0]}-{parts[1]}.dist-info/METADATA"
    try:
        data = archive.member(found.reader, inside, LIMIT)
    except ValueError as error:
        yield Skipped(PythonPackages.name, found.path, str(error)[:200], matters=False)
        return
    name, version = header(data or b"")
    if plain_package("pypi", name) == plain_package("pypi", parts[0]):
        evidence = (Evidence("wheel", f"{name} {version}"[:200]),)
        yield sighting(found, tool, "package", found.path, "weak", evidence, version=version)


def header(data: bytes) -> tuple[str, str]:
    """Name and version out of the header of distribution metadata; empty where it has none."""
    end = len(data)
    for blank in (b"\n\n", b"\r\n\r\n"):
        at = data.find(blank, 0, end)
        end = at if at >= 0 else end
    name, version = _NAME.search(data, 0, end), _VERSION.search(data, 0, end)
    return _field(name), _field(version)


def _field(match: re.Match[bytes] | None) -> str:
    return text(match[1].decode("utf-8", "surrogateescape").strip()) if match else ""


def prefix_of(root: str) -> str | None:
    """The environment (`PREFIX/bin` holds its programs) that a distribution's folder lies in; None elsewhere."""
    match = _SITE.fullmatch(posixpath.dirname(root))
    return match["prefix"] or "/" if match else None


def place(root: str) -> tuple[str, str | None]:
    """How a distribution came to `root`, and the project folder where its environment is a project's."""
    for pattern, detail in PLACES:
        if pattern.search(root):
            return detail, None
    prefix = prefix_of(root)
    if prefix and posixpath.basename(prefix) in (".venv", "venv", "env", ".env", ".tox"):
        return "virtual environment", posixpath.dirname(prefix)
    return "loose", None


def _distribution(
    found: Found, tool: Tool, root: str, confidence: Confidence, evidence: list[Evidence], version: str
) -> Iterator[Observation]:
    how, project = place(root)
    told = [*evidence, Evidence("place", how)]
    yield sighting(found, tool, "package", root, confidence, told, version=version, repository=project)


def _console_scripts(entry_points: str) -> list[str]:
    section = re.search(r"^\[console_scripts\]\s*$(.*?)(?=^\[|\Z)", entry_points, re.MULTILINE | re.DOTALL)
    return _SCRIPT.findall(section[1]) if section else []


_FILES: Final = ("METADATA", "PKG-INFO")
_PARSERS: Final[dict[str, Callable[[Found, Catalog], Iterator[Observation]]]] = {
    "METADATA": metadata,
    "entry_points.txt": beside_metadata,
    "direct_url.json": beside_metadata,
    "uv-receipt.toml": receipt,
    "pipx_metadata.json": pipx,
    "wheel": wheel,
}
_NAMES: Final = ("METADATA", "entry_points.txt", "direct_url.json")
