"""The one list of files that are more than text: what changes them may make programs run, or hands secrets out.

A change to one of them is confirmed a second time, by itself. Names are held against the list without regard to case.
"""

import os

from assistant.respect import SECRET_PATTERNS
from assistant.respect.patterns import Pattern, last_match, read_patterns

_LISTS = {
    "version control reads it, and may run what it says": (
        ".git/ .git .gitmodules .gitattributes .gitconfig .hg/ .svn/ .husky/ .githooks/ .pre-commit-config.yaml "
        ".pre-commit-hooks.yaml lefthook.yml"
    ),
    "builds and releases run what it says": (
        ".github/ .gitlab/ .gitlab-ci.yml .circleci/ .buildkite/ .woodpecker/ .woodpecker.yml .travis.yml .drone.yml "
        ".cirrus.yml .ci/ jenkinsfile azure-pipelines.yml bitbucket-pipelines.yml appveyor.yml .appveyor.yml "
        "cloudbuild.yaml buildspec.yml .devcontainer/ .devcontainer.json"
    ),
    "an editor reads it, and may run what it says": (
        ".vscode/ .vscode-server/ *.code-workspace .idea/ .fleet/ .zed/ .helix/ .vim/ .nvim/ .vimrc .gvimrc .exrc "
        ".nvimrc .nvim.lua .dir-locals.el .dir-locals-2.el .emacs .emacs.d/ .projectile *.sublime-project .theia/"
    ),
    "a shell or the system runs what it says": (
        ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin "
        ".zlogout .kshrc .cshrc .tcshrc .login .envrc .direnvrc .inputrc .xprofile .xinitrc .xsession config.fish "
        "**/.config/fish/ **/.config/autostart/ **/.config/systemd/ crontab *.service *.timer *.desktop"
    ),
    "a language runs it by itself when it starts, tests or installs": (
        "*.pth sitecustomize.py usercustomize.py conftest.py setup.py .pythonrc.py .npmrc .yarnrc .yarnrc.yml "
        ".pnpmfile.cjs pip.conf .condarc **/.cargo/config.toml **/.cargo/config build.rs .irbrc .pryrc .gdbinit "
        ".lldbinit .rprofile"
    ),
    "an assistant takes it for instructions": (
        "agents.md claude.md gemini.md .cursorrules .cursor/ .claude/ .codex/ .gemini/ .continue/ .aider.conf.yml "
        ".mcp.json .windsurfrules copilot-instructions.md .cairnignore"
    ),
}


def _read(lines: str) -> list[Pattern]:
    return read_patterns(os.fsencode(lines.lower()))


_RULES = {reason: _read(names.replace(" ", "\n")) for reason, names in _LISTS.items()}
_RULES["its name is one of a secret file"] = _read("\n".join(SECRET_PATTERNS))


def danger(path: str) -> str | None:
    """Say why a change to `path`, relative to the workspace, wants a second confirmation; None: it is only text."""
    parts = os.fsencode(path.lower()).split(b"/")
    places = [(b"/".join(parts[:n]), n < len(parts)) for n in range(1, len(parts) + 1)]
    for reason, patterns in _RULES.items():
        for place, is_folder in places:
            match = last_match(patterns, place, is_folder=is_folder)
            if match is not None and not match.is_negated:
                return reason
    return None
