"""`clearance ledger`: verify the record of what was decided and done, prove a part of it, show it, export it.

Exit codes: `verify` 0 verified, 1 not as it was signed, 3 nothing was recorded, 4 something could not be looked at;
`check` 0 proven, 1 not; `gaps` 1 where one was not announced; the others 0, or 3 where there is no such record. What
cannot be read is 2 everywhere.
"""

from __future__ import annotations

from cyclopts import App

from clearance.cli.ledger import evidence, records, verifying

app = App(name="ledger", help="Verify, prove, show and export the record of what was decided and done.")

app.command(verifying.verify)
app.command(evidence.prove)
app.command(verifying.check)
app.command(evidence.checkpoint)
app.command(evidence.public_key, name="key")
app.command(records.show)
app.command(records.gaps)
app.command(records.export)
