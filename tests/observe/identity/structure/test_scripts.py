"""First lines of scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure import scripts

PIP = b"""#!/home/ana/venv/bin/python3
# -*- coding: utf-8 -*-
import re
import sys
from acme_cli.main import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(main())
"""
UV = b"""#!/bin/sh
'''exec' "/home/ana/a path/bin/python" "$0" "$@"
' '''
import sys
from acme_cli.main import app
if __name__ == "__main__":
    sys.exit(app())
"""


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"#!/usr/bin/node\n", b"node"), (b"#!/usr/bin/env node\n", b"node"), (b"#! /usr/bin/env -S node\n", b"node"),
        (b"#!/usr/bin/env A=1 python3.11", b"python3.11"), (b"#!\n", b""), (b"import x", b""),
    ],
)  # fmt: skip
def test_interpreter(head: bytes, name: bytes) -> None:
    assert scripts.interpreter(head) == name


def test_console_scripts() -> None:
    assert scripts.console_script(PIP) == ("/home/ana/venv/bin/python3", "acme_cli.main", "main")
    assert scripts.console_script(UV) == ("/home/ana/a path/bin/python", "acme_cli.main", "app")


def test_scripts_that_are_none() -> None:
    assert scripts.console_script(b"#!/usr/bin/python3\nfrom os import path\nprint(path)\n") is None
    assert scripts.console_script(b"from acme import main\nsys.exit(main())\n") is None


@given(st.binary(max_size=400))
def test_any_bytes_never_fail(data: bytes) -> None:
    for start in (b"", b"#!", b"#!/bin/sh\n'''exec' sys.exit("):
        scripts.interpreter(start + data)
        scripts.console_script(start + data)
