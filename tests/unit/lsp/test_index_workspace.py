"""The index of the open folders: built in the background, and kept up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from assistant.respect import Respect
from lsp.context.workspace import Workspace


def paths(workspace: Workspace, query: str, exclude: Path = Path("/none")) -> list[str]:
    """Names of what is found."""
    return [excerpt.path for excerpt in workspace.search(query, exclude=exclude)]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for the other thread."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    """Two files, indexed."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.py").write_text("def needle():\n    return 1\n")
    (tmp_path / "two.py").write_text("def haystack():\n    return 2\n")
    workspace = Workspace([tmp_path], Respect([tmp_path]))
    await workspace.start()
    yield workspace
    workspace.close()


async def test_what_is_in_the_folders_is_found_by_its_path_from_there(workspace: Workspace, tmp_path: Path) -> None:
    """The model reads short paths; the file that is edited is left out."""
    assert paths(workspace, "needle") == ["sub/one.py"]
    assert paths(workspace, "needle", exclude=tmp_path / "sub" / "one.py") == []


async def test_progress_is_told_from_the_first_file_to_the_last(tmp_path: Path) -> None:
    """In the event loop, and it ends with all of them."""
    for n in range(120):
        (tmp_path / f"{n}.py").write_text("x = 1\n")
    told: list[tuple[int, int]] = []
    workspace = Workspace([tmp_path], Respect([tmp_path]), lambda done, total: told.append((done, total)))

    await workspace.start()
    workspace.close()

    assert told == [(0, 120), (50, 120), (100, 120), (120, 120)]


async def test_a_changed_file_is_found_by_what_it_says_now(workspace: Workspace, tmp_path: Path) -> None:
    """By the text the editor saved, or by what lies on the disk."""
    workspace.update(tmp_path / "two.py", "def pitchfork(): ...\n")
    (tmp_path / "sub" / "one.py").write_text("def thimble(): ...\n")
    workspace.update(tmp_path / "sub" / "one.py", None)

    await until(lambda: paths(workspace, "pitchfork") == ["two.py"] and paths(workspace, "thimble") == ["sub/one.py"])

    assert paths(workspace, "needle haystack") == []


async def test_a_file_that_is_gone_is_not_found(workspace: Workspace, tmp_path: Path) -> None:
    """A watcher says that something happened, not what."""
    (tmp_path / "two.py").unlink()
    workspace.update(tmp_path / "two.py", None)

    await until(lambda: paths(workspace, "haystack") == [])

    assert paths(workspace, "needle") == ["sub/one.py"]


async def test_secrets_and_what_lies_elsewhere_never_get_in(workspace: Workspace, tmp_path: Path) -> None:
    """Not even when the editor hands over the text."""
    workspace.update(tmp_path / ".env", "NEEDLE=pitchfork\n")
    workspace.update(tmp_path.parent / "outside.py", "pitchfork = 1\n")
    workspace.update(Path("/\0"), "pitchfork = 2\n")
    workspace.update(tmp_path / "three.py", 'pitchfork = 3\npassword = "abcdefgh12345"\n')

    await until(lambda: paths(workspace, "pitchfork") != [])

    (excerpt,) = workspace.search("pitchfork", exclude=Path("/\0"))
    assert (excerpt.path, excerpt.text) == ("three.py", 'pitchfork = 3\npassword = "***"')


async def test_what_was_ignored_since_is_not_shown(tmp_path: Path) -> None:
    """A new .gitignore counts at once, whatever the index holds."""
    (tmp_path / "one.py").write_text("needle = 1\n")
    now = 0.0
    workspace = Workspace([tmp_path], Respect([tmp_path], clock=lambda: now))
    await workspace.start()
    before = paths(workspace, "needle")

    (tmp_path / ".gitignore").write_text("one.py\n")
    now += 1
    after = paths(workspace, "needle")
    workspace.close()

    assert (before, after) == (["one.py"], [])


async def test_several_roots_are_told_apart_by_name(tmp_path: Path) -> None:
    """And a root in another one counts its own paths."""
    roots = [tmp_path / "app", tmp_path / "library", tmp_path / "library" / "plugin"]
    for root in roots:
        root.mkdir()
        (root / "one.py").write_text("needle = 1\n")
    workspace = Workspace(roots, Respect(roots))

    await workspace.start()
    found = paths(workspace, "needle")
    workspace.close()

    assert sorted(found) == ["app/one.py", "library/one.py", "plugin/one.py"]


async def test_a_full_index_keeps_the_newest_and_the_build_ends(tmp_path: Path) -> None:
    """Reading on would only push out what is newer."""
    for n in range(60):
        (tmp_path / f"{n}.py").write_text("\n".join(f"word_{n:x}_{i:x} and more" for i in range(100)))
    told: list[tuple[int, int]] = []
    workspace = Workspace(
        [tmp_path], Respect([tmp_path]), lambda done, total: told.append((done, total)), limit_bytes=50_000
    )

    await workspace.start()
    workspace.close()

    assert 0 < len(workspace.index) < 60
    assert workspace.index.n_bytes <= 50_000
    assert told[-1] == (60, 60)


async def test_closing_ends_a_build(tmp_path: Path) -> None:
    """At once, with what there is; whoever waits for it goes on."""
    for n in range(500):
        (tmp_path / f"{n}.py").write_text(f"needle_{n} = 1\n" * 200)
    workspace = Workspace([tmp_path], Respect([tmp_path]))
    building = asyncio.create_task(workspace.start())
    await until(lambda: len(workspace.index) > 0)

    workspace.close()
    await asyncio.wait_for(building, timeout=60)

    assert len(workspace.index) < 500


async def test_closing_before_the_start_is_fine(tmp_path: Path) -> None:
    """An editor may leave at any time."""
    Workspace([tmp_path], Respect([tmp_path])).close()
