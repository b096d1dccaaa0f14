"""`python -I -m assistant`: how the daemon is started, isolated from folder and environment."""

from assistant.cli import main

if __name__ == "__main__":
    main()
