"""The languages of files, by name, as editors call them (languageId of the LSP specification)."""

from pathlib import PurePath

_SUFFIXES = {
    "c": "c h", "clojure": "clj cljs cljc", "cpp": "cc cpp cxx hh hpp hxx ipp", "csharp": "cs csx", "css": "css",
    "cuda-cpp": "cu cuh", "d": "d", "dart": "dart", "elixir": "ex exs", "elm": "elm", "erlang": "erl hrl",
    "fsharp": "fs fsi fsx", "go": "go", "graphql": "graphql gql", "groovy": "groovy gradle", "haskell": "hs",
    "html": "html htm", "java": "java", "javascript": "js cjs mjs", "javascriptreact": "jsx", "json": "json jsonc",
    "julia": "jl", "kotlin": "kt kts", "latex": "tex", "less": "less", "lisp": "lisp el scm", "lua": "lua",
    "markdown": "md markdown", "nim": "nim", "nix": "nix", "objective-c": "m", "objective-cpp": "mm",
    "ocaml": "ml mli", "pascal": "pas", "perl": "pl pm", "php": "php", "powershell": "ps1 psm1", "proto": "proto",
    "python": "py pyi pyx", "r": "r", "restructuredtext": "rst", "ruby": "rb", "rust": "rs", "sass": "sass",
    "scala": "scala sc", "scss": "scss", "shellscript": "sh bash zsh fish", "solidity": "sol", "sql": "sql",
    "svelte": "svelte", "swift": "swift", "terraform": "tf", "toml": "toml", "typescript": "ts cts mts",
    "typescriptreact": "tsx", "verilog": "v sv", "vim": "vim", "vue": "vue", "xml": "xml", "yaml": "yaml yml",
    "zig": "zig",
}  # fmt: skip
_LANGUAGES = {f".{suffix}": language for language, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
_NAMES = {"dockerfile": "dockerfile", "makefile": "makefile", "cmakelists.txt": "cmake", "justfile": "just"}


def language_of(path: PurePath) -> str:
    """Return the language that a file's name tells; empty if it tells none."""
    return _NAMES.get(path.name.lower()) or _LANGUAGES.get(path.suffix.lower(), "")
