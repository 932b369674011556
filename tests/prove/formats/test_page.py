from __future__ import annotations

import base64
import hashlib
import re

from clearance.prove.formats.page import Trusted, page
from clearance.prove.formats.scan.html import View
from tests.prove.formats.sample import OPTIONS, sample


def made(extra: str = "") -> str:
    return page("scan", extra, view=View(sample(), OPTIONS))


def test_the_style_is_allowed_by_its_own_hash_and_nothing_else_is() -> None:
    text = made("p { margin: 0; }\n")
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in text
    assert style.endswith("p { margin: 0; }\n")


def test_only_our_own_text_is_written_unescaped() -> None:
    assert str(Trusted("<b>")) == "<b>"
    assert "&#34;Approved AI coding tools&#34;" in made()
