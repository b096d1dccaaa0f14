"""The process of one program: builds the fence, reads the program, computes. It never judges, and never returns.

It writes lines of JSON: {"ready": layers, "missing": reasons} once the fence stands; {"defined": 1} when the program
has been executed, which is when its calls or statements are sent; {"i": n, "value": …}, {"i": n, "passed": token} or
{"i": n, "error": name} in order; {"end": 1}. Whatever comes after the first line may be the program's own saying.
"""

import builtins
import json
import os
import random
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

from assistant.sandbox.fence import Fence
from assistant.sandbox.values import canonical, decoded, name_of

JOB, RESULTS, FIRST_FREE, MAX_OPEN = 3, 4, 5, 64
Emit = Callable[[object], None]


def run(descriptors: list[int], cpu_s: int, memory_bytes: int, fence: Fence, *, needs_all: bool) -> NoReturn:
    """Compute one job. Of the descriptors one gives the job, one takes its results, and one what it prints."""
    emit = _emitter()
    try:
        _arrange(*descriptors)
        os.setsid()
        layers, missing = fence.build(cpu_s, memory_bytes)
        os.closerange(FIRST_FREE, MAX_OPEN)
        if missing and needs_all:
            raise OSError(f"missing: {', '.join(missing)}")
    except (OSError, ValueError) as error:
        emit({"fence": str(error)})
        os._exit(1)
    emit({"ready": layers, "missing": missing})
    try:
        _compute(emit)
        os._exit(0)
    finally:
        os._exit(1)  # the program has broken what reports its results


def _arrange(job: int, results: int, printed: int) -> None:
    """Standard streams first, then the job and its results; they come in with numbers above all of these."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    high = [os.dup(each) for each in (nothing, printed, printed, job, results)]
    for number, each in enumerate(high):
        os.dup2(each, number, inheritable=False)


def _emitter() -> Emit:
    """Bound early: a program may put anything in the place of what it finds by name."""
    write, encode = os.write, json.JSONEncoder().encode

    def emit(line: object) -> None:
        data = (encode(line) + "\n").encode()
        while data:
            data = data[write(RESULTS, data) :]

    return emit


def _lines() -> Callable[[], dict[str, Any]]:
    stream = open(JOB, "rb", closefd=False)  # noqa: SIM115 - it is open as long as the process lives
    return lambda: json.loads(stream.readline())


def _compute(emit: Emit) -> None:
    next_line = _lines()
    program = next_line()["program"]
    random.seed(0)  # who draws numbers draws the same ones in every run
    try:
        code = compile(program, "<program>", "exec")
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        emit({"compile_error": name_of(type(error))})
        return
    module = _new_module()
    try:
        exec(code, vars(module))  # noqa: S102 - running the program is what this process is for
    except BaseException as error:  # whatever a program raises is its result
        emit({"error": name_of(type(error))})
        return
    emit({"defined": 1})
    todo = next_line()
    if "statements" in todo:
        _state(vars(module), todo, emit)
    else:
        _call(vars(module), todo, emit)
    emit({"end": 1})


def _new_module() -> ModuleType:
    """Where the program lives. What it does to the built-in names it does to a copy: ours and the library's stay."""
    names, module = ModuleType("builtins"), ModuleType("program")
    vars(names).update(vars(builtins))
    vars(module)["__builtins__"] = names
    sys.modules.update(builtins=names, program=module)
    return module


def _call(namespace: dict[str, Any], todo: dict[str, Any], emit: Emit) -> None:
    for number, arguments in enumerate(todo["inputs"]):
        try:
            emit({"i": number, "value": canonical(namespace[todo["entry_point"]](*map(decoded, arguments)))})
        except BaseException as error:  # whatever a program raises is its result
            emit({"i": number, "error": name_of(type(error))})


def _state(namespace: dict[str, Any], todo: dict[str, Any], emit: Emit) -> None:
    """Execute the statements, with what the program defined except in the place of built-in names."""
    hidden = set(vars(builtins)) - {todo["entry_point"]}
    shared = {name: each for name, each in namespace.items() if name not in hidden}
    shared["__builtins__"] = dict(vars(builtins))
    for number, statement in enumerate(todo["statements"]):
        try:
            exec(compile(statement, "<statement>", "exec"), shared)  # noqa: S102 - as above
            emit({"i": number, "passed": todo["token"]})
        except BaseException as error:  # whatever a statement raises is its result
            emit({"i": number, "error": name_of(type(error))})
