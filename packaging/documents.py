"""The manual pages and shell completions, made from the program and its pages: `python packaging/documents.py FOLDER`.

Writes `clearance.1`, `clearance-directive.5`, `clearance-enforce.8`, `clearance.bash`, `_clearance` (zsh) and
`clearance.fish` into the folder. Needs a Python in which `clearance` can be imported.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from cyclopts import App

from clearance import __version__
from clearance.cli.main import EXIT_CODES, VERBS, main

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 78
SEE = ("clearance(1)", "clearance-directive(5)", "clearance-enforce(8)")


def help_of(*words: str) -> str:
    """What `--help` prints, without colour and without drawn boxes."""
    out = io.StringIO()
    plain = {"COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    with mock.patch.dict(os.environ, plain), contextlib.redirect_stdout(out):
        assert main([*words, "--help"]) == 0
    kept = (re.sub(r"^[│╭╰] ?|[ ─]*[│╮╯]$", "", line).rstrip() for line in out.getvalue().splitlines())
    return "\n".join(re.sub(r"^─+ (.+?) ?─*$", r"\1:", line) for line in kept if line.strip("─ ")) + "\n"


def commands(verb: str) -> Iterator[tuple[str, ...]]:
    """A verb, and its commands where it has several."""
    app = importlib.import_module(next(each.module for each in VERBS if each.name == verb)).app
    yield (verb,)
    for name in sorted(name for name in app if not name.startswith("-")):
        yield (verb, name)


def roff(text: str) -> str:
    """Text as roff: nothing in it is a request or an escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in text.split("\n"))


def inline(text: str) -> str:
    """A Markdown sentence as roff: code is bold, a link is its words."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text).replace("\\|", "|").replace("**", "")
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(f"\\fB{roff(part[1:-1])}\\fR" if part[:1] == "`" and part[1:] else roff(part) for part in parts)


def verbatim(text: str) -> str:
    """Lines as they are."""
    return f".PP\n.RS 4\n.nf\n{roff(text.rstrip())}\n.fi\n.RE\n"


def page(markdown: str) -> str:
    """The body of a Markdown page as roff. Knows what these pages use: headings, lists, tables, code, paragraphs."""
    out: list[str] = []
    for block in re.split(r"(?ms)^(```.*?^```)$", re.sub(r"(?s)<!--.*?-->\n?", "", markdown)):
        if block.startswith("```"):
            out.append(verbatim(block.split("\n", 1)[1].removesuffix("```")))
            continue
        for paragraph in re.split(r"\n{2,}", block.strip("\n")):
            lines = paragraph.split("\n")
            if lines[0].startswith("#"):
                level, _, title = lines[0].partition(" ")
                out.append(f".{'SH' if len(level) < 3 else 'SS'} {inline(title)}\n")
                lines = lines[1:]
            if lines and lines[0].startswith("|"):
                out.append(rows(lines))
            elif lines and lines[0].startswith(("- ", "1. ")):
                items = re.split(r"(?m)^(?:- |\d+\. )", "\n".join(lines))[1:]
                out += [f".IP \\(bu 2\n{inline(' '.join(item.split()))}\n" for item in items]
            elif any(line.strip() for line in lines):
                out.append(f".PP\n{inline(' '.join(' '.join(lines).split()))}\n")
    return "".join(out)


def rows(lines: list[str]) -> str:
    """A table: the first column is what the others are about."""
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]
    out = []
    for first, *rest in cells[2:]:
        said = "; ".join(
            f"{head}: {cell}" if len(rest) > 1 else cell for head, cell in zip(cells[0][1:], rest, strict=True)
        )
        out.append(f".TP\n{inline(first)}\n{inline(said)}\n")
    return "".join(out)


def manual(name: str, section: int, what: str, body: str) -> str:
    """A whole manual page."""
    others = ",\n".join(f".BR {see.split('(')[0]} ({see[-2]})" for see in SEE if see != f"{name}({section})")
    others = re.sub(r" \((\d)\)(,?)", r" (\1)\2", others)
    return (
        f'.TH {name.upper()} {section} "" "clearance {__version__}" "Clearance"\n'
        f".SH NAME\n{name} \\- {roff(what)}\n{body}.SH SEE ALSO\n{others}\n"
    )


def program() -> str:
    """clearance(1)."""
    body = f".SH SYNOPSIS\n.B clearance\n.I verb\n[\\fIarguments\\fR]\n.SH DESCRIPTION\n{verbatim(help_of())}"
    for verb in VERBS:
        if verb.name != "enforce":
            for words in commands(verb.name):
                body += f".SH {roff('clearance ' + ' '.join(words)).upper()}\n{verbatim(help_of(*words))}"
    codes = " ".join(EXIT_CODES.split())
    return manual("clearance", 1, VERBS_SAY, f"{body}.SH EXIT STATUS\n{inline(codes)}\n")


VERBS_SAY = "which AI coding tools are on this machine, may they be used, and why"


def directive() -> str:
    """clearance-directive(5)."""
    return manual("clearance-directive", 5, "what is cleared, restricted or barred", _described("directive.md"))


def enforce() -> str:
    """clearance-enforce(8)."""
    body = _described("enforcement.md")
    for words in commands("enforce"):
        body += f".SH {roff('clearance ' + ' '.join(words)).upper()}\n{verbatim(help_of(*words))}"
    return manual("clearance-enforce", 8, "put a directive into force on this machine", body)


def _described(name: str) -> str:
    text = (DOCS / name).read_text("utf-8")
    return ".SH DESCRIPTION\n" + page(text.split("\n", 1)[1])


def completion(shell: str) -> str:
    """The completions of all verbs for bash, zsh or fish."""
    root = App(name="clearance", version_flags=())
    for verb in VERBS:
        root.command(importlib.import_module(verb.module).app)
    return root.generate_completion(prog_name="clearance", shell=shell)  # type: ignore[arg-type]


def write(folder: Path) -> None:
    """Write all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("clearance.1", program()),
        ("clearance-directive.5", directive()),
        ("clearance-enforce.8", enforce()),
        ("clearance.bash", completion("bash")),
        ("_clearance", completion("zsh")),
        ("clearance.fish", completion("fish")),
    ):
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
