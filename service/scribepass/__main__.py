"""``python -m scribepass``: the same as the ``scribepass`` command."""

from scribepass.cli import main

if __name__ == "__main__":
    main()
