"""`python -I -m assistant.lockdown`: lock down, and say which walls stand. Exit code 1: there is no seccomp."""

import sys

from assistant.lockdown import Profile, lock_down

if __name__ == "__main__":
    report = lock_down(Profile(max_file_bytes=1 << 20))
    print(report)
    sys.exit("seccomp" not in report.applied)
