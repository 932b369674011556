"""`clearance explain`: what the catalog knows of a tool, several side by side, and what Clearance itself records."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from difflib import get_close_matches
from typing import Final

from cyclopts import App

from clearance.catalog import load_catalog
from clearance.catalog.index import Catalog
from clearance.cli.options import Flag
from clearance.cli.output import print_document
from clearance.config import load_settings
from clearance.errors import Error
from clearance.model.decision import Request
from clearance.model.tool import Tool
from clearance.prove.formats import decision as decision_format
from clearance.prove.formats import tool as tool_format
from clearance.tasks.deviating import to_set
from clearance.tasks.local_tools import with_local
from clearance.tasks.policy_in_force import PolicyInForce, load_policy

app = App(name="explain", help="One tool in full, several side by side, or what Clearance itself records.")

COLLECTS: Final = """\
What `clearance scan` looks at and keeps

It looks at   the names, sizes and places of files in the homes it may read, the beginnings of those that could be
              programs, settings files of AI coding tools, and the programs that are running.
It reports    which AI coding tools are here, in which version, in whose home; that a credential exists, of what kind
              and with which file mode; how large a session store is and from which days; where a tool sends to; which
              data switches are set; and what the company's directive says about it.
It never keeps  a credential, a prompt, an answer, or the content of your files. Secrets are passed over unread where
              their kind can be told without them.
Where it goes   to the screen or the file that you name. Nothing is sent anywhere; there is no telemetry.
Who can see it  whoever you give the output to. As root it covers every home of this machine, otherwise your own.

What `clearance enforce` looks at and keeps, on a machine where it was installed

It looks at   programs when they start: their content, and of interpreters what they were told to run; the names of
              hosts that are asked for and that TLS connections begin with; and now and then what a scan looks at.
It records    each time that the directive has something to say about a tool: which tool and file or host, which user,
              process and machine, when, by which rule, and what was done. Also pauses with their reason, changes of
              the directive, the mode and settings of tools, and its own failures.
It never keeps  a command line, a prompt, an answer, the content of a file or of a connection. Nothing is decrypted.
Where it goes   into a ledger on this machine, in which nobody can change a record unnoticed, for as long as the
              directive says: 400 days, if it says nothing. Nothing is sent anywhere.
Who can see it  root. What you were told yourself: clearance enforce why.

Neither asks who you are: nothing is judged by nationality, language or time zone.
"""


@app.default
def explain(
    *tools: str,
    compare: Flag = False,
    collects: Flag = False,
    directive: str | None = None,
    json: Flag = False,
) -> int:
    """Show what the directive says of a tool, and what the catalog knows of it, every fact with its source and age.

    Parameters
    ----------
    tools
        Ids of tools, as `clearance scan` prints them. None lists all.
    compare
        Put the tools side by side.
    collects
        Say in plain words what Clearance looks at, keeps and sends.
    directive
        The directive: a file or a folder. Default: the configured one, else a shipped example.
    json
        The catalog entries as JSON.
    """
    if collects:
        print(COLLECTS, end="")
        return 0
    catalog = load_catalog()
    configured = load_settings(os.environ, {"directive": directive})["directive"]
    policy = load_policy(configured.value if configured.origin != "default" else None, catalog)
    catalog = with_local(catalog, policy.judge.directive.tools, today())
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    chosen = [find(catalog, name) for name in tools]
    if compare and not chosen:
        raise Error("there is nothing to compare", remedy="name the tools: clearance explain --compare codex qwen-code")
    if json:
        document = {"schema": "clearance/catalog/v1", "tools": chosen or list(catalog.tools.values())}
        print_document(document)
    elif not chosen:
        for entry in catalog.tools.values():
            print(f"{entry.id:<18} {entry.name}, {entry.vendor.value.name}")
    elif compare:
        print(tool_format.comparison(chosen, today(), width), end="")
    else:
        print(
            "\n".join(f"{here(entry, policy)}\n{tool_format.sheet(entry, today(), width)}" for entry in chosen), end=""
        )
    return 0


def here(tool: Tool, policy: PolicyInForce) -> str:
    """What the directive says of a tool of which nothing else is known, and where the settings that it asks for are."""
    decision = policy.judge.decide(Request(tool=policy.tools[tool.id], at=dt.datetime.now(dt.UTC)))
    asked = to_set(decision.settings, tool.switches) if decision.effect == "allow-with-settings" else ()
    return decision_format.render_text(decision, tool.name, asked)


def today() -> dt.date:
    """The day against which the age of a fact is told."""
    return dt.datetime.now(dt.UTC).date()


def find(catalog: Catalog, name: str) -> Tool:
    """The tool of this id, alias or name. `Error` with the nearest ids where there is none."""
    wanted = name.lower()
    for entry in catalog.tools.values():
        if wanted in {entry.id, entry.name.lower(), *(alias.lower() for alias in entry.aliases)}:
            return entry
    near = get_close_matches(wanted, list(catalog.tools), n=3, cutoff=0.5)
    raise Error(
        f"{name!r} is not a tool that the catalog knows",
        hint=f"did you mean {', '.join(near)}?" if near else "",
        remedy="all tools: clearance explain",
    )
