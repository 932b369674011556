from __future__ import annotations

from clearance.observe.probe import Span
from clearance.observe.scan.session_stores import SessionStores
from tests.builders import catalog, found, location, tool


def test_a_session_file_gives_size_and_time_and_is_not_read() -> None:
    index = catalog(tool("t", sessions=(location("~/.t/projects/*/*.jsonl", format="jsonl"),)))
    (pattern,) = SessionStores().patterns(index)
    assert pattern.read == 0
    (seen,) = SessionStores().parse(found(pattern, "/home/ana/.t/projects/a/b.jsonl", size=7, mtime=3.0), index)
    assert seen == Span("t", "ana", "~/.t/projects/*/*.jsonl", "/home/ana/.t/projects/a/b.jsonl", 7, 3.0)
