"""What Node runs. Options as of Node 20 to 24; what is not known here is taken for one without a value."""

from __future__ import annotations

import re
from typing import Final

from clearance.agent.tracker.commands.command import MOST_WORDS, NOTHING, Command, Environment, Words, options, quoted

TEXT: Final = frozenset({"-e", "--eval", "-p", "--print", "-pe"})
LOADS: Final = frozenset({"-r", "--require", "--import", "--loader", "--experimental-loader"})
ENDS: Final = frozenset({"-v", "--version", "-h", "--help", "--v8-options", "--completion-bash"})
VALUED: Final = (
    (TEXT - {"-p", "--print"})
    | LOADS
    | {
        "-C", "--conditions", "--allow-fs-read", "--allow-fs-write", "--build-snapshot-config", "--cpu-prof-dir",
        "--cpu-prof-interval", "--cpu-prof-name", "--diagnostic-dir", "--disable-proto", "--disable-warning",
        "--dns-result-order", "--env-file", "--env-file-if-exists", "--experimental-config-file",
        "--experimental-default-type", "--experimental-policy", "--experimental-sea-config", "--build-sea",
        "--heap-prof-dir", "--heap-prof-interval", "--heap-prof-name", "--heapsnapshot-near-heap-limit",
        "--heapsnapshot-signal", "--icu-data-dir", "--input-type", "--inspect-port", "--debug-port",
        "--inspect-publish-uid", "--localstorage-file", "--max-http-header-size",
        "--network-family-autoselection-attempt-timeout", "--openssl-config", "--policy-integrity",
        "--redirect-warnings", "--report-directory", "--report-dir", "--report-filename", "--report-signal", "--run",
        "--secure-heap", "--secure-heap-min", "--snapshot-blob", "--stack-trace-limit", "--test-concurrency",
        "--test-isolation", "--test-name-pattern", "--test-skip-pattern", "--test-reporter",
        "--test-reporter-destination", "--test-shard", "--test-timeout", "--test-coverage-include",
        "--test-coverage-exclude", "--test-global-setup", "--title", "--tls-cipher-list", "--tls-keylog",
        "--trace-event-categories", "--trace-event-file-pattern", "--trace-require-module", "--unhandled-rejections",
        "--use-largepages", "--v8-pool-size", "--watch-path",
    }
)  # fmt: skip


_IMPORTS: Final = re.compile(r"""(?:\bimport\b|\brequire\b|\bfrom\b)\s{0,40}\(?\s{0,40}["'`]([^"'`\n]{1,1024})["'`]""")
MOST_IMPORTS: Final = 32
TEXT_BYTES: Final = 262_144


def imports(source: str) -> tuple[str, ...]:
    """What a program's text imports, of what is not Node's own."""
    found = dict.fromkeys(_IMPORTS.findall(source[:TEXT_BYTES]))
    return tuple(name for name in found if not name.startswith("node:"))[:MOST_IMPORTS]


def parse(argv: Words, environment: Environment) -> Command:
    """What `node ARGUMENTS` runs."""
    loaded = [value for name, value in options(environment.get("NODE_OPTIONS", "").split(), VALUED) if name in LOADS]
    script: list[str] = []
    mentioned: list[str] = []
    told = False
    words = iter(options(argv[1:], VALUED))
    for name, value in words:
        if not name:
            if value == "-" and not script:
                return Command(tuple(loaded), mentioned=tuple(mentioned), stdin=True)
            script.append(value)
        elif script and not told:
            # The script has come, or a value that was taken for one: what follows may be the script's own.
            continue
        elif name in ENDS:
            if script:
                # It is for the text, like every word from the first one on.
                continue
            return NOTHING
        elif name in LOADS:
            loaded.append(value)
        elif name in TEXT:
            told = True
            mentioned += quoted(value)
        if len(script) >= MOST_WORDS:
            break
    if told:
        # `-p` may have its text as a word of its own.
        mentioned += [one for text in script[:1] for one in quoted(text)]
        script = []
    return Command(tuple(loaded), tuple(script), mentioned=tuple(mentioned), stdin=not script and not told)


def in_electron(argv: Words, environment: Environment) -> Command:
    """What a program on Electron runs that was told to be Node."""
    return parse(argv, environment) if environment.get("ELECTRON_RUN_AS_NODE") else NOTHING
