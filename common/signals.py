"""News for the apps above: what happens here that one of them may want to write down."""

from django.dispatch import Signal

# A request was refused by its rate. `scope`: its class; `retry_after`: seconds; `user`: the key of the account, or
# None.
throttled = Signal()

# Something that can be done without stopped answering. `component`: its name. Once a minute at most, and process.
degraded = Signal()

# A request was answered 403, and its transaction is over. `method` and `route`: as the access log has them; `code`: the
# problem's, if it was answered with one; `user`: the key of the account, or None.
refused = Signal()

# The audit was told something, in a transaction that may be rolled back yet. `action`: what.
recorded = Signal()

# A task was enqueued, in such a transaction too; one has run. `task`: its path; `outcome`: done, retried or failed;
# `seconds` that it took.
task_enqueued = Signal()
task_done = Signal()

# The database has been restored from a backup. Sent in a transaction.
restored = Signal()
