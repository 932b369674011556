"""The commands of `clearance ledger` as people give them."""

from __future__ import annotations

from typing import Any

from clearance.cli.main import main

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def said(capfd: Any, *arguments: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = main(["ledger", *arguments])
    out, err = capfd.readouterr()
    return code, out, err


def key(capfd: Any, *arguments: str) -> str:
    return said(capfd, "key", *arguments)[1].strip()
