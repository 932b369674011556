from __future__ import annotations

import pytest

from clearance.observe.scan.launchers import LIMIT, Launchers, targets
from tests.observe.scan.handing import evidence, hand, one

PROBE = Launchers()
SHELL = '#!/bin/sh\nbasedir=$(dirname "$0")\nexec node  "$basedir/%s" "$@"\n'


@pytest.mark.parametrize(
    ("path", "script", "target"),
    [
        (
            "/home/ana/.local/share/pnpm/crush",
            SHELL % "global/5/.pnpm/@charmland+crush@1/node_modules/@charmland/crush/run.js",
            "/home/ana/.local/share/pnpm/global/5/.pnpm/@charmland+crush@1/node_modules/@charmland/crush/run.js",
        ),
        (
            "/home/ana/.local/share/pnpm/bin/crush",
            '#!/bin/sh\nexec node  "$basedir_abs"/\'../global/v11/ab/node_modules/@charmland/crush/run.js\' "$@"\n',
            "/home/ana/.local/share/pnpm/global/v11/ab/node_modules/@charmland/crush/run.js",
        ),
        (
            "/home/ana/.local/share/pnpm/bin/crush",
            "#!/bin/sh\n# cmd-shim-target=/x/node_modules/@charmland/crush/run.js\n",
            "/x/node_modules/@charmland/crush/run.js",
        ),
        (
            "/home/ana/AppData/Roaming/npm/crush.cmd",
            '@ECHO off\r\n"%_prog%"  "%dp0%\\node_modules\\@charmland\\crush\\run.js" %*\r\n',
            "/home/ana/AppData/Roaming/npm/node_modules/@charmland/crush/run.js",
        ),
        (
            "/home/ana/AppData/Roaming/npm/crush.ps1",
            '#!/usr/bin/env pwsh\n& "node$exe"  "$basedir/node_modules/@charmland/crush/run.js" $args\n',
            "/home/ana/AppData/Roaming/npm/node_modules/@charmland/crush/run.js",
        ),
        (
            "/home/ana/scoop/shims/crush.shim",
            'path = "/Users/ana/scoop/apps/nodejs/bin/node_modules/@charmland/crush/run.js"\n',
            "/Users/ana/scoop/apps/nodejs/bin/node_modules/@charmland/crush/run.js",
        ),
    ],
)
def test_what_a_shim_starts(path: str, script: str, target: str) -> None:
    seen = one(hand(PROBE, path, script))
    assert (seen.tool, seen.surface, seen.path, seen.confidence) == ("crush", "binary", path, "weak")
    assert evidence(seen)["launcher"] == target


@pytest.mark.parametrize(
    "script",
    [
        SHELL % "node_modules/left-pad/x.js",
        SHELL % "node_modules/@charmland",
        "node_modules/@charmland/crush/run.js",
        "\x7fELF node_modules/@charmland/crush/run.js",
        "",
    ],
)
def test_what_starts_nothing_of_a_tool(script: str) -> None:
    assert hand(PROBE, "/home/ana/.local/bin/x", script) == []


def test_programs_are_not_read_as_shims() -> None:
    assert hand(PROBE, "/usr/bin/x", SHELL % "node_modules/cline/x.js", size=LIMIT + 1, home=None) == []
    assert targets("$basedir/" * 800, "/x") == []
