"""From what a model answered to changes of files, as data that a person says yes or no to. Nothing is written here.

An answer may hold whole files, search/replace blocks and unified diffs. Whatever it was, it becomes the new text of a
file, and this beside the old text becomes hunks: the diff that is shown is ours, and what is written is what it shows.
"""

from assistant.edits.proposal import Hunk, Proposal, Refusal, propose
from assistant.edits.wishes import Fence, fences

__all__ = ["Fence", "Hunk", "Proposal", "Refusal", "fences", "propose"]
