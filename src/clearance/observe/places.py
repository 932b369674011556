"""Where programs lie: the folders that a shell searches, and the folders that the default scan goes down from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final

from clearance.model.sighting import Skipped
from clearance.observe.host import HostView
from clearance.observe.links import Closed
from clearance.observe.rooted import FOLDER

TREES: Final = (
    "/usr/local", "/opt", "/usr/lib/node_modules", "/usr/share/nodejs", "/usr/lib/python3", "/usr/libexec", "/srv",
    "/var/opt", "/tmp", "/var/tmp", "/dev/shm", "/var/lib/flatpak", "/snap", "/home/linuxbrew/.linuxbrew",
    "/Applications",
    "/Program Files", "/Program Files (x86)", "/ProgramData", "/app", "/workspace", "/workspaces",
)  # fmt: skip
"""Where programs lie outside homes. Places that the host does not have cost one look-up."""

SEARCHED: Final = (
    "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/games", "/usr/local/bin", "/usr/local/sbin", "/snap/bin",
    "/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin", "/run/current-system/profile/bin",
)  # fmt: skip
SEARCHED_IN_HOMES: Final = (
    "bin", ".local/bin", ".npm-global/bin", ".yarn/bin", ".bun/bin", ".deno/bin", ".cargo/bin", "go/bin", ".volta/bin",
    ".local/share/pnpm", ".local/share/mise/shims", ".asdf/shims", ".pyenv/shims", ".nix-profile/bin",
    ".local/state/nix/profile/bin", ".guix-profile/bin", "AppData/Roaming/npm", "scoop/shims",
)  # fmt: skip
PATH: Final = re.compile(r"""^\s*(?:export\s+)?PATH\s*=\s*["']?([^"'\n#]*)""", re.MULTILINE)


def trees(view: HostView) -> tuple[tuple[str, ...], tuple[Skipped, ...]]:
    """The folders that the default scan goes down from, none inside another, and those that it stays out of."""
    roots, skipped = _existing(view, TREES)
    homes, closed = _existing(view, [home.path for home in view.homes])
    # A home that is not looked at matters; a shared folder of another machine does not.
    missed = [*(Skipped("walk", path, why) for path, why in closed.items())]
    missed += [Skipped("walk", path, why, matters=False) for path, why in skipped.items()]
    return outermost([*homes, *roots]), tuple(missed)


def searched(view: HostView) -> tuple[str, ...]:
    """The folders that shells search for programs: those of `PATH`, of the system, and of each home."""
    found = [*SEARCHED, *_path_of(view)]
    for home in view.homes:
        found += [f"{home.path}/{place}" for place in SEARCHED_IN_HOMES]
    return tuple(_existing(view, found)[0])


def _path_of(view: HostView) -> list[str]:
    text = view.text("/etc/environment") + "\n" + view.text("/etc/profile")
    listed = [part for match in PATH.finditer(text) for part in match[1].split(":")]
    if view.live:
        listed += os.environ.get("PATH", "").split(os.pathsep)
    return [os.path.normpath(part) for part in listed if part.startswith("/") and "$" not in part]


def _existing(view: HostView, paths: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """The folders among the paths, each place once, and the paths that may not be looked at, with the reason."""
    found: dict[str, str] = {}
    closed: dict[str, str] = {}
    for path in paths:
        try:
            real = view.resolve(path)
            os.close(view.rooted.open(real, FOLDER))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except Closed as error:
            closed[path] = error.why
        except PermissionError as error:
            closed[path] = (error.strerror or str(error)).lower()
        except OSError:
            continue
        else:
            found.setdefault(real, path)
    return list(found.values()), closed


def is_inside(path: str, folders: Iterable[str]) -> bool:
    """Whether the path is one of these folders or lies in one."""
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that lie in no other of them, in the order in which they came."""
    unique = list(dict.fromkeys(paths))
    return tuple(path for path in unique if not is_inside(path, (other for other in unique if other != path)))
