"""The one error that reaches a person.

Inside the program, built-in exceptions are used. At a boundary (a file that a person wrote, a flag, the
operating system) they become an `Error`, which says what went wrong, where, and what to do next. Only
`cli/main.py` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A position in a document. `line` and `column` count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1
    text: str = ""

    def __str__(self) -> str:
        """`file:line:column`, as editors and terminals link it."""
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class Error(Exception):
    """What went wrong, where, and what to do. `exit_code` is the process's, as `docs/usage.md` lists them."""

    exit_code = 2

    def __init__(self, what: str, *, place: Place | None = None, hint: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.place = place
        self.hint = hint
        self.remedy = remedy

    def __str__(self) -> str:
        """The paragraph a person reads, without colour and without the leading `error:`."""
        lines = [f"{self.place}: {self.what}" if self.place else self.what]
        if self.place and self.place.text:
            gutter = f"{self.place.line:4d} | "
            lines.append(f"{gutter}{self.place.text}")
            if self.place.column:
                marks = "^" * max(1, self.place.length)
                lines.append(
                    " " * (len(gutter) - 2) + "| " + " " * (self.place.column - 1) + f"{marks} {self.hint}".rstrip()
                )
        elif self.hint:
            lines.append(f"  {self.hint}")
        if self.remedy:
            lines.append(f"  {self.remedy}")
        return "\n".join(lines)


class Errors(Error):
    """Several errors of one document, so that a person mends them in one go."""

    def __init__(self, errors: tuple[Error, ...]) -> None:
        super().__init__(errors[0].what, place=errors[0].place)
        self.errors = errors

    def __str__(self) -> str:
        """Each error's paragraph, in document order, with an empty line between two."""
        return "\n\n".join(str(error) for error in self.errors)


class Unreadable(ValueError):
    """A value in a document that cannot be read for what its field is; whoever knows the place makes it an `Error`.

    `what` is the end of a sentence whose subject is the value, `remedy` what to write instead.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy
