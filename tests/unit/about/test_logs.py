"""`cairn logs`: the last lines, then those that come."""

from contextlib import closing
from itertools import islice

from assistant.logs import follow, tail


def test_the_last_lines_are_shown_across_both_files(tmp_path) -> None:
    """The log was begun anew a line ago."""
    (tmp_path / "daemon.log.1").write_text("a\nb\nc\n")
    (tmp_path / "daemon.log").write_text("d\n")

    assert tail(tmp_path / "daemon.log", 3) == ["b", "c", "d"]
    assert tail(tmp_path / "daemon.log", 0) == []


def test_without_a_log_there_is_nothing(tmp_path) -> None:
    """Not an error."""
    assert tail(tmp_path / "daemon.log", 5) == []


def test_what_a_model_file_wrote_into_the_log_is_not_obeyed(tmp_path) -> None:
    """Neither escapes nor broken bytes."""
    (tmp_path / "daemon.log").write_bytes(b"name \x1b]52;c;x\x07 \xff\r\n")

    (line,) = tail(tmp_path / "daemon.log", 5)

    assert "\x1b" not in line
    assert "\r" not in line


def test_lines_are_followed_whole_across_a_change_of_files(tmp_path) -> None:
    """What is there already is not repeated; what comes before and after the change is not lost."""
    file = tmp_path / "daemon.log"
    file.write_text("old\n")

    def write(text, mode="a"):
        with file.open(mode) as stream:
            stream.write(text)

    def turn_over():
        write("three\n")
        file.rename(tmp_path / "daemon.log.1")
        write("four\n")

    happenings = iter(
        [lambda: write("one\ntw"), lambda: write("o\n"), turn_over, lambda: None, lambda: write("5\n", "w")]
    )

    with closing(follow(file, wait=lambda: next(happenings)())) as lines:
        assert list(islice(lines, 5)) == ["one", "two", "three", "four", "5"]


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path) -> None:
    """Its first line is new."""
    file = tmp_path / "daemon.log"

    with closing(follow(file, wait=lambda: file.write_text("first\n"))) as lines:
        assert next(lines) == "first"
