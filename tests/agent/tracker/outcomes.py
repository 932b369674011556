"""What else the tracker owes: what already runs, rows that do not block, answers, storms, and what it never ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from clearance.model.enforcement import Row, Table
from clearance.wire.enforcement import Ask, Failed, Learned, NewTable, Seen
from tests import real_tools
from tests.agent.tracker.evasions import BLOCKER, PYTHON
from tests.agent.tracker.stage import BLOCK, Stage, copied, prepare, rows, table

STORM: Final = 1000
AGENT: Final = """#!/usr/bin/env node
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { spawnSync } from "node:child_process";
// https://api.anthropic.com/v1/messages https://api.openai.com/v1/chat/completions
const client = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY });
const system = "You are an expert coding assistant. You are an agent that can use tools to edit files in the project.";
const tools = [{ name: "bash", description: "Run a shell command", input_schema: { type: "object" } },
  { name: "edit_file", description: "Edit a file", input_schema: {} }, { name: "read_file", input_schema: {} }];
async function run(messages) {
  const reply = await client.messages.create({ model: "claude-sonnet-4", system, tools, messages, max_tokens: 4096 });
  for (const block of reply.content) if (block.type === "tool_use") {
    const result = spawnSync("bash", ["-c", block.input.command]);
    const content = [{ type: "tool_result", tool_use_id: block.id, content: `${result.stdout}` }];
    messages.push({ role: "user", content });
  }
  return reply.stop_reason === "tool_use" ? run(messages) : reply;
}
"""


def wait(name: str) -> list[str]:
    """Words that start a tool's script behind something that never ends, so that it is there without running."""
    return ["node", "--import", f"data:text/javascript,{BLOCKER}", name]


def running(root: Path, js: str) -> dict[str, Any]:
    """It ran before the tracker; the tracker's own ancestors are left."""
    before = subprocess.Popen(wait(js), stdin=subprocess.DEVNULL)
    time.sleep(0.3)
    stage = Stage(table(["gemini-cli"]), frozenset({os.stat(root).st_dev}))
    found = {
        "code": before.wait(10),
        "seen": [[one.means, one.done, one.pid == before.pid] for one in stage.said if isinstance(one, Seen)],
    }
    stage.close()
    return found


def titled(root: Path, js: str) -> dict[str, Any]:
    """It ran before the tracker, and wrote a title over its words."""
    hook = root / "title.cjs"
    hook.write_text(f"process.title = 'editor'; {BLOCKER}")
    (root / "start").symlink_to(js)
    before = subprocess.Popen(
        ["bash", "-c", f"{root}/start; :"], stdin=subprocess.DEVNULL, env=os.environ | {"NODE_OPTIONS": f"-r {hook}"}
    )
    time.sleep(0.5)
    stage = Stage(table(["gemini-cli"]), frozenset({os.stat(root).st_dev}))
    seen = [[one.means, one.done] for one in stage.said if isinstance(one, Seen)]
    before.kill()
    before.wait()
    stage.close()
    return {"seen": seen}


def parallel(root: Path, js: str) -> dict[str, Any]:
    """Many at once."""
    stage = Stage(table(["gemini-cli"]), frozenset({os.stat(root).st_dev}))
    processes = [
        subprocess.Popen(["node", js], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(200)
    ]
    codes = []
    for process in processes:
        while process.poll() is None:
            stage.hear(0.005)
        codes.append(process.returncode)
    stage.settle()
    latency = sorted(one.latency_us for one in stage.said if isinstance(one, Seen))
    failed = [one.reason for one in stage.said if isinstance(one, Failed)]
    stage.close()
    return {"killed": codes.count(-9), "of": len(codes), "latency": latency, "failed": failed}


def reloaded(root: Path, js: str) -> dict[str, Any]:
    """Allowed by one table, barred by the next; observed and warned by others: told once each."""
    device = frozenset({os.stat(root).st_dev})
    stage = Stage(table([]), device)
    process = subprocess.Popen(wait(js), stdin=subprocess.DEVNULL)
    stage.settle()
    seen: list[list[str]] = []
    for serial, row in enumerate(
        (Row("allow", "block", 0), Row("allow", "block", 0), Row("warn", "warn", 0), Row("block", "block", 0)), 2
    ):
        before = len(stage.said)
        stage.serial = serial
        stage.channel.send(NewTable(table(["gemini-cli"], row, serial)))
        stage.settle()
        seen.append([one.done for one in stage.said[before:] if isinstance(one, Seen)])
    code = process.wait(10)
    learned = [one.files[0].path for one in stage.said if isinstance(one, Learned)]
    stage.close()
    return {"code": code, "seen": seen, "learned": learned}


def asked(root: Path, js: str) -> dict[str, Any]:
    """No row for this user: the service is asked once, and its answer kept."""
    entries = tuple(entry for entry in rows(["gemini-cli"]) if entry.uid is None)
    answers: list[Ask] = []

    def answer(ask: Ask) -> Row:
        answers.append(ask)
        return BLOCK

    stage = Stage(Table(1, 1, "block", 500, "open", entries), frozenset({os.stat(root).st_dev}), answer=answer)
    cases = [stage.case(["node", js]) for _ in range(2)]
    stage.close()
    return {"codes": [case["signal"] for case in cases], "asked": [[ask.tool, ask.uid] for ask in answers]}


def spared(root: Path, js: str) -> dict[str, Any]:
    """A critical file is never ended, nor is a process of another tool."""
    what = os.stat(js)
    stage = Stage(table(["gemini-cli"], critical=((what.st_dev, what.st_ino),)), frozenset({what.st_dev}))
    process = subprocess.Popen(wait(js), stdin=subprocess.DEVNULL)
    stage.settle()
    alive = process.poll() is None
    process.kill()
    process.wait()
    stage.close()
    return {"alive": alive, "seen": [one.done for one in stage.said if isinstance(one, Seen)]}


def storm(root: Path, js: str) -> dict[str, Any]:
    """A thousand starts at once, with barred ones among them."""
    stage = Stage(table(["gemini-cli"]), frozenset({os.stat(root).st_dev}))
    script = root / "storm.py"
    script.write_text(
        "import os,sys\n"
        f"for n in range({STORM}):\n"
        "    if n % 100 == 50:\n"
        f"        os.posix_spawn('/usr/bin/env', ['env', 'node', {js!r}], os.environ)\n"
        "    else:\n"
        "        os.posix_spawn('/bin/true', ['true'], {})\n"
        "codes = [os.waitstatus_to_exitcode(os.wait()[1]) for n in range(1000)]\n"
        "print(codes.count(-9), codes.count(0))\n"
    )
    began = time.monotonic()
    with subprocess.Popen([PYTHON, str(script)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        while process.poll() is None:
            stage.hear(0.01)
        output = process.stdout.read().split() if process.stdout else []
    seconds = time.monotonic() - began
    stage.settle()
    seen = [one for one in stage.said if isinstance(one, Seen)]
    lost = [repr(one) for one in stage.said if isinstance(one, Failed)]
    stage.close()
    return {
        "killed": int(output[0]), "ended": int(output[1]), "seconds": seconds, "failed": lost,
        "latency": sorted(one.latency_us for one in seen),
    }  # fmt: skip


def stranger(root: Path, js: str) -> dict[str, Any]:
    """An agent that nobody knows: looked at in the background, ended, and the guard told."""
    script = root / "helper.mjs"
    script.write_text(AGENT + "setTimeout(() => {}, 5000)\n" + "// filler\n" * 20)
    script.chmod(0o755)
    os.chown(script, 1000, 1000)
    calm = root / "calm.mjs"
    calm.write_text("setTimeout(() => {}, 1000)\n" * 30)
    os.chown(calm, 1000, 1000)
    stage = Stage(table([], strangers=True), frozenset({os.stat(root).st_dev}))
    held = f"data:text/javascript,{BLOCKER}"
    cases = [stage.case(["node", "--import", held, str(script)]) for _ in range(2)]
    other = stage.case(["node", str(calm)])
    asked = [[one.tool, one.score] for one in stage.said if isinstance(one, Ask)]
    learned = [one.files[0].path for one in stage.said if isinstance(one, Learned)]
    stage.close()
    return {"cases": cases, "calm": other, "asked": asked, "learned": learned}


def hostile(root: Path, js: str) -> dict[str, Any]:
    """Names that lead to pipes and devices, folders that are gone, words by the thousand: nothing hangs."""
    stage = Stage(table(["gemini-cli"]), frozenset({os.stat(root).st_dev}))
    os.mkfifo(root / "pipe.js")
    (root / "gone").mkdir()
    deep = root / ("d/" * 300)
    deep.mkdir(parents=True)
    commands: list[tuple[list[str], dict[str, Any]]] = [
        (["node", "-e", "setTimeout(()=>{},100)", "--", str(root / "pipe.js")], {}),
        (["node", "--require", str(root / "pipe.js"), "-e", "0"], {}),
        (["node", str(root / "pipe.js")], {}),
        ([PYTHON, str(root / "pipe.js")], {}),
        ([PYTHON, "/dev/zero"], {}),
        ([PYTHON, "/dev/fd/999"], {}),
        (["sh", "-c", f"cd {root}/gone && rmdir {root}/gone && exec node ./x.js"], {}),
        (["node", "a\udcff.js"], {"cwd": deep}),
        (["node", "x" * 100_000], {}),
        (["node", "-e", "'" * 100_000], {}),
    ]
    cases = []
    for command, how in commands:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how
        )
        time.sleep(0.1)
        process.kill()
        process.wait()
        cases.append(process.returncode)
    after = stage.case(["node", js])
    stage.close()
    return {"after": after, "failed": [repr(one) for one in stage.said if isinstance(one, Failed)]}


def lost_looker(root: Path, js: str) -> dict[str, Any]:
    """The looker is killed, and another takes its place, with the table, and looks at what runs."""
    stage = Stage(table(["gemini-cli"]), frozenset({os.stat(root).st_dev}))
    (looker,) = [int(pid) for pid in Path(f"/proc/{stage.pid}/task/{stage.pid}/children").read_text().split()]
    os.kill(looker, signal.SIGKILL)
    stage.settle()
    case = stage.case(["node", js])
    stage.close()
    return {"case": case, "failed": [one.reason for one in stage.said if isinstance(one, Failed)]}


def hanging(root: Path, js: str) -> dict[str, Any]:
    """A script on a file system whose server never answers: the looker is lost once, and the next goes on."""
    stage = Stage(table(["gemini-cli"]), None)
    (root / "fuse").mkdir()
    server = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={server},rootmode=040000,user_id=0,group_id=0"
    command = ["mount", "-i", "-t", "fuse", "-o", options, "none", str(root / "fuse")]
    subprocess.run(command, check=True, pass_fds=(server,))
    process = subprocess.Popen(["node", str(root / "fuse/x.js")], stdin=subprocess.DEVNULL)
    time.sleep(0.5)
    # They do not end by themselves: what is asked is whether they are found, not how soon.
    case = stage.case(wait(js))
    again = stage.case(wait(js))
    failed = [one.reason for one in stage.said if isinstance(one, Failed)]
    process.kill()
    os.close(server)
    process.wait()
    stage.close()
    return {"codes": [case["signal"], again["signal"]], "ms": [case["ms"], again["ms"]], "failed": failed}


CASES: Final = {
    one.__name__: one
    for one in (
        running, titled, parallel, reloaded, asked, spared, storm, stranger, hostile, lost_looker, hanging
    )
}  # fmt: skip


def main() -> None:
    """Run the cases that are named."""
    root = prepare()
    tool = copied(real_tools.fetch("gemini-cli"), "gemini")
    js = str(tool / "lib/node_modules/@google/gemini-cli/bundle/gemini.js")
    assert shutil.which("node")
    print(json.dumps({name: CASES[name](root, js) for name in sys.argv[1:]}))


if __name__ == "__main__":
    main()
