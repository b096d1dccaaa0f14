"""The command line as people and scripts meet it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import paths

BUILTIN = paths.BUILTIN_MODEL


def two_lines(result) -> tuple[str, str]:
    """What happened and what to do; anything else on stderr fails the test."""
    lines = result.stderr.splitlines()
    assert len(lines) == 2, result.stderr
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("hint: ")
    return lines[0], lines[1]


def test_complete_prints_the_completion_and_nothing_else(cairn, tmp_path) -> None:
    """Fit for a pipe; with --json the timings come too."""
    file = tmp_path / "a.py"
    file.write_text("import os\n\ndef exists(path):\n    return os.\n")

    plain = cairn("complete", f"{file}:4:15")
    as_json = cairn("complete", f"{file}:4:15", "--json")

    assert (plain.returncode, plain.stderr) == (0, "")
    assert plain.stdout == json.loads(as_json.stdout)["text"] + "\n"
    assert json.loads(as_json.stdout)["timings"]["num_prompt_tokens"] > 0


def test_ask_reads_files_and_stdin(cairn, tmp_path) -> None:
    """The question, files and what is piped in become one message."""
    (tmp_path / "a.py").write_text("x = 1\n")

    result = cairn("ask", "what is this", "-f", str(tmp_path / "a.py"), "--json", stdin="and this")

    answer = json.loads(result.stdout)
    assert result.returncode == 0
    assert answer["finish_reason"] in ("stop", "length")


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_a_question_that_is_no_text_is_refused(cairn, locale) -> None:
    """Bytes on stdin, whatever the locale makes of them."""
    script = [sys.executable, "-I", "-m", "assistant", "ask", "what is this"]
    result = subprocess.run(
        script, input=b"caf\xe9", capture_output=True, timeout=60, check=False, env={**os.environ, "LC_ALL": locale}
    )

    assert result.returncode == 1
    assert result.stderr.startswith(b"error: the question is not UTF-8 text\nhint: ")


def test_doctor_finds_everything_in_order(cairn) -> None:
    """On a fresh install nothing is missing, unless the kernel has no lock-down to offer."""
    result = cairn("doctor", "--json")

    checks = {check["name"]: check for check in json.loads(result.stdout)}
    lock_down = checks.pop("lock-down")
    assert result.returncode == (0 if lock_down["is_good"] else 1)
    assert lock_down["is_good"] == ("seccomp" in lock_down["found"].partition("missing")[0])
    assert all(check["is_good"] for check in checks.values())
    assert {"Python", "llama.cpp", "model", "daemon", "language server", "terminal"} <= set(checks)
    assert "20 tokens" in checks["speed"]["found"]


def test_a_report_names_neither_the_person_nor_their_folders(cairn, home) -> None:
    """A block that can be pasted as it is."""
    report = cairn("doctor", "--report").stdout

    assert report.startswith("```\n")
    assert str(home) not in report
    assert "~/config/cairn/config.toml" in report
    assert str(paths.PACKAGE_DIR) not in report


def test_a_model_is_imported_listed_shown_and_served(cairn, tmp_path) -> None:
    """A GGUF file becomes a name that `model =` understands."""
    shutil.copy(BUILTIN, tmp_path / "mine.gguf")

    imported = cairn("models", "import", str(tmp_path / "mine.gguf"), "--name", "my-model")
    listed = json.loads(cairn("models", "list", "--json").stdout)
    shown = json.loads(cairn("models", "show", "my-model", "--json").stdout)
    served = cairn("complete", f"{__file__}:1:1", "--json", env={**os.environ, "CAIRN_MODEL": "my-model"})

    assert imported.returncode == 0
    assert [model["name"] for model in listed] == ["builtin", "my-model"]
    assert shown["architecture"] == "starcoder"
    assert served.returncode == 0


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("none.py:1:1", "no such file: none.py"),
        ("a.py:99:1", "a.py has 2 lines; there is no line 99"),
        ("a.py:1:99", "line 1 of a.py has 5 characters; there is no column 99"),
        ("a.py", '"a.py" is not FILE:LINE:COL'),
    ],
)
def test_a_place_that_is_not_there_is_explained(cairn, tmp_path, place, message) -> None:
    """Exit code 1, two lines, no traceback; the file is not touched."""
    (tmp_path / "a.py").write_text("x = 1\n")

    result = cairn("complete", place, cwd=tmp_path)

    assert result.returncode == 1
    assert message in two_lines(result)[0]
    assert (tmp_path / "a.py").read_text() == "x = 1\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [("not a GGUF", "not a GGUF"), ("truncated", "truncated"), ("empty", "GGUF"), ("missing", "no model")],
)
def test_a_broken_model_file_is_refused_before_llama_cpp_sees_it(cairn, tmp_path, content, message) -> None:
    """The daemon's reason reaches the person who asked; once the setting is mended the next command works."""
    whole = BUILTIN.read_bytes()
    data = {"not a GGUF": b"hello" * 100, "truncated": whole[: len(whole) // 2], "empty": b"", "missing": None}[content]
    file = tmp_path / "model.gguf"
    if data is not None:
        file.write_bytes(data)

    broken = cairn("complete", f"{__file__}:1:1", env={**os.environ, "CAIRN_MODEL": str(file)})
    mended = cairn("complete", f"{__file__}:1:1")

    assert broken.returncode == 1
    assert message in two_lines(broken)[0]
    assert mended.returncode == 0


def test_an_unknown_setting_is_named_with_the_nearest_one(cairn, home) -> None:
    """And the file is left as it is."""
    file = home / "config" / "cairn" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('modle = "builtin"\n')

    result = cairn("config")

    assert result.returncode == 1
    assert two_lines(result)[1] == 'hint: did you mean "model"?'
    assert file.read_text() == 'modle = "builtin"\n'


def test_a_socket_of_another_user_is_refused(cairn, home) -> None:
    """Whatever listens there, it is not ours."""
    socket = home / "run" / "cairn" / "cairn.sock"
    socket.parent.mkdir(mode=0o700)
    socket.touch()
    try:
        os.chown(socket, 12345, 12345)
    except OSError:
        pytest.skip("only root, outside of namespaces, can give a file away")

    result = cairn("complete", f"{__file__}:1:1")

    assert result.returncode == 1
    assert "belongs to another user" in two_lines(result)[0]
    socket.unlink()


def test_wrong_usage_has_exit_code_2(cairn) -> None:
    """As everywhere."""
    assert cairn("complete").returncode == 2
    assert cairn("frobnicate").returncode == 2


def test_a_hostile_workspace_changes_nothing(cairn, tmp_path) -> None:
    """Folders of our names in the user's project are never imported, neither by the command nor by the daemon."""
    script = Path(sys.executable).with_name("cairn")
    if not script.exists():
        pytest.skip("the project is not installed in this environment")
    for name in ("assistant", "lsp", "training", "convert", "click", "llama_cpp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("open('PWNED', 'w').close()\nraise SystemExit('hostile')\n")
    (tmp_path / "a.py").write_text("import \n")

    result = cairn_script(script, tmp_path, "complete", "a.py:1:8")

    assert result.returncode == 0
    assert not list(tmp_path.rglob("PWNED"))


def cairn_script(script: Path, folder: Path, *arguments: str):
    """The installed command, run inside `folder` as a person would."""
    return subprocess.run([script, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_an_error_that_quotes_a_strangers_text_shows_it_and_does_not_obey_it(cairn) -> None:
    """A file's name may hold control sequences."""
    result = cairn("complete", "\x1b]52;c;aGk=\x07.py:1:1")

    assert "no such file" in two_lines(result)[0]
    assert "\x1b" not in result.stderr
