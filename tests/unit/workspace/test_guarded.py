"""Which files want a second confirmation."""

import pytest

from assistant.workspace import danger


@pytest.mark.parametrize(
    "path",
    [
        *(".git/hooks/pre-commit", "sub/.git/config", ".GIT/config", ".gitmodules", ".github/workflows/x.yml"),
        *(".gitlab-ci.yml", "Jenkinsfile", ".vscode/tasks.json", "lib/.vscode/settings.json", ".idea/x.xml"),
        *(".bashrc", "home/.zshrc", ".config/fish/config.fish", "conftest.py", "tests/conftest.py", "x/evil.pth"),
        *("sitecustomize.py", ".envrc", ".env", "keys/server.pem", "AGENTS.md", ".cursor/rules/a.md", "setup.py"),
    ],
)
def test_what_makes_programs_run_or_holds_secrets_is_named(path) -> None:
    """At any depth, in any case."""
    assert danger(path)


@pytest.mark.parametrize(
    "path", ["src/a.py", "README.md", "git/a.py", "github/x.yml", "docs/agents/plan.md", "a.profile.txt", ".gitignore"]
)
def test_plain_text_is_not(path) -> None:
    """Else the question would be answered without being read."""
    assert danger(path) is None
