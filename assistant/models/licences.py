"""Which licences let anyone do what they like, and what the others ask for. Identifiers as the hub writes them."""

PERMISSIVE = frozenset(
    ("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "cc0-1.0", "cc-by-4.0", "unlicense", "zlib", "0bsd")
)
_TERMS = {
    "bigcode-openrail-m": "free for most uses; a list of uses is forbidden, and the list goes with every copy",
    "bigscience-openrail-m": "free for most uses; a list of uses is forbidden, and the list goes with every copy",
    "openrail": "free for most uses; a list of uses is forbidden, and the list goes with every copy",
    "deepseek": "free for most uses; a list of uses is forbidden",
    "qwen-research": "research only, nothing commercial",
    "mnpl": "nothing commercial, and no production",
    "cc-by-nc-4.0": "nothing commercial",
    "": "no licence is stated: ask its makers before you share it or what you make of it",
}


def is_permissive(licence: str) -> bool:
    """Whether nothing but a notice is asked for."""
    return licence.lower() in PERMISSIVE


def terms(licence: str) -> str:
    """What a licence asks for, in a few words; it replaces no reading of the licence."""
    if is_permissive(licence):
        return "permissive"
    return _TERMS.get(licence.lower(), "has terms of its own: read them where the model comes from")
