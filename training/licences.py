"""Which installed distributions may be learnt from: licences as their own metadata states them."""

import importlib.metadata as metadata
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "cairn-coder"
EXTRA = "train"

PERMISSIVE = frozenset(
    {"MIT", "MIT-0", "BSD", "BSD-2-CLAUSE", "BSD-3-CLAUSE", "0BSD", "APACHE-2.0", "ISC", "PSF-2.0", "ZLIB", "HPND"}
)
"""SPDX identifiers (upper case) that allow reuse with attribution alone."""

_FREE_TEXT = (
    (re.compile(r"\bAGPL|\bL?GPL|\bMPL|Mozilla|General Public", re.IGNORECASE), "COPYLEFT"),
    (re.compile(r"Apache", re.IGNORECASE), "APACHE-2.0"),
    (re.compile(r"\b(?:new |3-clause |modified )?BSD\b|BSD-3|BSD License", re.IGNORECASE), "BSD"),
    (re.compile(r"\bMIT\b", re.IGNORECASE), "MIT"),
    (re.compile(r"\bISC\b", re.IGNORECASE), "ISC"),
    (re.compile(r"Python Software Foundation|\bPSF", re.IGNORECASE), "PSF-2.0"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What a distribution says of itself, in the words of its metadata."""

    distribution: str
    version: str
    expression: str
    permissive: bool


def licence_of(fields: metadata.PackageMetadata) -> Licence:
    """Read `License-Expression`, else the classifiers, else a one-line `License`; silence is not permission."""
    expression = _field(fields, "License-Expression")
    if not expression:
        classifiers = [c for c in fields.get_all("Classifier") or () if c.startswith("License ::")]
        licence_line = (_field(fields, "License").splitlines() or [""])[0]
        expression = " AND ".join(sorted({_spdx_of(text) for text in classifiers or [licence_line]}))
    return Licence(
        distribution=canonicalize_name(fields["Name"]),
        version=fields["Version"],
        expression=expression,
        permissive=is_permissive(expression),
    )


def is_permissive(expression: str) -> bool:
    """Whether every branch of an SPDX expression that must be obeyed is permissive (`OR` offers a choice)."""
    conjuncts = re.split(r"\s+AND\s+", expression.replace("(", " ").replace(")", " "), flags=re.IGNORECASE)
    return all(
        any(choice.strip().upper() in PERMISSIVE for choice in re.split(r"\s+OR\s+", conjunct, flags=re.IGNORECASE))
        for conjunct in conjuncts
    )


def closure(roots: Iterable[str]) -> list[metadata.Distribution]:
    """The installed distributions that `roots` (requirement strings) need, themselves included, in order of name."""
    found: dict[str, metadata.Distribution] = {}
    followed: set[tuple[str, str]] = set()
    waiting = [(Requirement(root), "") for root in roots]
    while waiting:
        requirement, asked_extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": asked_extra}):
            continue
        if name not in found and not _is_installed(name):
            continue
        found.setdefault(name, metadata.distribution(name))
        for extra in {"", *requirement.extras} - {each for seen, each in followed if seen == name}:
            followed.add((name, extra))
            waiting += [(Requirement(text), extra) for text in found[name].requires or ()]
    return [found[name] for name in sorted(found)]


def project_requirements() -> list[str]:
    """What this project needs to train: from its own metadata, or from `pyproject.toml` of a checkout."""
    if _is_installed(PROJECT):
        return [f"{PROJECT}[{EXTRA}]"]
    checkout = Path(__file__).resolve().parents[1] / "pyproject.toml"
    project = tomllib.loads(checkout.read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"][EXTRA]]


def _is_installed(name: str) -> bool:
    return next(iter(metadata.Distribution.discover(name=name)), None) is not None


def _field(fields: metadata.PackageMetadata, name: str) -> str:
    return next(iter(fields.get_all(name) or ()), "")


def _spdx_of(text: str) -> str:
    return next((identifier for pattern, identifier in _FREE_TEXT if pattern.search(text)), "UNKNOWN")
