"""Peak memory of a run and of one ten times as long; each in a process of its own.

Claim (issue 1): the longer run needs at most 1.2 times the memory of the shorter.

    python benchmarks/memory.py [--duration 4m] [--longer 40m]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def peak_mb(duration: str, folder: str) -> tuple[float, int]:
    """Run `peak_load` for `duration` through the command line; return peak MB and hops."""
    command = [sys.executable, "-m", "sanket_sim", "run", "peak_load", "--duration", duration]
    subprocess.run([*command, "--out", folder, "--quiet", "--force"], check=True)
    manifest = json.loads((Path(folder) / "peak_load-s42" / "manifest.json").read_text())
    hops = sum(file["rows"] for name, file in manifest["files"].items() if name.startswith("hops"))
    return manifest["peak_mb"], hops


def main() -> None:
    """Print the two peaks and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration", default="4m")
    parser.add_argument("--longer", default="40m")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        short_mb, short_hops = peak_mb(arguments.duration, folder)
        long_mb, long_hops = peak_mb(arguments.longer, folder)
    print(f"{arguments.duration}: {short_mb:.0f} MB for {short_hops:,} hops")
    print(f"{arguments.longer}: {long_mb:.0f} MB for {long_hops:,} hops")
    print(f"ratio {long_mb / short_mb:.2f} (<= 1.20)")


if __name__ == "__main__":
    main()
