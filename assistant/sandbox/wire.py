"""What a worker and the judge say to each other on the control socket, beside descriptors."""

import struct

LIMITS = struct.Struct("=IQ?")
"""Seconds of processor time, bytes of memory, whether every layer is needed; with it: job, results, output."""
STARTED = struct.Struct("=i")
"""The child's pid, as the worker sees it; with it: its pidfd."""
ENDED = struct.Struct("=iQd?")
"""Wait status, bytes of memory, seconds of processor time, whether it left processes behind."""
