"""``python -m livermets`` is the ``livermets`` program."""

from livermets.cli import main

if __name__ == "__main__":
    main()
