"""The tracker: sees every program after it has begun, and ends what the guard cannot see before.

Scripts that a runtime was told to run, programs loaded by hand, from memory or from file systems without a mark, what
was let through at the deadline, and what already ran.
"""

from clearance.agent.tracker.supervisor import main

__all__ = ["main"]
