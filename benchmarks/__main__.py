"""``python -m benchmarks``: minigraph and its peers on the same steps.

``python -m benchmarks growth``: what minigraph costs as graphs, layers and batches grow.
``python -m benchmarks scaling``: what more ranks bring, under mpiexec.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

from benchmarks.driver import Outcome, Settings, Workers, measure
from benchmarks.peers import PEERS
from benchmarks.process import ROOT, environment
from benchmarks.report import save, summary, targets, workload_table
from benchmarks.workloads import WORKLOADS


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description="How fast a step of training is.")
    parser.add_argument(
        "what", nargs="?", choices=("steps", "growth", "scaling"), default="steps", help="(default: steps)"
    )
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=[*WORKLOADS], metavar="W")
    parser.add_argument("--peers", nargs="+", choices=PEERS, metavar="PEER", help=f"of {', '.join(PEERS)}")
    parser.add_argument("--threads", type=int, default=1, help="of every peer (default: 1)")
    parser.add_argument("--ranks", type=int, default=2, help="of scaling (default: 2)")
    parser.add_argument("--rounds", type=int, help="how often A B C … C B A (default: 5)")
    parser.add_argument("--block", type=float, help="seconds of a block, about (default: 0.2)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"), help="where JSON and pictures go")
    return parser.parse_args(arguments)


def runs(chosen: argparse.Namespace, settings: Settings) -> Iterator[list[Outcome]]:
    """One workload after the other, in new processes for each; in a quick run the same ones serve all."""
    peers = chosen.peers or [peer for peer, what in PEERS.items() if not (chosen.quick and what.slow_start)]
    with Workers(peers, settings.threads) if chosen.quick else nullcontext() as same:
        for workload in chosen.workloads:
            with nullcontext(same) if same else Workers(peers, settings.threads) as workers:
                yield measure(workload, workers, settings)


def steps(chosen: argparse.Namespace) -> None:
    rounds, block = (1, 0.002) if chosen.quick else (5, 0.2)
    settings = Settings(chosen.threads, chosen.rounds or rounds, chosen.block or block, quick=chosen.quick)
    outcomes: list[Outcome] = []
    for found in runs(chosen, settings):
        print(workload_table(found) + "\n", flush=True)
        outcomes += found
    left_out = [PEERS[peer].title for peer in PEERS if peer not in {outcome.peer for outcome in outcomes}]
    print(summary(outcomes) + "\n")
    print("Tiny sizes say nothing about speed." if chosen.quick else targets(outcomes))
    if left_out:
        print("Left out of this run:", ", ".join(left_out))
    chosen.out.mkdir(parents=True, exist_ok=True)
    save(chosen.out / "steps.json", outcomes, settings)
    written = ["steps.json"]
    try:
        from benchmarks.picture import draw
    except ImportError as error:
        print(f"No picture: {error}")
    else:
        draw(outcomes, chosen.out / "steps.png")
        written.append("steps.png")
    print(f"\nIn {chosen.out.resolve()}: {', '.join(written)}")
    if any(outcome.status.startswith(("WRONG", "failed")) for outcome in outcomes):
        sys.exit("Some peer failed or computes something else: see above")


def mpiexec() -> str:
    """Beside the interpreter, where pip's mpich puts it, or on the path."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    found = shutil.which("mpiexec", path=places)
    if found is None or find_spec("mpi4py") is None:
        sys.exit('benchmarks scaling needs mpi4py and mpiexec: pip install "minigraph[mpi]" mpich')
    return found


def main(arguments: list[str]) -> None:
    chosen = options(arguments)
    if chosen.what == "steps":
        return steps(chosen)
    launcher = [mpiexec(), "-n", str(chosen.ranks)] if chosen.what == "scaling" else []
    command = [*launcher, sys.executable, "-m", f"benchmarks.{chosen.what}", str(chosen.out.resolve())]
    command += ["--quick"] * chosen.quick
    command += ["--rounds", str(chosen.rounds)] if chosen.rounds and launcher else []
    sys.exit(subprocess.run(command, cwd=ROOT, env=environment(chosen.threads), check=False).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
