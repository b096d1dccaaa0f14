"""The doors of `cairn bench`'s own rooms. Everything heavy is imported late."""

from __future__ import annotations  # Sheet and Setup are names for the type checker only

import json
import os
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from assistant.bench.servers import Setup
    from assistant.bench.sheet import Sheet

_PROGRAM = click.Path(path_type=Path, exists=True, dir_okay=False)
Command = Callable[..., Any]


def _measuring(command: Command) -> Command:
    """The options that every one of them has."""
    options = (
        click.option("--model", type=_PROGRAM, help="A GGUF file; else the built-in model."),
        click.option("--threads", type=click.IntRange(1), help="Of every program.  [default: one less than cores]"),
        click.option("--context", "context_tokens", type=click.IntRange(512), default=8192, show_default=True),
        click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON."),
        click.option("--plot", metavar="FILE.svg", type=click.Path(path_type=Path), help="Save them as a picture."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("runtime")
@_measuring
@click.option("--prompt", "num_prompt", type=click.IntRange(16), default=512, show_default=True, help="Tokens.")
@click.option("--decode", "num_decoded", type=click.IntRange(8), default=128, show_default=True, help="Tokens.")
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
@click.option("--peer-bench", type=_PROGRAM, help="llama-bench, to compare with.")
def runtime(num_prompt: int, num_decoded: int, repeats: int, peer_bench: Path | None, **common: Any) -> None:
    """Measure prefill, decode and parallel streams of the engine."""
    from assistant.bench.prompts import fresh_prompts
    from assistant.bench.servers import our_daemon
    from assistant.bench.speed import Lengths, measure_speed

    lengths = Lengths(num_prompt=num_prompt, num_decoded=num_decoded, num_repeats=repeats)
    setup = _setup(**common)

    async def work() -> list[Sheet]:
        async with our_daemon(setup) as daemon:
            prompts = await fresh_prompts(daemon, num_prompt)
            return await measure_speed(daemon, setup, lengths, prompts, peer_bench, progress)

    with _progress() as progress:
        sheets = _run(work())
    _report(sheets, setup, **common)


@click.command("keystrokes")
@_measuring
@click.option("--keys", type=click.IntRange(1), default=400, show_default=True, help="Typed in all.")
@click.option("--prefill", "num_prefill", type=click.IntRange(64), default=6000, show_default=True, help="Tokens.")
@click.option("--prefills", type=click.IntRange(1), default=4, show_default=True, help="Chats that are interrupted.")
@click.option("--cancels", type=click.IntRange(1), default=20, show_default=True, help="In each phase.")
@click.option("--peer-server", type=_PROGRAM, help="llama-server, to compare with: tuned, and with default flags.")
def keystrokes(
    keys: int, num_prefill: int, prefills: int, cancels: int, peer_server: Path | None, **common: Any
) -> None:
    """Replay a typing trace; interrupt and cancel long prefills; type through suggestions."""
    from contextlib import AsyncExitStack

    from assistant.bench.interruption import cancel, fill_during_prefill
    from assistant.bench.keystrokes import replay
    from assistant.bench.prompts import fresh_prompts
    from assistant.bench.remembered import NUM_SUGGESTIONS, type_through
    from assistant.bench.servers import our_daemon, peer_servers
    from assistant.bench.target import Target
    from assistant.bench.trace import RUN_KEYS, module_text, typing_runs

    setup = _setup(**common)
    warm_up, beside, through = (
        typing_runs(module_text(name), num_runs * RUN_KEYS)
        for name, num_runs in (("ast", 1), ("inspect", prefills), ("tarfile", NUM_SUGGESTIONS))
    )

    async def work() -> list[Sheet]:
        async with AsyncExitStack() as stack:
            ours = await stack.enter_async_context(our_daemon(setup))
            limit = (await ours.status())["context_tokens"]
            targets: list[Target] = [ours]
            if peer_server:
                targets += await stack.enter_async_context(peer_servers(peer_server, setup, limit_tokens=limit))
            prompts = await fresh_prompts(ours, min(num_prefill, limit * 3 // 4))
            return [
                await replay(targets, typing_runs(module_text(), keys), warm_up[0], progress),
                await fill_during_prefill(targets, beside, prompts, progress),
                await cancel(targets, prompts, cancels, progress),
                await type_through(ours, [run[0] for run in through], progress),
            ]

    with _progress() as progress:
        sheets = _run(work())
    _report(sheets, setup, **common)


@click.command("lookup")
@_measuring
@click.option("--tokens", type=click.IntRange(16), default=128, show_default=True, help="Of each answer.")
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
def lookup(tokens: int, repeats: int, **common: Any) -> None:
    """Measure drafts by prompt lookup: speed against acceptance, and a real edit."""
    from assistant.bench.lookup import measure_lookup, rename_edit
    from assistant.bench.servers import our_daemon

    setup = _setup(**common)

    async def work() -> list[Sheet]:
        async with our_daemon(setup) as daemon:
            curve = await measure_lookup(daemon, num_tokens=tokens, num_repeats=repeats, progress=progress)
            return [curve, await rename_edit(daemon, num_repeats=repeats)]

    with _progress() as progress:
        sheets = _run(work())
    _report(sheets, setup, **common)


@click.command("noise")
@_measuring
def noise(**common: Any) -> None:
    """Measure how far other batches move the logits."""
    from assistant.bench.noise import measure_noise

    setup = _setup(**common)
    _, sheet = measure_noise(setup.model, setup.threads)
    _report([sheet], setup, **common)


@click.command("soak")
@_measuring
@click.option("--requests", "num_requests", type=click.IntRange(1), default=20_000, show_default=True)
@click.option("--different", type=click.IntRange(1), default=400, show_default=True, help="Of them.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--parking-mb", type=click.IntRange(0), default=512, show_default=True, help="Of the daemon.")
def soak(num_requests: int, different: int, seed: int, parking_mb: int, **common: Any) -> None:
    """Let eight clients ask for a long time; exit code 1 if anything is lost or wrong.

    Parked conversations count as memory: it stands still from when --parking-mb is full, or with 0 from the beginning.
    """
    from dataclasses import replace

    from assistant.bench import soak as room
    from assistant.bench.near_ties import excused
    from assistant.bench.soak_requests import draw_requests

    setup, asks = replace(_setup(**common), parking_mb=parking_mb), draw_requests(different, seed=seed)

    async def work() -> tuple[room.Found, int, list[str]]:
        found = await room.soak(setup, asks, num_requests=num_requests, seed=seed, progress=progress)
        with excused(setup) as is_near_tie:
            return found, *(await room.compare(setup, asks, found, is_near_tie, progress))

    with _progress() as progress:
        found, num_ties, wrong = _run(work())
    _report(room.report(found, num_ties, wrong), setup, **common)
    if not room.is_good(found, wrong):
        raise click.exceptions.Exit(1)


@click.command("chat")
@click.option("--lines", "num_lines", type=click.IntRange(0), default=2000, show_default=True, help="Above the answer.")
@click.option("--rate", "rates", type=float, multiple=True, default=(50, 200), show_default=True, help="Tokens/s.")
@click.option("--seconds", type=click.FloatRange(1), default=6, show_default=True, help="Of each answer.")
@click.option("--messages", type=click.IntRange(10), default=500, show_default=True, help="Whose memory is measured.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def chat(num_lines: int, rates: tuple[float, ...], seconds: float, messages: int, as_json: bool) -> None:
    """Measure the chat's screen while an answer streams, beside Textual's own MarkdownStream. No model is needed."""
    from dataclasses import asdict

    from assistant.bench.chat import jobs, measure_all, sheets
    from assistant.bench.sheet import print_sheets

    wanted = jobs(num_lines=num_lines, rates=rates, seconds=seconds, num_messages=messages)
    with _progress() as progress:
        done = measure_all(wanted, progress)
    if as_json:
        click.echo(json.dumps([{"job": asdict(job), "result": asdict(result)} for job, result in done]))
    else:
        print_sheets(sheets(done))


@click.command("sandbox")
@click.option("--programs", "num_programs", type=click.IntRange(20), default=2000, show_default=True)
@click.option("--workers", "num_workers", type=click.IntRange(1), help="Of the pool.  [default: as many as cores]")
@click.option("--box/--no-box", "boxed", default=None, help="Within bubblewrap or not.  [default: where it works]")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def sandbox(num_programs: int, num_workers: int | None, boxed: bool | None, as_json: bool) -> None:
    """Run programs behind the fence, beside fresh interpreters; exit code 1 if they are not judged alike twice."""
    from dataclasses import asdict

    from assistant.bench.sandbox import measure_sandbox, sandbox_sheet
    from assistant.bench.sheet import print_sheets

    with _progress() as progress:
        num_cores = len(os.sched_getaffinity(0))
        measured = measure_sandbox(num_programs, num_workers or num_cores, boxed, progress)
    click.echo(json.dumps(asdict(measured))) if as_json else print_sheets([sandbox_sheet(measured)])
    if measured.num_different > measured.num_timeouts or measured.num_failures:
        raise click.exceptions.Exit(1)


def _setup(*, model: Path | None, threads: int | None, context_tokens: int, **_: Any) -> Setup:
    from assistant.bench.servers import Setup
    from assistant.paths import BUILTIN_MODEL

    default_threads = max(1, len(os.sched_getaffinity(0)) - 1)
    return Setup(model=model or BUILTIN_MODEL, threads=threads or default_threads, context_tokens=context_tokens)


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    import asyncio

    return asyncio.run(work)


@contextmanager
def _progress() -> Generator[Callable[[str, int, int], None]]:
    """A line on stderr that says what is being measured; nothing where that is no terminal."""
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda what, done, total: status.update(f"{what}: {done} of {total}")


def _report(sheets: Iterable[Sheet], setup: Setup, *, as_json: bool, plot: Path | None, **_: Any) -> None:
    from assistant.bench.sheet import as_json as json_of
    from assistant.bench.sheet import drawn, print_sheets
    from assistant.picture import save_svg

    title = f"{setup.model.name}, {setup.threads} threads, {setup.context_tokens} tokens of context"
    if plot:
        save_svg(drawn(sheets), plot, title=title)
    if as_json:
        click.echo(json.dumps({"setup": title, "sheets": json_of(sheets)}))
    else:
        click.echo(title)
        print_sheets(sheets)
