"""What is never completed in, and what is never read."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.respect import SECRET_PATTERNS, Respect, language_of
from assistant.respect.patterns import last_match, read_patterns

SECRET = [
    *(".env", ".env.local", ".ENV", "prod.env", ".env-staging", ".envrc", "server.pem", "SERVER.PEM"),
    *("tls.key", "id_rsa", "id_rsa.bak", "id_ed25519", ".netrc", ".npmrc", ".pypirc", ".pgpass"),
    *(".git-credentials", "credentials", "credentials.json", "aws_credentials.csv", "kubeconfig"),
    *("dev.kubeconfig", "prod.tfvars", "prod.auto.tfvars.json", "terraform.tfstate", "secrets.yml"),
    *("secrets.toml", "app.keystore", "cert.p12", ".bash_history", "client_secret_12.json"),
    *("my-service-account.json", ".ssh/config", ".ssh/keys/anything.txt", ".aws/config", ".gnupg/x"),
    *(".kube/config", ".docker/config.json", "a/b/.docker/config.json", ".config/gcloud/x.db", ".git/config"),
]
OPEN = [
    *("keys.py", "secrets.py", "credentials.py", "google/auth/credentials.go", "CredentialStore.java"),
    *("config.json", "settings.json", "auth.json", "environment.ts", "env.py", "environments/prod.py"),
    *(".env.example", ".env.sample", "id_rsa.pub", "id_map.py", "keyboard.c", "monkey.py", "token.rs"),
    *("tokens/lexer.py", "secrets/store.py", "keys/generate.py", "certs/verify.py", "password.html"),
    *(".docker/Dockerfile", "docs/credentials.md", "private/notes.md", ".github/workflows/ci.yml", "main.tf"),
    *("awsome/x.py", "ssh/client.py"),
]


@pytest.mark.parametrize("name", SECRET)
def test_secret_files_are_neither_completed_in_nor_read(tmp_path: Path, name: str) -> None:
    """Whatever the case of their names, and also outside of the workspace."""
    inside, nowhere = Respect([tmp_path]), Respect([])

    assert "secret" in str(inside.refusal(tmp_path / name))
    assert "secret" in str(inside.refusal_to_read(tmp_path / name))
    assert "secret" in str(nowhere.refusal(tmp_path / name))


@pytest.mark.parametrize("name", OPEN)
def test_code_about_secrets_is_code(tmp_path: Path, name: str) -> None:
    """A name that only sounds like a secret keeps nobody from working."""
    respect = Respect([tmp_path])

    assert respect.refusal(tmp_path / name) is None
    assert respect.refusal_to_read(tmp_path / name) is None


def test_own_patterns_take_the_place_of_the_built_in_ones(tmp_path: Path) -> None:
    """Lines as in a .gitignore; a user who wants both names both."""
    own = Respect([tmp_path], secret_patterns=["*.vault", "!open.vault"])
    both = Respect([tmp_path], secret_patterns=[*SECRET_PATTERNS, "!.env"])

    assert own.refusal(tmp_path / "a.vault") is not None
    assert own.refusal(tmp_path / "open.vault") is None
    assert own.refusal(tmp_path / ".env") is None
    assert both.refusal(tmp_path / ".env") is None
    assert both.refusal(tmp_path / "tls.key") is not None


def test_the_reason_names_the_line_and_its_file(tmp_path: Path) -> None:
    """Somebody who wonders can find it. What a stranger wrote there cannot paint the terminal."""
    (tmp_path / ".gitignore").write_text("*.log\n\x1b[31m*.red\n")

    respect = Respect([tmp_path])

    assert respect.refusal(tmp_path / "a" / "x.log") == ".gitignore says *.log"
    assert "\x1b" not in str(respect.refusal(tmp_path / "\x1b[31mx.red"))


def test_cairnignore_comes_after_gitignore(tmp_path: Path) -> None:
    """It keeps out what git keeps, and lets in what git does not; secrets stay out."""
    (tmp_path / ".gitignore").write_text("generated.py\n.env\n")
    (tmp_path / ".cairnignore").write_text("!generated.py\n!.env\n/private_notes.md\n")

    respect = Respect([tmp_path])

    assert respect.refusal(tmp_path / "generated.py") is None
    assert respect.refusal(tmp_path / "private_notes.md") == ".cairnignore says /private_notes.md"
    assert respect.refusal(tmp_path / "sub" / "private_notes.md") is None
    assert respect.refusal(tmp_path / ".env") is not None


def test_ignored_files_can_be_allowed(tmp_path: Path) -> None:
    """By setting; secrets stay out."""
    (tmp_path / ".gitignore").write_text("*\n")

    respect = Respect([tmp_path], is_ignoring=False)

    assert respect.refusal(tmp_path / "x.py") is None
    assert respect.refusal(tmp_path / ".env") is not None


def test_a_folder_below_the_repository_obeys_the_repository(tmp_path: Path) -> None:
    """Opening a subfolder does not forget the rules above it, up to the repository's top and no further."""
    (tmp_path / ".gitignore").write_text("not_of_this_repository.py\n")
    top = tmp_path / "repository"
    (top / ".git" / "info").mkdir(parents=True)
    (top / ".git" / "info" / "exclude").write_text("scratch.py\n")
    (top / ".gitignore").write_text("/sub/out.py\n")
    (top / "sub").mkdir()

    respect = Respect([top / "sub"])

    assert respect.refusal(top / "sub" / "out.py") is not None
    assert respect.refusal(top / "sub" / "scratch.py") == "exclude says scratch.py"
    assert respect.refusal(top / "sub" / "not_of_this_repository.py") is None


def test_a_worktree_finds_the_exclude_file_of_its_repository(tmp_path: Path) -> None:
    """There `.git` is a file that names a folder, which names another."""
    linked = tmp_path / "repository" / ".git" / "worktrees" / "tree"
    linked.mkdir(parents=True)
    (linked / "commondir").write_text("../..\n")
    (tmp_path / "repository" / ".git" / "info").mkdir()
    (tmp_path / "repository" / ".git" / "info" / "exclude").write_text("scratch.py\n")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {linked}\n")

    assert Respect([tree]).refusal(tree / "scratch.py") is not None


def test_a_language_can_be_switched_off(tmp_path: Path) -> None:
    """By what the editor calls it, or by the name of a file nobody has opened."""
    respect = Respect([tmp_path], languages_off={"markdown", "plaintext"})

    assert respect.refusal(tmp_path / "x", "plaintext") == "plaintext is switched off"
    assert respect.refusal_to_read(tmp_path / "README.md") == "markdown is switched off"
    assert respect.refusal(tmp_path / "README.md", "mdx") is None
    assert respect.refusal(tmp_path / "x.py", "python") is None


def test_files_outside_of_the_workspace_may_be_completed_in_but_are_not_read(tmp_path: Path) -> None:
    """The editor has them open because somebody wants to work there; nobody asked to read others."""
    (tmp_path / "root").mkdir()
    respect = Respect([tmp_path / "root"])

    assert respect.refusal(tmp_path / "root-2" / "x.py") is None
    assert respect.refusal_to_read(tmp_path / "root-2" / "x.py") == "it is not in the workspace"
    assert respect.refusal_to_read(tmp_path / "root" / ".." / "x.py") == "it is not in the workspace"
    assert respect.refusal_to_read(tmp_path / "root" / "x.py") is None


def test_a_link_is_also_what_it_leads_to(tmp_path: Path) -> None:
    """A harmless name does not open a secret file, an ignored one or one outside; links to the workspace are fine."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / ".gitignore").write_text("ignored.py\n")
    links = {
        "a.py": root / ".env",
        "b.py": tmp_path / "x.py",
        "c.py": root / "ignored.py",
        "d.py": root / "sub" / "e.py",
    }
    for name, target in links.items():
        target.touch()
        (root / name).symlink_to(target)
    (root / "up").symlink_to(tmp_path)
    (tmp_path / "other name").symlink_to(root)

    respect = Respect([root])

    assert "secret" in str(respect.refusal(root / "a.py"))
    assert respect.refusal_to_read(root / "b.py") == "it is not in the workspace"
    assert respect.refusal(root / "c.py") == ".gitignore says ignored.py"
    assert respect.refusal_to_read(root / "d.py") is None
    assert respect.refusal_to_read(root / "up" / "x.py") == "it is not in the workspace"
    assert respect.refusal(tmp_path / "other name" / "ignored.py") == ".gitignore says ignored.py"


def test_a_root_may_be_a_link(tmp_path: Path) -> None:
    """Rules hold whichever name the editor uses."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / ".gitignore").write_text("x.py\n")

    respect = Respect([tmp_path / "link"])

    assert respect.refusal(tmp_path / "link" / "x.py") is not None
    assert respect.refusal(tmp_path / "real" / "x.py") is not None
    assert respect.refusal_to_read(tmp_path / "link" / "y.py") is None


def test_a_changed_gitignore_counts_a_second_later(tmp_path: Path) -> None:
    """Appearing, changing and going away."""
    now = 0.0
    respect = Respect([tmp_path], clock=lambda: now)
    ignore, file = tmp_path / ".gitignore", tmp_path / "x.py"
    answers = [respect.refusal(file)]

    for text in ("x.py\n", "# nothing here\n", None):
        if text is None:
            ignore.unlink()
        else:
            ignore.write_text(text)
        now += 1.0
        answers.append(respect.refusal(file))

    assert answers == [None, ".gitignore says x.py", None, None]


def test_asking_again_costs_less_than_50_microseconds(tmp_path: Path) -> None:
    """An editor asks with every key; the answer of a second ago is known."""
    respect = Respect([tmp_path], clock=lambda: 0.0)
    respect.refusal(tmp_path / "x.py")

    started = time.thread_time()
    for _ in range(1_000):
        respect.refusal(tmp_path / "x.py")

    assert (time.thread_time() - started) / 1_000 < 50e-6


@given(st.text(), st.text())
@settings(deadline=None)
def test_no_name_raises(name: str, language: str) -> None:
    """NUL, halves of surrogate pairs, names that are too long, dots: an answer each."""
    respect = Respect([Path("/nowhere")])

    for path in (Path("/nowhere") / name, Path(name), Path("/nowhere") / (name * 300)):
        assert isinstance(respect.refusal(path, language), str | None)
        assert isinstance(respect.refusal_to_read(path), str | None)


@given(st.lists(st.text("*?[]!^-\\/:a b.#\r\n") | st.text()).map("".join), st.text("ab/*[.é"))
@settings(deadline=None)
def test_no_pattern_raises(text: str, path: str) -> None:
    """Whatever stands in a file of patterns."""
    last_match(read_patterns(text.encode("utf-8", "surrogatepass")), path.encode(), is_folder=False)


@given(st.binary())
@settings(deadline=None)
def test_no_bytes_in_a_file_of_patterns_raise(text: bytes) -> None:
    """It need not be text."""
    last_match(read_patterns(text), b"a/b", is_folder=True)


@pytest.mark.parametrize("line", [b"*a" * 40 + b"b", b"**/a/" * 40 + b"b", b"*a/" * 40 + b"b", b"[a-c]*" * 40 + b"b"])
def test_a_hostile_pattern_takes_no_time(line: bytes) -> None:
    """What takes a backtracking matcher hours is over in a blink: the repository may be a stranger's."""
    patterns = read_patterns(line)

    started = time.thread_time()
    for path in (b"a" * 255, b"a/" * 2_000 + b"c", b"a" * 200 + b"/" + b"a" * 200):
        assert last_match(patterns, path, is_folder=False) is None

    assert time.thread_time() - started < 1


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a.py", "python"),
        ("A.PY", "python"),
        ("x.tsx", "typescriptreact"),
        ("Makefile", "makefile"),
        ("a", ""),
        ("a.bin", ""),
    ],
)
def test_a_file_is_in_the_language_its_name_tells(name: str, language: str) -> None:
    """As editors call it."""
    assert language_of(Path(name)) == language


def test_a_file_of_patterns_that_is_no_file_is_passed_over(tmp_path: Path) -> None:
    """A folder, a pipe, a link to somewhere: read as none, and nothing waits."""
    (tmp_path / "a").mkdir()
    (tmp_path / ".gitignore").mkdir()
    os.mkfifo(tmp_path / ".cairnignore")
    (tmp_path / "a" / ".gitignore").symlink_to("/etc/passwd")

    assert Respect([tmp_path]).refusal(tmp_path / "a" / "x.py") is None
