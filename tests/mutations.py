"""Wrong answers, made from right ones: for tests of what judges answers."""

import ast
import random
from collections.abc import Callable

Mutation = Callable[[str, str, random.Random], str | None]
"""(prompt, completion, rng) -> another completion; None where there is nothing to change."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Mod: ast.FloorDiv,
    ast.FloorDiv: ast.Div,
    ast.Div: ast.Mult,
}


class _Change(ast.NodeTransformer):
    """Changes the n-th place that can be changed, in its own way for each kind of node."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.num_seen = 0

    def _is_it(self) -> bool:
        self.num_seen += 1
        return self.num_seen - 1 == self.target

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if type(node.ops[0]) in _COMPARISONS and self._is_it():
            node.ops[0] = _COMPARISONS[type(node.ops[0])]()
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if type(node.op) in _OPERATORS and self._is_it():
            node.op = _OPERATORS[type(node.op)]()
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self._is_it():
            return ast.Constant(node.value + 1)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if node.value is not None and self._is_it():
            return ast.Expr(node.value)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        if self._is_it():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Load) and self._is_it():
            return ast.Name(f"{node.id}_", ast.Load())
        return node


def changed(prompt: str, completion: str, rng: random.Random) -> str | None:
    """The body with one comparison, operator, number, return, condition or name changed."""
    tree = ast.parse(prompt + completion)
    function = next(node for node in reversed(tree.body) if isinstance(node, ast.FunctionDef))
    counter = _Change(-1)
    body = ast.Module([*function.body[1:]], [])
    counter.visit(body)
    if not counter.num_seen:
        return None
    changer = _Change(rng.randrange(counter.num_seen))
    new = ast.unparse(ast.fix_missing_locations(changer.visit(body)))
    return "".join(f"    {line}\n" for line in new.split("\n"))


def truncated(_prompt: str, completion: str, rng: random.Random) -> str:
    """The first so many characters."""
    return completion[: rng.randrange(len(completion))]


def without_a_line(_prompt: str, completion: str, rng: random.Random) -> str:
    """One line less."""
    lines = completion.splitlines(keepends=True)
    lines.pop(rng.randrange(len(lines)))
    return "".join(lines)


def untouched(_prompt: str, completion: str, _rng: random.Random) -> str:
    """As it was."""
    return completion


MUTATIONS: tuple[Mutation, ...] = (changed, changed, changed, changed, changed, truncated, without_a_line, untouched)


def mutated(prompt: str, completion: str, rng: random.Random) -> str:
    """A completion that was changed in some way; with one in eight nothing was."""
    return rng.choice(MUTATIONS)(prompt, completion, rng) or "    pass\n"
