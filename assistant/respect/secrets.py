"""Which names belong to files that hold secrets, and what secrets look like inside of other files."""

import re

_SOURCE_SUFFIXES = (
    "c cc clj cpp cs css cxx dart el erl ex exs fs go h hpp hrl hs html java jl js jsx kt kts lua m md mjs ml mm php "
    "pl pm proto py pyi r rb rs rst scala sh sql svelte swift tf ts tsx vue zig"
)
SECRET_PATTERNS: tuple[str, ...] = (
    # names that tell of secrets, unless it is source code that handles them
    *("*credential*", "*kubeconfig*", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*service*account*.json"),
    *("client_secret*", "secrets.*", "*.secret", "*.secrets"),
    *(f"!*.{suffix}" for suffix in _SOURCE_SUFFIXES.split()),
    # keys and their stores; their public halves are no secret
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.ppk", "*.kdbx", "!*.pub"),
    # environments; their templates are no secret
    *(".env", ".env.*", ".env-*", "*.env", ".envrc", "!.env.example", "!.env.sample", "!.env.template", "!.env.dist"),
    # what tools keep for logging in
    *(".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".mylogin.cnf", ".htpasswd", ".dockercfg"),
    *(".git-credentials", ".terraformrc", ".vault-token", ".s3cfg", ".boto", "*.tfvars", "*.tfvars.json"),
    *("*.tfstate", "*.tfstate.*", ".*_history", "**/.docker/config.json", "**/.git/config"),
    # whole folders
    *(".ssh/", ".aws/", ".azure/", ".gnupg/", ".kube/", ".password-store/", "**/.config/gcloud/"),
)
"""Lines as in a .gitignore, held against the whole path; the last that fits decides, case does not count. Lines that
end in / are for folders, all others for files only. Source: the lists of Continue and of common secret scanners,
without those that keep code away, such as `secrets/`, `keys.py` or `config.json`."""

_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(r"[\s\S]*?-----END [A-Z0-9 ]{0,40}-----|(?:\s*[\"'#/*]?[A-Za-z0-9+/=]{24,}[\"',]?(?=\s|\Z))*")
_TOKENS = re.compile(
    r"\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}"
    r"|sk-[\w-]{20,}|[rs]k_live_\w{16,}|AIza[\w-]{35}|ya29\.[\w-]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{40,}"
    r"|hf_[A-Za-z0-9]{30,}|dop_v1_[a-f0-9]{40,}|SG\.[\w-]{16,}\.[\w-]{16,}|AGE-SECRET-KEY-1[A-Z0-9]{50,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*)"
)
_ASSIGNED = re.compile(
    r"""(?P<name>(?:password|passwd|secret|token|(?:api|access|private|secret)[_-]?key)["']?\s{0,4}[:=]\s{0,4})"""
    r"""(?P<quote>["'])(?P<value>[^"'\s]{12,})(?P=quote)""",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]{1,15}://[^\s:/@\"']{1,64}:)[^\s:/@\"']{3,128}(?=@)", re.IGNORECASE)
_MASK = "***"


def without_secrets(text: str) -> str:
    """Mask private keys, tokens of known services, quoted passwords and passwords in URLs. Lines stay where they are.

    A key is known by its first line: mask a file first, then cut windows out of it.
    """
    before, *behind_begins = _KEY_BEGINS.split(text)
    text = "".join([before, *(_without_key(behind) for behind in behind_begins)])
    text = _TOKENS.sub(_MASK, text)
    text = _ASSIGNED.sub(lambda found: f"{found['name']}{found['quote']}{_MASK}{found['quote']}", text)
    return _IN_URL.sub(lambda found: found["before"] + _MASK, text)


def _without_key(behind: str) -> str:
    return _KEY_BODY.sub(lambda body: _MASK + "\n" * body[0].count("\n"), behind, count=1)
