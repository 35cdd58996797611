"""Write the sample disc: `python -m tests.builders.sample_disc FOLDER`."""

import argparse
from pathlib import Path

from tests.builders.sample_disc.build import build


def main() -> None:
    """Parse the folder and build."""
    parser = argparse.ArgumentParser(prog="python -m tests.builders.sample_disc", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the file-set; must be empty or absent")
    build(parser.parse_args().folder)


if __name__ == "__main__":
    main()
