"""`clearance doctor`: what this machine lets Clearance see, and where each setting came from."""

from __future__ import annotations

import os
import platform

from cyclopts import App

from clearance.config import load_settings

app = App(name="doctor", help="What this machine lets Clearance see, and where each setting came from.")


@app.default
def doctor() -> int:
    """What this machine lets Clearance see, and where each setting came from."""
    sight = "root: every home can be read" if os.geteuid() == 0 else "not root: only what this user may read"
    print(f"system     {platform.system()} {platform.release()}, Python {platform.python_version()}")
    print(f"user       {sight}")
    print("settings")
    for setting in load_settings(os.environ).values():
        locked = ", managed" if setting.managed else ""
        print(f"  {setting.key.name:<13} {setting.value or '(none)'}   from {setting.origin}{locked}")
    return 0
