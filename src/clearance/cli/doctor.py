"""`clearance doctor`: what Clearance may see here, which directive judges, and where each setting came from."""

from __future__ import annotations

import os
import platform

from cyclopts import App

from clearance.catalog import load_catalog
from clearance.config import load_settings
from clearance.errors import Error
from clearance.observe.host import HostView
from clearance.prove.formats import wording
from clearance.prove.formats.escape import plain
from clearance.tasks.enforce.features import readings
from clearance.tasks.policy_in_force import load_policy

MARKS = {"yes": "[+]", "no": "[-]", "unknown": "[?]"}

app = App(name="doctor", help="What this machine lets Clearance see, and where each setting came from.")


@app.default
def doctor() -> int:
    """What this machine lets Clearance see, which directive judges, and where each setting came from."""
    settings = load_settings(os.environ)
    sight = "root: every home can be read" if os.geteuid() == 0 else "not root: only what this user may read"
    print(f"system     {platform.system()} {platform.release()}, Python {platform.python_version()}")
    print(f"user       {sight}")
    print(f"homes      {homes()}")
    named = settings["directive"]
    refused: Error | None = None
    try:
        judge = load_policy(named.value if named.origin != "default" else None, load_catalog()).ref
        print(f"judges     {plain(wording.directive(judge))}")
    except Error as error:
        refused = error
        print(f"judges     nothing: the directive {plain(named.value)} cannot be used")
    print("enforcement")
    for reading in readings():
        print(f"  {MARKS[reading.state]} {reading.name:<26} {reading.seen}")
        if reading.without:
            print(f"      {'':<26} without it: {reading.without}")
    print("settings")
    for setting in settings.values():
        locked = ", managed" if setting.managed else ""
        print(f"  {setting.key.name:<13} {plain(setting.value) or '(none)'}   from {setting.origin}{locked}")
    if refused is not None:
        raise refused
    return 0


def homes() -> str:
    """How many homes can be read, and which not."""
    view = HostView("/")
    missed = view.unreadable_homes()
    told = f"{len(view.homes) - len(missed)} of {wording.many(len(view.homes), 'home')} can be read"
    named = ", ".join(f"{plain(path)} ({plain(why)})" for path, why in list(missed.items())[:3])
    more = f" and {len(missed) - 3} more" if len(missed) > 3 else ""
    return f"{told}; not: {named}{more}" if missed else told
