"""Do the judge's tests notice a change? `python -m tests.mutation` makes every small change to `judge/engine.py` that
mutmut knows, runs the tests against each, and fails where one goes unnoticed that could change a decision.

`EQUIVALENT` are the changes that cannot: docs/adr/0003-judging.md says why of each.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
MUTMUT: Final = (sys.executable, "-m", "mutmut")
EQUIVALENT: Final = {
    ("reached = False", "reached = None"),
    (
        "upcoming=None if at >= plan.settled else _upcoming(plan, seen, at, ruling),",
        "upcoming=None if (at >= plan.settled) and False else _upcoming(plan, seen, at, ruling),",
    ),
    (
        "upcoming=None if at >= plan.settled else _upcoming(plan, seen, at, ruling),",
        "upcoming=None if at > plan.settled else _upcoming(plan, seen, at, ruling),",
    ),
    ("at < candidate.start", "at <= candidate.start"),
}
"""What stands in the program, and what it can be changed to without any decision being another."""


def changed(diff: str) -> tuple[str, str]:
    """The line that a mutant takes out and the one that it puts in, of a diff as mutmut prints it."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "#"))]
    out = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    put = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return out, put


def unnoticed(results: str) -> list[str]:
    """The mutants that no test failed on, of the list that mutmut prints.

    One on which the tests never end is noticed: they are given minutes for what takes a second.
    """
    told = (line.strip().rpartition(": ") for line in results.splitlines())
    return [name for name, _, outcome in told if name and outcome != "timeout"]


def _said(*arguments: str) -> str:
    return subprocess.run([*MUTMUT, *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Try every mutant. 1 where one survives that is not known to be equivalent, or a known one is gone."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    ran = subprocess.run(
        [*MUTMUT, "run", "--max-children", "2"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    print(ran.stdout.replace("\r", "\n").strip().rpartition("\n")[2])
    if ran.returncode:
        print(ran.stdout[-4000:])
        return 1
    survivors = {name: _said("show", name) for name in unnoticed(_said("results"))}
    new = {name: diff for name, diff in survivors.items() if changed(diff) not in EQUIVALENT}
    gone = EQUIVALENT - {changed(diff) for diff in survivors.values()}
    for name, diff in new.items():
        print(f"\nno test notices {name}:\n{diff}")
    for out, put in gone:
        print(f"\nno longer among the survivors: {out} → {put}")
    print(
        f"{len(survivors)} survivors, {len(survivors) - len(new)} of them change no decision (docs/adr/0003-judging.md)"
    )
    if new or gone:
        return 1
    shutil.rmtree(ROOT / "mutants")
    return 0


if __name__ == "__main__":
    sys.exit(main())
