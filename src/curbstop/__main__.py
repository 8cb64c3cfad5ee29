"""`python -m curbstop` is the `curbstop` command."""

from curbstop.cli import main

if __name__ == "__main__":
    main()
