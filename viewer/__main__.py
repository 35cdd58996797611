"""The entry point: `negatoscope`, or `python -m viewer`."""

import sys


def main() -> int:
    """Run the command line of this process."""
    from viewer.application.start import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
