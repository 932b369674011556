"""Settings of the program itself, and where each came from.

A value is taken from the flag, else the environment (`CLEARANCE_*`), else the user's file, else the system's file, else
the default. A key that the system's file lists under `managed` cannot be changed by anything after it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clearance.errors import Error, Place

SYSTEM_FILE: Final = "/etc/clearance/config.toml"


@dataclass(frozen=True)
class Key:
    """A setting: its name in `config.toml` (also `CLEARANCE_NAME`), its default, and what it means."""

    name: str
    default: str
    help: str


KEYS: Final = (
    Key("directive", "/etc/clearance/directive.d", "The directive: a file, or a folder of NN-*.yaml files."),
    Key("state", "/var/lib/clearance", "Where the agent keeps what must survive a restart."),
    Key("runtime", "/run/clearance", "Where sockets and locks of the running agent lie."),
    Key(
        "directive_key",
        "",
        "A PEM public key (Ed25519). Where it is set, only a directive that its owner signed is put in force.",
    ),
    Key("suppressions", "", "A file of findings that were reviewed and need not be reported again."),
)


@dataclass(frozen=True)
class Setting:
    """A key with the value in force. `origin` is the flag, the variable, the file, or `default`."""

    key: Key
    value: str
    origin: str
    managed: bool = False


def user_file(environ: Mapping[str, str]) -> str:
    """`$XDG_CONFIG_HOME/clearance/config.toml`, which is below `~/.config` where the variable is not set."""
    base = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", "/"), ".config")
    return os.path.join(base, "clearance", "config.toml")


def load_settings(
    environ: Mapping[str, str], flags: Mapping[str, str | None] | None = None, system_file: str = SYSTEM_FILE
) -> dict[str, Setting]:
    """Every key with the value in force. `flags` holds what was given on the command line. `Error` for a bad file."""
    system = _read(system_file)
    user_path = user_file(environ)
    user = _read(user_path)
    managed = system.get("managed", [])
    if not isinstance(managed, list):
        raise Error(
            "`managed` must be a list of keys",
            place=Place(system_file),
            remedy='write: managed = ["directive"]',
        )
    settings = {}
    for key in KEYS:
        variable = f"CLEARANCE_{key.name.upper()}"
        flag = (flags or {}).get(key.name)
        sources = [
            (flag, f"--{key.name}"),
            (environ.get(variable), variable),
            (user.get(key.name), user_path),
            (system.get(key.name), system_file),
        ]
        locked = key.name in managed
        given = [(value, origin) for value, origin in (sources[3:] if locked else sources) if value]
        value, origin = given[0] if given else (key.default, "default")
        settings[key.name] = Setting(key, str(value), origin, locked)
    return settings


def _read(path: str) -> dict[str, object]:
    try:
        text = Path(path).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        remedy = "make it a file that can be read, or take it away"
        raise Error(
            f"cannot read the configuration: {(why or '').lower()}", place=Place(path), remedy=remedy
        ) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Error(f"not valid TOML: {error}", place=Place(path), remedy="see docs/usage.md, Configuration") from error
    known = {key.name for key in KEYS} | {"managed"}
    for name, value in values.items():
        if name in known and name != "managed" and not isinstance(value, str):
            raise Error(f"`{name}` must be text", place=Place(path), remedy=f'write: {name} = "…"')
        if name not in known:
            raise Error(
                f"{name!r} is not a setting",
                place=Place(path),
                remedy=f"the settings are: {', '.join(sorted(known))}",
            )
    return values
