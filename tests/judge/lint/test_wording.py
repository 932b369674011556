from __future__ import annotations

import pytest

from tests.judge.lint.reviewing import found, rule


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rule("{tool: alpha}",
         more=", replacement: beta, message: 'Use {replacement.name} {{x}}'") + "\ndefault: {effect: allow}", []),
        (rule("{tool: alpha}", more=", message: 'Use {replacement.nam}'"), ["error unknown-placeholder"]),
        (rule("{tool: alpha}", more=", message: 'Use {replacement.name}'"), ["warning empty-placeholder"]),
        (rule("{tool: alpha}", more=", message: 'Ask {contact}'"), ["warning empty-placeholder"]),
        ("contact: c\n" + rule("{tool: alpha}", more=", message: 'Ask {contact}'"), []),
        ("default: {effect: warn, message: '{zzz} {replacement.id}'}", ["warning empty-placeholder",
         "error unknown-placeholder"]),
        (rule("{tool: alpha, not: {user: 'svc-.*'}}", "allow"), ["warning glob-not-regex"]),
        (rule("{tool: alpha, host: '^lab'}", "allow"), ["warning glob-not-regex"]),
        ("groups: {g: {users: ['(a|b)'], hosts: ['lab-[0-9'], unix_groups: ['a[0-9]*']}}\n" + rule("{group: g}",
         "allow"),
         ["warning glob-not-regex", "warning glob-not-closed"]),
        ("endpoints: [{host: 'api\\.x$', class: relay, residency: [eu]}]", ["warning glob-not-regex"]),
    ],
)  # fmt: skip
def test_texts_that_will_not_come_out_as_meant(body: str, expected: list[str]) -> None:
    assert found(body) == expected
