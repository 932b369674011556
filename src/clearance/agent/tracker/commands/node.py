"""What Node runs. Options as of Node 20 to 24; what is not known here is taken for one without a value."""

from __future__ import annotations

import re
from typing import Final

from clearance.agent.tracker.commands import javascript
from clearance.agent.tracker.commands.command import MOST_WORDS, NOTHING, Command, Environment, Words, options

TEXT: Final = frozenset({"-e", "--eval", "-p", "--print", "-pe"})
LOADS: Final = frozenset({"-r", "--require", "--import", "--loader", "--experimental-loader"})
CHECKS: Final = frozenset({"-c", "--check"})
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


SETTINGS: Final = frozenset({"--env-file", "--env-file-if-exists"})
_VARIABLE: Final = re.compile(
    r"""^\s*(?:export\s+)?NODE_OPTIONS\s*=\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^\n#]*))""", re.MULTILINE
)
_WORD: Final = re.compile(r"""(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*"?)+""", re.DOTALL)
_PLAIN: Final = re.compile(r"""\\(.)|\"""", re.DOTALL)


def in_options(text: str) -> tuple[str, ...]:
    """What `NODE_OPTIONS` has loaded: words between blanks, which double quotes hold together."""
    words = [_PLAIN.sub(lambda one: one[1] or "", word) for word in _WORD.findall(text)]
    return tuple(value for name, value in options(words, VALUED) if name in LOADS)


def in_settings(text: str) -> tuple[str, ...]:
    """What a file of variables has loaded."""
    return tuple(name for one in _VARIABLE.findall(text) for name in in_options("".join(one)))


def parse(argv: Words, environment: Environment) -> Command:
    """What `node ARGUMENTS` runs."""
    loaded = list(in_options(environment.get("NODE_OPTIONS", "")))
    if replaced := environment.get("NODE_REPL_EXTERNAL_MODULE"):
        loaded.append(replaced)
    settings: list[str] = []
    script: list[str] = []
    texts: list[str] = []
    told = False
    words = iter(options(argv[1:], VALUED))
    for name, value in words:
        if not name:
            if value == "-" and not script:
                return Command(tuple(loaded), settings=tuple(settings), stdin=True)
            script.append(value)
        elif script and not told:
            # The script has come, or a value that was taken for one: what follows may be the script's own.
            continue
        elif name in ENDS:
            if script:
                # It is for the text, like every word from the first one on.
                continue
            return NOTHING
        elif name in CHECKS and not told:
            # The script is read, and not run.
            return Command(tuple(loaded), settings=tuple(settings))
        elif name in LOADS:
            loaded.append(value)
        elif name in SETTINGS:
            settings.append(value)
        elif name in TEXT:
            told = True
            texts.append(value)
        if len(script) >= MOST_WORDS:
            break
    if not told:
        return Command(tuple(loaded), tuple(script), settings=tuple(settings), stdin=not script)
    # `-p` may have its text as a word of its own.
    texts += script[:1]
    mentioned = dict.fromkeys(name for text in texts for name in javascript.loads(text))
    if any(javascript.by_name(text) for text in texts):
        mentioned.update(dict.fromkeys(word for word in script if word.startswith(("/", "./", "../", "file:"))))
    return Command(tuple(loaded), mentioned=tuple(mentioned), settings=tuple(settings))


def in_electron(argv: Words, environment: Environment) -> Command:
    """What a program on Electron runs that was told to be Node."""
    return parse(argv, environment) if environment.get("ELECTRON_RUN_AS_NODE") else NOTHING
