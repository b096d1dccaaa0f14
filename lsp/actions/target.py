"""What an action is to work on: the one argument of every command, and the `data` of a listed action."""

from dataclasses import dataclass
from typing import cast

import cattrs
from lsprotocol import converters, types
from pygls.exceptions import JsonRpcInvalidParams

_converter = converters.get_converter()
_TEXTS = ("uri", "instruction", "diagnostic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place in a document."""

    uri: str
    range: types.Range
    """Empty: the block around the cursor."""
    version: int | None = None
    """Of the document, when the action was listed."""
    instruction: str = ""
    diagnostic: str = ""


def target_of(command: str, argument: object) -> Target:
    """Decode an argument.

    Raises:
        JsonRpcInvalidParams: A field is missing or has the wrong kind; says what to send.
    """
    needs = '{"uri", "range", "instruction"}' if command == "cairn.edit" else '{"uri", "range"}'
    fields = cast(dict[str, object], argument) if isinstance(argument, dict) else {}
    try:
        if not all(isinstance(fields.get(name, ""), str) for name in _TEXTS):
            raise TypeError("no text")
        target = _converter.structure(fields, Target)
    except (cattrs.BaseValidationError, KeyError, TypeError, ValueError) as error:
        raise JsonRpcInvalidParams(f"{command} takes one argument, {needs}") from error
    if command == "cairn.edit" and not target.instruction.strip():
        raise JsonRpcInvalidParams(f'{command} takes one argument, {needs}; "instruction" says what to change')
    return target
