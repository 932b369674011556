"""Packages of npm, pnpm, yarn and bun, wherever one lies: global prefixes, projects, run-once and download caches.

`manifests.py` hands over every `package.json`. What counts is the name *in* it, not the folder's (aliases and copies
have others), and only at a package's root: directly in a `node_modules`, or elsewhere where the program that the file
declares lies beside it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.terms import Confidence
from clearance.model.tool import Tool
from clearance.observe.probe import Found, Observation
from clearance.observe.scan import package_agents
from clearance.observe.scan.claims import beside, fits, package, sighting, text

LIMIT: Final = 1 << 20
"""Bytes of a `package.json`. The largest real ones, of editor extensions, have 0.5 MB."""

PREFIXES: Final = (
    "/usr/lib/node_modules",
    "/usr/local/lib/node_modules",
    "/usr/share/nodejs",
    "/opt/homebrew/lib/node_modules",
    "/home/linuxbrew/.linuxbrew/lib/node_modules",
    "/opt/nodejs/lib/node_modules",
    "/usr/local/share/.config/yarn/global/node_modules",
    "/Program Files/nodejs/node_modules",
    "~/node_modules",
    "~/lib/node_modules",
    "~/.local/lib/node_modules",
    "~/.npm-global/lib/node_modules",
    "~/.npm-packages/lib/node_modules",
    "~/.npm/lib/node_modules",
    "~/.npm/_npx/*/node_modules",
    "~/.claude/local/node_modules",
    "~/n/lib/node_modules",
    "~/n/n/versions/node/*/lib/node_modules",
    "/usr/local/n/versions/node/*/lib/node_modules",
    "~/.nvm/versions/node/*/lib/node_modules",
    "/usr/local/nvm/versions/node/*/lib/node_modules",
    "/usr/local/share/nvm/versions/node/*/lib/node_modules",
    "~/.fnm/node-versions/*/installation/lib/node_modules",
    "~/.local/share/fnm/node-versions/*/installation/lib/node_modules",
    "~/Library/Application Support/fnm/node-versions/*/installation/lib/node_modules",
    "~/.volta/tools/image/node/*/lib/node_modules",
    "~/.volta/tools/image/packages/*/lib/node_modules",
    "~/.volta/tools/image/packages/@*/*/lib/node_modules",
    "~/.asdf/installs/nodejs/*/lib/node_modules",
    "~/.local/share/mise/installs/*/*/lib/node_modules",
    "~/.local/share/pnpm/global/*/.pnpm/*/node_modules",
    "~/.local/share/pnpm/store/*/links/*/*/*/node_modules",
    "~/.local/share/pnpm/store/*/links/@*/*/*/*/node_modules",
    "~/.cache/pnpm/dlx/*/*/node_modules/.pnpm/*/node_modules",
    "~/Library/pnpm/global/*/.pnpm/*/node_modules",
    "~/Library/pnpm/store/*/links/@*/*/*/*/node_modules",
    "~/Library/Caches/pnpm/dlx/*/*/node_modules/.pnpm/*/node_modules",
    "~/.config/yarn/global/node_modules",
    "~/.bun/install/global/node_modules",
    "/tmp/bunx-*/node_modules",
    "~/.local/share/zed/external_agents/*/*/node_modules",
    "~/.local/share/nvim/mason/packages/*/node_modules",
    "~/AppData/Roaming/npm/node_modules",
    "~/AppData/Local/npm-cache/_npx/*/node_modules",
    "~/AppData/Local/pnpm/global/*/.pnpm/*/node_modules",
    "~/AppData/Local/Volta/tools/image/packages/*/node_modules",
    "~/AppData/Local/Volta/tools/image/packages/@*/*/node_modules",
    "~/AppData/Local/Yarn/Data/global/node_modules",
    "~/AppData/Local/Temp/bunx-*/node_modules",
    "~/AppData/Roaming/nvm/*/node_modules",
    "~/AppData/Local/nvm/*/node_modules",
    "~/scoop/persist/nodejs/bin/node_modules",
    "~/scoop/persist/nodejs-lts/bin/node_modules",
)
"""Folders that hold packages; found also where a bounded walk would not go."""

NAME: Final = "node-packages"
"""What `skipped` calls these packages."""

CACHES: Final = ("~/.bun/install/cache/*/package.json", "~/.bun/install/cache/@*/*/package.json")

PLACES: Final = tuple(
    (re.compile(pattern), detail)
    for pattern, detail in (
        (r"/_npx/[^/]+/node_modules/", "npx cache"),
        (r"/bunx-[^/]+/node_modules/", "bunx cache"),
        (r"/pnpm/dlx/|/dlx-\d+/node_modules/", "dlx cache"),
        (r"/pnpm/store/[^/]+/links/", "pnpm global"),
        (r"/pnpm/global/", "pnpm global"),
        (r"/install/global/node_modules/", "bun global"),
        (r"/install/cache/", "bun cache"),
        (r"/yarn/(Data/)?global/node_modules/", "yarn global"),
        (r"/yarn/v\d+/npm-|/Yarn/Cache/v\d+/npm-", "yarn cache"),
        (r"(?i)/\.?volta/tools/image/", "volta"),
        (r"/\.?nvm/|/nvm/v\d", "nvm"),
        (r"/node-versions/", "fnm"),
        (r"/\.asdf/installs/", "asdf"),
        (r"/mise/installs/", "mise"),
        (r"/n/versions/node/", "n"),
        (r"/Cellar/", "Homebrew"),
        (r"/deno/npm/", "deno cache"),
        (r"/mason/packages/", "Mason"),
        (r"/external_agents/", "Zed"),
        (r"/extensions/[^/]+\.[^/]+-\d[^/]*/", "editor extension"),
        (r"/resources/app[./]", "application"),
        (r"^/(usr|opt|snap|Applications|Program Files[^/]*|var/lib)/", "system"),
        (r"/(lib|AppData/Roaming/npm|nodejs[^/]*/bin)/node_modules/", "global"),
    )
)
"""What a path says about how a package came there, most telling first. All others lie in somebody's project."""

_PLATFORM = re.compile(
    r"-(linux|linuxmusl|darwin|macos|win32|windows|win|freebsd|android|x64|x86|x86_64|amd64|ia32|arm|armv7|arm64|aarch64"
    r"|gnu|gnueabihf|glibc|musl|msvc|baseline|modern)$"
)
_DECLARED = re.compile(rb'"name"\s*:\s*"([^"\\]{1,214})"')


class Manifest(msgspec.Struct, frozen=True):
    """What the probe asks of a `package.json`. Values may be of any kind: the file is foreign."""

    name: Any = None
    version: Any = None
    bin: Any = None
    main: Any = None
    os: Any = None
    cpu: Any = None
    engines: Any = None
    publisher: Any = None
    browser: Any = None
    productName: Any = None
    author: Any = None
    homepage: Any = None
    repository: Any = None
    description: Any = None


def claims(found: Found, manifest: Manifest, catalog: Catalog) -> Iterable[Observation]:
    """At most one sighting, of the tool whose package this is; else what it says of itself, if that is an agent."""
    if type(manifest.name) is not str:
        return ()
    tool = package(catalog, "npm", manifest.name)
    if tool is None and (manifest.os is not None or manifest.cpu is not None):
        tool = package(catalog, "npm", without_platform(manifest.name))
    if tool is not None:
        return _claim(found, manifest, tool)
    if manifest.bin is None:
        return ()
    programs = declared(manifest).values()
    return package_agents.of_node(found, manifest.name, text(manifest.version), manifest.description, programs, catalog)


def _claim(found: Found, manifest: Manifest, tool: Tool) -> Iterator[Observation]:
    root = posixpath.dirname(found.path)
    programs = declared(manifest)
    present = [name for name, target in programs.items() if beside(found, target)]
    platform = manifest.os is not None or manifest.cpu is not None
    at_root = in_modules(root)
    if not at_root and (is_extension(manifest) or not (present or platform)):
        return
    how, project = place(root)
    evidence = [Evidence("package.json", f"{manifest.name[:214]}@{text(manifest.version)}"), Evidence("place", how)]
    fitting = fits(tool, present)
    confidence: Confidence = "strong"
    if programs and not present:
        confidence = "weak"
        evidence.append(Evidence("bin-missing", ", ".join(sorted(programs))[:200]))
    elif not programs and not platform:
        confidence = "weak"
    elif fitting:
        confidence = "certain" if at_root else "strong"
        evidence.append(Evidence("bin", ", ".join(f"{name} → {programs[name]}" for name in fitting)[:200]))
    evidence += part(manifest)
    version = without_platform(text(manifest.version))
    yield sighting(found, tool, "package", root, confidence, evidence, version=version, repository=project)


def malformed(found: Found, data: bytes, error: Exception, catalog: Catalog) -> Iterator[Observation]:
    """A broken or oversized file that names a tool is still reported, as weak, and as not fully looked at."""
    reason = f"larger than {LIMIT} bytes" if found.size > len(data) else f"not valid JSON: {str(error)[:100]}"
    root = posixpath.dirname(found.path)
    for match in _DECLARED.finditer(data, 0, 1 << 16):
        tool = package(catalog, "npm", match[1].decode("utf-8", "replace"))
        if tool and in_modules(root):
            _, project = place(root)
            evidence = (Evidence("package.json", f"{match[1].decode('utf-8', 'replace')}, {reason}"),)
            yield sighting(found, tool, "package", root, "weak", evidence, repository=project)
            yield Skipped(NAME, found.path, reason)
            return
    if in_modules(root):
        yield Skipped(NAME, found.path, reason, matters=False)


def in_modules(root: str) -> bool:
    """True where a package lies directly in a `node_modules`, with or without a scope."""
    parent, name = posixpath.split(root)
    above, scope = posixpath.split(parent)
    if name.startswith("@"):
        return False
    return scope == "node_modules" or (scope.startswith("@") and posixpath.basename(above) == "node_modules")


def place(root: str) -> tuple[str, str | None]:
    """How a package came to `root`, and the project folder where it is a project's."""
    inside = f"{root}/"
    for pattern, detail in PLACES:
        if pattern.search(inside):
            return detail, None
    before, modules, _ = inside.partition("/node_modules/")
    if not modules:
        return "loose", None
    return "project", before.partition("/.yarn/")[0] or "/"


def without_platform(name: str) -> str:
    """The name, or version, of the package that a platform's package belongs to: `x-linux-x64` is a part of `x`."""
    while (shorter := _PLATFORM.sub("", name)) != name:
        name = shorter
    return name


def declared(manifest: Manifest) -> dict[str, str]:
    """The programs that a package installs: name and file."""
    if isinstance(manifest.bin, str):
        return {str(manifest.name).rpartition("/")[2]: manifest.bin}
    if isinstance(manifest.bin, dict):
        return {name: target for name, target in list(manifest.bin.items())[:64] if isinstance(target, str)}
    return {}


def is_extension(manifest: Manifest) -> bool:
    """True for an editor's extension: its name is not one of the npm registry."""
    return isinstance(manifest.publisher, str) and isinstance(manifest.engines, dict) and "vscode" in manifest.engines


def part(manifest: Manifest) -> list[Evidence]:
    """That a tool's package is but a part of it: for one platform, or without a program of its own.

    A whole package may be limited to platforms too; what is a part says so in its name or version.
    """
    lists = [words for words in (manifest.os, manifest.cpu) if isinstance(words, list)]
    named = (text(manifest.name), text(manifest.version))
    if lists and any(without_platform(word) != word for word in named):
        return [Evidence("platform-package", " ".join(str(word)[:20] for words in lists for word in words[:8]))]
    return [] if manifest.bin or lists else [Evidence("part", "brings no program")]
