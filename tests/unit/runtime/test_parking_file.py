"""Parking on disk: what was parked outlives the engine; what is not whole, or not ours, is not there."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.runtime.parking import Parked, Parking
from assistant.runtime.parking_file import ParkingFile, open_private

ROOT = Path(__file__).parents[3]
KEY = b"model and context"


class Disk:
    """A file, opened anew by every engine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def engine(self, key: bytes = KEY, *, max_bytes: int = 10_000, max_memory: int = 10_000) -> Parking:
        """The parking of an engine that starts now; the last one has ended."""
        self.close()
        self._descriptor = open_private(self.path)
        return Parking(max_memory, ParkingFile(self._descriptor, key, max_bytes))

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@pytest.fixture
def disk(tmp_path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "cache" / "parking")
    yield disk
    disk.close()


def state(name: int, size: int = 1000) -> bytes:
    return bytes([name]) * size


def fill(parking: Parking, *names: int) -> None:
    """Park a state for each name, and write them all."""
    for name in names:
        parking.put(Parked([name, 2, 3], ("tuned", 0.5), state(name)))
    while parking.write_one():
        pass


def states(parking: Parking, names: range) -> dict[int, bytes]:
    """What is there of them."""
    found = {name: parking.find([name, 2, 3], ("tuned", 0.5))[1] for name in names}
    taken = {name: parking.take(entry) for name, entry in found.items() if entry}
    return {name: each for name, each in taken.items() if each is not None}


def test_what_was_written_is_parked_when_the_engine_starts_again(disk) -> None:
    """Tokens, weights and state are as they were; no state is in memory before it is wanted."""
    fill(disk.engine(), 1, 2)

    parking = disk.engine()

    assert parking.num_bytes == 0
    assert states(parking, range(4)) == {1: state(1), 2: state(2)}


def test_what_memory_has_no_room_for_is_still_in_the_file(disk) -> None:
    """An entry that was written leaves memory, not the parking."""
    parking = disk.engine(max_memory=1500)

    for name in (1, 2, 3):
        fill(parking, name)

    assert parking.num_bytes == 1000
    assert states(parking, range(4)) == {name: state(name) for name in (1, 2, 3)}


def test_a_full_file_starts_over_and_keeps_its_bound(disk) -> None:
    """The oldest records are overwritten; the newest is there for the next engine."""
    parking = disk.engine(max_bytes=3500, max_memory=1500)
    for name in range(1, 6):
        fill(parking, name)

    assert len(parking) == 3
    assert states(parking, range(6)) == {name: state(name) for name in (3, 4, 5)}
    assert disk.path.stat().st_size <= 3500
    assert states(disk.engine(max_bytes=3500), range(6)) == {name: state(name) for name in (3, 4, 5)}


def test_a_record_larger_than_the_file_is_not_written(disk) -> None:
    """What is in the file stays, and others are written."""
    fill(disk.engine(max_bytes=2500), 1)
    parking = disk.engine(max_bytes=2500)
    parking.put(Parked([9], (), state(9, 3000)))

    fill(parking, 2)

    assert states(disk.engine(), range(4)) == {1: state(1), 2: state(2)}


def test_of_another_model_nothing_is_there(disk) -> None:
    """Its KV entries mean nothing here; its file is used anew."""
    fill(disk.engine(b"another model"), 1, 2, 3)

    assert len(disk.engine()) == 0
    fill(disk.engine(), 4)
    assert states(disk.engine(), range(6)) == {4: state(4)}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_loses_records_and_never_lies(disk, data) -> None:
    """Cut off anywhere, or with any byte changed, every state that is still given is the one that was written."""
    disk.path.unlink(missing_ok=True)
    fill(disk.engine(), 1, 2)
    disk.close()
    content = bytearray(disk.path.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[position:]
    else:
        content[position] ^= data.draw(st.integers(1, 255))

    disk.path.write_bytes(content)

    found = states(disk.engine(), range(4))
    assert len(found) < 2
    assert all(found[name] == state(name) for name in found)


@given(content=st.binary(max_size=300))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_foreign_file_is_empty(disk, content) -> None:
    """Whatever is in it."""
    disk.close()
    disk.path.parent.mkdir(exist_ok=True)
    disk.path.write_bytes(content)

    assert len(disk.engine()) == 0


def test_a_full_disk_costs_the_record_alone(disk, monkeypatch) -> None:
    """The engine goes on with what it has."""
    parking = disk.engine()
    fill(parking, 1)

    def refuse(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    parking.put(Parked([7], (), state(7)))

    assert not parking.write_one()
    assert states(parking, range(4)) == {1: state(1)}


def test_a_locked_down_process_writes_and_reads_it(disk) -> None:
    """Everything after the opening needs no more than an open descriptor."""
    code = """
import sys
from pathlib import Path
from assistant.lockdown import Profile, lock_down
from assistant.runtime.parking import Parked, Parking
from assistant.runtime.parking_file import ParkingFile, open_private

file = ParkingFile(open_private(Path(sys.argv[1])), b"model and context", 2500)
lock_down(Profile(max_file_bytes=2500))
parking = Parking(1500, file)
for name in (1, 2, 3):
    parking.put(Parked([name, 2, 3], ("tuned", 0.5), bytes([name]) * 1000))
    assert parking.write_one()
state = parking.take(parking.find([2, 2, 3], ("tuned", 0.5))[1])
print(state == bytes([2]) * 1000, parking.num_bytes)
"""

    child = subprocess.run(
        [sys.executable, "-c", code, str(disk.path)], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )

    assert child.stdout == "True 1000\n", child.stderr
    assert states(disk.engine(max_bytes=2500), range(5)) == {2: state(2), 3: state(3)}


def test_the_file_is_ours_alone(disk) -> None:
    """Nobody else may read it, and no second engine writes it."""
    disk.engine()

    assert stat.S_IMODE(disk.path.stat().st_mode) == 0o600
    with pytest.raises(BlockingIOError):
        open_private(disk.path)


def test_a_link_is_not_followed(tmp_path) -> None:
    """Nor is anything opened that is no plain file."""
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")

    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=name):
            open_private(tmp_path / name)
    assert not (tmp_path / "elsewhere").exists()
