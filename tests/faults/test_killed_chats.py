"""kill -9 while chatting: the file opens, it is whole, and at most the last second of the answer is missing."""

import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from assistant.chats.search import search
from assistant.chats.store import Chats
from tests.faults.chatting import piece

ROOT = Path(__file__).parents[2]
NUM_KILLS = 50
NUM_AT_ONCE = 6
MAX_LOST_S = 1.0


def chat_and_be_killed(file: Path, chat: str, witness: Path, after_s: float) -> None:
    """Start a chat, and kill it so long after the first piece of its first answer."""
    command = [sys.executable, "-m", "tests.faults.chatting", str(file), chat, str(witness)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while not witness.exists() or not witness.stat().st_size:
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.01)
        time.sleep(after_s)
        process.kill()


def lost_s(file: Path, chat: str, witness: Path) -> float:
    """By how much the last piece that is missing came before the last one of all, after checking the others."""
    pieces: dict[int, list[float]] = defaultdict(list)
    for line in witness.read_text().splitlines():
        question, number, at_s = line.split()
        assert int(number) == len(pieces[int(question)])
        pieces[int(question)].append(float(at_s))
    last_s = max(at_s for times in pieces.values() for at_s in times)

    path = [node.said.text for node in Chats(file).tree(chat).path()]
    saved = dict(zip(path[::2], [*path[1::2], ""], strict=False))
    missing_s: list[float] = []
    for question, times in pieces.items():
        script = "".join(piece(question, number) for number in range(len(times)))
        answer = saved.get(f"question {question}", "")
        assert script.startswith(answer)
        num_kept = answer.count("\n")
        missing_s += [last_s - at_s for at_s in times[num_kept:]]
    return max(missing_s, default=0.0)


@pytest.mark.slow
def test_of_a_killed_chat_at_most_the_last_second_is_missing(tmp_path: Path) -> None:
    """Fifty times at a random moment, six chats at once in one file; what was said before is untouched."""
    file, random = tmp_path / "chats.db", Random(8)
    moments = [random.uniform(0, 1.5) for _ in range(NUM_KILLS)]

    with ThreadPoolExecutor(NUM_AT_ONCE) as pool:
        chats = [(file, f"chat-{number}", tmp_path / str(number), moment) for number, moment in enumerate(moments)]
        list(pool.map(chat_and_be_killed, *zip(*chats, strict=True)))

    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.execute("INSERT INTO texts (texts) VALUES ('integrity-check')")
    lost = [lost_s(file, f"chat-{number}", tmp_path / str(number)) for number in range(NUM_KILLS)]
    assert max(lost) < MAX_LOST_S
    assert len(Chats(file).latest()) == NUM_KILLS
    assert search(Chats(file), ["of answer 0"], limit=1)
    assert not list(tmp_path.glob("*.broken*"))
    print(f"lost at most {max(lost):.2f} s, median {sorted(lost)[NUM_KILLS // 2]:.2f} s")
