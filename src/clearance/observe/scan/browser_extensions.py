"""Extensions of the Chromium and the Firefox families of browsers.

Chromium names the folder of an extension after its key, Firefox lists ids in `extensions.json` and names archives after
them; in both an id belongs to one publisher. Where a manifest brings its key along, the id is computed from it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.observe import archive
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import sighting, text

MANIFEST_LIMIT: Final = 1 << 20
LIST_LIMIT: Final = 32 << 20

CHROMIUM_NAMES: Final = (
    "google-chrome*",
    "chromium*",
    "microsoft-edge*",
    "vivaldi*",
    "opera*",
    "BraveSoftware/Brave-Browser*",
    "Google/Chrome*",
    "Chromium",
    "Microsoft Edge*",
    "Microsoft/Edge*",
    "Vivaldi",
    "Arc",
    "com.operasoftware.Opera*",
    "Comet",
    "Perplexity/Comet",
    "Yandex/YandexBrowser",
)
CHROMIUM: Final = (
    "~/.config",
    "~/snap/*/*/.config",
    "~/snap/*/common",
    "~/.var/app/*/config",
    "~/Library/Application Support",
    "~/AppData/Local",
    "~/AppData/Roaming/Opera Software",
)
"""Where browsers keep their data, each in a folder of its own that holds profiles, or is one (Opera)."""

FIREFOX: Final = (
    "~/.mozilla/firefox/*",
    "~/.librewolf/*",
    "~/.waterfox/*",
    "~/.zen/*",
    "~/.floorp/*",
    "~/.config/mozilla/firefox/*",
    "~/snap/firefox/common/.mozilla/firefox/*",
    "~/.var/app/*/.mozilla/firefox/*",
    "~/.var/app/*/.librewolf/*",
    "~/.var/app/*/.zen/*",
    "~/Library/Application Support/*/Profiles/*",
    "~/AppData/Roaming/*/Profiles/*",
    "~/AppData/Roaming/*/*/Profiles/*",
)
"""Profiles."""

_CHROMIUM_ID = re.compile(r"[a-p]{32}")


class Manifest(msgspec.Struct, frozen=True):
    """What the probe asks of a manifest. Values may be of any kind."""

    name: Any = None
    version: Any = None
    key: Any = None
    manifest_version: Any = None
    browser_specific_settings: Any = None
    applications: Any = None


class Addons(msgspec.Struct, frozen=True):
    """What the probe asks of Firefox's list."""

    addons: Any = None


class BrowserExtensions:
    """`surface: browser-extension`."""

    name = "browser-extensions"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Every profile of every browser, by folder and by list."""
        browsers = [f"{place}/{name}" for place in CHROMIUM for name in CHROMIUM_NAMES]
        profiles = [f"{browser}{profile}" for browser in browsers for profile in ("", "/*", "/User Data/*")]
        return (
            *(
                Pattern(f"{profile}/Extensions/*/*/manifest.json", read=MANIFEST_LIMIT, tag="manifest")
                for profile in profiles
            ),
            Pattern("**/Extensions/*/*/manifest.json", read=MANIFEST_LIMIT, tag="manifest"),
            *(Pattern(f"{profile}/extensions.json", read=LIST_LIMIT, tag="list") for profile in FIREFOX),
            *(Pattern(f"{profile}/extensions/*.xpi", read=archive.MAGIC_BYTES, tag="xpi") for profile in FIREFOX),
            Pattern("/usr/lib/firefox*/distribution/extensions/*.xpi", read=archive.MAGIC_BYTES, tag="xpi"),
            Pattern("**/*.xpi", read=archive.MAGIC_BYTES, tag="xpi"),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A sighting for every extension of a tool that the file shows."""
        return _PARSERS[found.pattern.tag](found, catalog)


def chromium(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """`Extensions/ID/VERSION/manifest.json`."""
    folder = posixpath.dirname(found.path)
    parent = posixpath.dirname(folder)
    placed = posixpath.basename(parent)
    try:
        manifest = msgspec.json.decode(found.data(), type=Manifest)
    except (ValueError, RecursionError) as error:
        known = f"chrome:{placed}" in catalog.by_extension
        yield Skipped(BrowserExtensions.name, found.path, f"not valid JSON: {str(error)[:100]}", matters=known)
        manifest = Manifest()
    own = key_id(manifest.key)
    for found_id, kind in ((own, "key"), (placed if _CHROMIUM_ID.fullmatch(placed) else "", "folder")):
        tool = catalog.by_extension.get(f"chrome:{found_id}")
        if tool:
            version = text(manifest.version) or posixpath.basename(folder).partition("_")[0]
            told = [Evidence("manifest.json", f"{text(manifest.name)} {version}".strip()), Evidence(kind, found_id)]
            sure = kind == "key" or manifest.version is not None
            yield sighting(
                found, tool, "browser-extension", parent if kind == "folder" or own == placed else folder,
                "certain" if sure else "strong", told, version=version,
            )  # fmt: skip
            return


def key_id(key: object) -> str:
    """The id that Chromium computes from a manifest's public key; empty where there is none."""
    try:
        der = base64.b64decode(key, validate=True) if isinstance(key, str) and len(key) < 10_000 else b""
    except (binascii.Error, ValueError):
        return ""
    digest = hashlib.sha256(der).hexdigest()[:32]
    return digest.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop")) if der else ""


def firefox(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A profile's list: id, version, whether it is switched on, and where its archive lies."""
    try:
        addons = msgspec.json.decode(found.data(), type=Addons).addons
    except (ValueError, RecursionError) as error:
        yield Skipped(BrowserExtensions.name, found.path, f"not valid JSON: {str(error)[:100]}")
        return
    for addon in addons if isinstance(addons, list) else ():
        name = text(addon.get("id")) if isinstance(addon, dict) else ""
        tool = catalog.by_extension.get(f"firefox:{name.lower()}")
        if tool:
            version = text(addon.get("version"))
            state = "off" if addon.get("active") is False else "on"
            told = (Evidence("extensions.json", f"{name} {version}"[:200]), Evidence("state", state))
            yield sighting(found, tool, "browser-extension", _archive(found, name), "certain", told, version=version)


def packed(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A Firefox extension's archive, by the id in its manifest, else in its name."""
    name = posixpath.basename(found.path).removesuffix(".xpi")
    manifest = Manifest()
    try:
        manifest = msgspec.json.decode(
            archive.member(found.reader, "manifest.json", MANIFEST_LIMIT) or b"{}", type=Manifest
        )
    except (ValueError, RecursionError) as error:
        known = f"firefox:{name.lower()}" in catalog.by_extension
        yield Skipped(BrowserExtensions.name, found.path, str(error)[:200], matters=known)
    for settings in (manifest.browser_specific_settings, manifest.applications):
        gecko = settings.get("gecko") if isinstance(settings, dict) else None
        name = text(gecko.get("id")) or name if isinstance(gecko, dict) else name
    tool = catalog.by_extension.get(f"firefox:{name.lower()}")
    if tool:
        version = text(manifest.version)
        told = (Evidence("xpi", f"{name} {version}".strip()[:200]),)
        yield sighting(found, tool, "browser-extension", found.path, "strong", told, version=version)


_PARSERS: Final[dict[str, Callable[[Found, Catalog], Iterator[Observation]]]] = {
    "manifest": chromium,
    "list": firefox,
    "xpi": packed,
}


def _archive(found: Found, name: str) -> str:
    """Where the archive of an extension of this profile lies: the same path as the archive's own sighting."""
    return f"{posixpath.dirname(found.path)}/extensions/{name}.xpi"
