"""``python -m mesogun`` is the same as the ``mesogun`` command."""

from mesogun.cli import main

if __name__ == "__main__":
    main()
