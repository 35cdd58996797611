"""The entry point: `negatoscope`, or `python -m viewer`."""

import sys


def main() -> int:
    """Run the command line of this process."""
    from viewer.application.start import run

    if getattr(sys, "frozen", False):  # a packed program is its own worker process
        import multiprocessing

        multiprocessing.freeze_support()

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
