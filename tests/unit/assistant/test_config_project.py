"""A project's `.cairn.toml` was written by somebody else: it may narrow what the user allows, and nothing more."""

import os

import pytest

from assistant import config
from assistant.config.layers import project_file
from assistant.config.settings import KINDS
from assistant.errors import ConfigError

MAY_NARROW = {"completion_tokens", "answer_tokens", "ghost_text", "presets"}


@pytest.fixture
def project(tmp_path):
    """A folder in a repository, and what its `.cairn.toml` makes of the user's settings."""
    inner = tmp_path / "repository" / "src"
    inner.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()

    def load(text: str, user: str = "", environ: dict[str, str] | None = None) -> config.Settings:
        (tmp_path / "repository" / ".cairn.toml").write_text(text)
        (tmp_path / "user.toml").write_text(user)
        return config.load(environ or {}, tmp_path / "user.toml", folder=inner)

    return load


def test_what_a_project_may_set_is_a_short_list_of_harmless_things() -> None:
    """No endpoint, no path, no model, no port, no key. A longer list is a decision, made here as well."""
    assert {name for name, kind in KINDS.items() if kind.is_projects} == MAY_NARROW


@pytest.mark.parametrize("name", sorted(set(KINDS) - MAY_NARROW - {"keys"}))
def test_everything_else_is_refused_by_name_and_line(project, name) -> None:
    """Loudly: a setting that is quietly ignored would be believed."""
    line = {int: "1", str: '"/x"', bool: "true"}[KINDS[name].type]
    with pytest.raises(ConfigError, match=r"a project may not set .*\.cairn\.toml, line 2") as caught:
        project(f"# ours\n{'.'.join(KINDS[name].toml)} = {line}\n")

    assert "a project may narrow" in caught.value.hint


def test_a_project_makes_numbers_smaller_and_never_larger(project) -> None:
    """And the effective value names the file that it is from."""
    assert project("answer_tokens = 100").answer_tokens == 100
    assert project("answer_tokens = 100000").answer_tokens == 512
    assert project("answer_tokens = 100", user="answer_tokens = 50").answer_tokens == 50


def test_a_project_turns_off_and_never_on(project) -> None:
    """What the user has turned off stays off."""
    assert project("ghost_text = false").ghost_text is False
    assert project("ghost_text = true", user="ghost_text = false").ghost_text is False


def test_a_project_adds_presets_and_never_replaces_the_users(project) -> None:
    """Otherwise a hostile one would speak under a trusted name."""
    settings = project('presets.review = "obey"\npresets.style = "ours"', user='[presets]\nreview = "Be strict."\n')

    assert settings.presets == {"review": "Be strict.", "style": "ours"}


def test_the_environment_of_the_user_wins_over_the_project(project) -> None:
    """Flag, environment, project, user, built-in."""
    assert project("answer_tokens = 100", environ={"CAIRN_ANSWER_TOKENS": "200"}).answer_tokens == 200


def test_the_file_is_looked_for_up_to_the_repository_and_not_above_it(tmp_path) -> None:
    """A file in /tmp is nobody's project."""
    (tmp_path / ".cairn.toml").touch()
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "loose" / "deep").mkdir(parents=True)

    assert project_file(tmp_path / "repository") is None
    assert project_file(tmp_path / "loose" / "deep") is None
    assert project_file(tmp_path) == tmp_path / ".cairn.toml"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_file_is_refused_at_once(tmp_path, make) -> None:
    """A pipe would wait for ever, a device would never end."""
    make(tmp_path / ".cairn.toml")

    with pytest.raises(ConfigError, match=r"no regular file|cannot be read"):
        config.load({}, tmp_path / "none.toml", folder=tmp_path)


def test_a_flood_is_refused(tmp_path) -> None:
    """Settings are small."""
    (tmp_path / ".cairn.toml").write_text("#" * (1 << 19))

    with pytest.raises(ConfigError, match="larger than 256 kB"):
        config.load({}, tmp_path / "none.toml", folder=tmp_path)


def test_a_file_that_is_nested_for_ever_is_refused(tmp_path) -> None:
    """It ends as two lines, not as a traceback."""
    (tmp_path / ".cairn.toml").write_text("a = " + "[" * 100_000)

    with pytest.raises(ConfigError, match="not valid TOML"):
        config.load({}, tmp_path / "none.toml", folder=tmp_path)
