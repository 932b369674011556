"""Take the picture of a terminal that the README shows: run a command in a terminal of its own and draw what it prints.

    .venv/bin/python docs/make_screenshot.py -o docs/scan.png -- .venv/bin/clearance scan --root examples/laptop

Guarantees: what is drawn is what the command printed, colours included, and nothing else but the prompt. The picture
is an SVG without script or outside font, or a PNG of it (made by Chromium) where the output's name ends in `.png`.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

THEME: Final = TerminalTheme(
    (22, 27, 34),
    (217, 223, 230),
    [
        (54, 62, 72), (215, 58, 50), (46, 160, 67), (226, 166, 42), (56, 139, 253), (163, 113, 247), (49, 178, 190),
        (217, 223, 230),
    ],
    [
        (110, 118, 129), (255, 123, 114), (86, 211, 100), (240, 196, 90), (121, 192, 255), (210, 168, 255),
        (118, 227, 234), (255, 255, 255),
    ],
)  # fmt: skip
"""Background, text, and the eight colours of a terminal, plain and bright."""

DRAWING: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
line-height: {line_height}px; font-variant-east-asian: full-width; white-space: pre; }}
.{unique_id}-title {{ font-size: 16px; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""

ASPECT: Final = 0.602
"""Width to height of a character of the first font named above."""


def printed(command: list[str], width: int) -> str:
    """What the command prints to a terminal of this width, with its colours. A terminal's line ends are removed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(  # noqa: S603 - what is run is what the caller names
        command,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**environment, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 1 << 16)
        except OSError:
            # Linux says so when the last writer of a terminal has closed it.
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    process.wait()
    return b"".join(chunks).decode("utf-8", "replace").replace("\r\n", "\n")


def drawn(text: str, *, prompt: str, title: str, width: int) -> str:
    """The SVG of a terminal that shows a prompt with a command, and what it printed."""
    console = Console(width=width, record=True, file=io.StringIO(), force_terminal=True, legacy_windows=False)
    console.print(Text.assemble(("$ ", "dim"), (prompt, "bold")), soft_wrap=True)
    console.print(Text.from_ansi(text.rstrip("\n")), soft_wrap=True)
    svg = console.export_svg(
        title=title, theme=THEME, code_format=DRAWING, font_aspect_ratio=ASPECT, unique_id="terminal"
    )
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def png(svg: str, output: Path) -> None:
    """The drawing as a PNG file, twice as fine as its size in points."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("a PNG needs Chromium (Debian package chromium); name the output .svg to do without")
    size = re.search(r'width="([0-9.]+)" height="([0-9.]+)"', svg)
    assert size
    width, height = (int(float(number) + 0.999) for number in size.groups())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        page.write_text(f'<!DOCTYPE html><meta charset="utf-8"><style>body{{margin:0}}</style>{svg}', "utf-8")
        subprocess.run(  # noqa: S603 - the browser opens a page that was made here
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             "--force-device-scale-factor=2", "--default-background-color=00000000", f"--window-size={width},{height}",
             f"--user-data-dir={folder}/profile", f"--screenshot={output.resolve()}", page.as_uri()],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def main() -> None:
    """Read the command line and write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture: a name in .svg or .png")
    parser.add_argument("--width", type=int, default=108, help="columns of the terminal")
    parser.add_argument("--title", default="", help="what the window is called; default: the program's name")
    parser.add_argument("command", nargs="+", help="what to run, after --")
    given = parser.parse_args()
    program = Path(given.command[0]).name
    prompt = shlex.join([program, *given.command[1:]])
    text = printed(given.command, given.width)
    if not text.strip():
        sys.exit(f"{prompt} printed nothing")
    svg = drawn(text, prompt=prompt, title=given.title or program, width=given.width)
    if given.output.suffix == ".png":
        png(svg, given.output)
    else:
        given.output.write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
