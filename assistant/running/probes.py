"""What the lock-down must refuse: tried by a program before the first block of a session is run."""

ATTEMPTS = {
    "write into the project": "open('new', 'w')",
    "write elsewhere": "open(outside + '/new', 'w')",
    "read elsewhere": "open(outside + '/canary').read()",
    "delete a file": "os.unlink(outside + '/canary')",
    "move the project": "os.rename('.', outside + '/moved')",
    "make a link elsewhere": "os.link(outside + '/canary', os.environ['TMPDIR'] + '/link')",
    "look up processes": "os.listdir('/proc/1')",
    "open a socket": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "open a Unix socket": "socket.socket(socket.AF_UNIX)",
    "signal another": "os.kill(parent, 0)",
    "leave its group": "os.setsid() if os.fork() == 0 else wait()",
    "act as root": "os.setuid(0) if os.getuid() else os.chroot('/')",
    "trace another": "trace(parent)",
}
"""A line of Python each, which must raise."""

PROBE = """
import ctypes, os, socket, sys

outside, parent = {outside!r}, {parent}

def wait():
    if os.waitstatus_to_exitcode(os.wait()[1]):
        raise OSError

def trace(pid):
    if ctypes.CDLL(None).ptrace(16, pid, None, None) < 0:
        raise OSError

def is_refused(attempt):
    try:
        exec(attempt)
    except OSError:
        return True
    return False

me = os.getpid()
holes = []
for name, attempt in {attempts!r}.items():
    refused = is_refused(attempt)
    if os.getpid() != me:
        os._exit(refused)
    if not refused:
        holes.append(name)
try:
    with open(os.path.join(os.environ["TMPDIR"], "own"), "w") as own:
        own.write("x")
except OSError as error:
    holes.append("it cannot write even where it may: " + str(error))
print(", ".join(holes) or "holds")
"""
