"""How soon training is good, how fast it is, what it costs beside its steps, and how it grows.

Run with ``python -m benchmarks.training``; it takes about a quarter of an hour, with ``--quick``
at most three minutes. ``--speed`` takes three minutes for the throughput alone, on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import growth, overheads, speed, throughput, time_to_quality
from benchmarks.figures import Figure, as_json, heading, line
from benchmarks.processes import MeasurementError
from benchmarks.quiet import MOST_BUSY
from vae_engine.errors import EngineError

Say = Callable[[str], None]
Measure = Callable[[Say, int], Iterator[Figure]]

PARTS: dict[str, Measure] = {
    "quality": time_to_quality.measure,
    "throughput": throughput.measure,
    "overheads": overheads.measure,
    "growth": growth.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure; returns the exit code: 1 where a part failed."""
    options = _parser().parse_args(arguments)
    before = os.getloadavg()[0]
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"  {time.monotonic() - began:6.1f} s  {what}", file=sys.stderr, flush=True)

    figures: list[Figure] = []
    failed = False
    print(heading(), flush=True)
    for name, measure in _chosen(options):
        print(f"\n{name}", flush=True)
        try:
            for figure in measure(say, options.limit):
                figures.append(figure)
                print(line(figure), flush=True)
        except (MeasurementError, EngineError) as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr)
        except KeyboardInterrupt:
            print(f"{name}: interrupted", file=sys.stderr)
            return 130
    load = (before, os.getloadavg()[0])
    print(f"\nload average {load[0]:.1f} before, {load[1]:.1f} after")
    if options.json is not None:
        options.json.write_text(json.dumps(as_json(figures, load), indent=2) + "\n")
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="measure this part; may be repeated"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one epoch of the peer, and ours in as many seconds"
    )
    parser.add_argument(
        "--speed", action="store_true", help="images per second alone, on a quiet machine"
    )
    parser.add_argument(
        "--threads", type=int, default=0, metavar="N", help="with --speed; 0 for all processors"
    )
    parser.add_argument(
        "--most-busy",
        type=float,
        default=MOST_BUSY,
        metavar="X",
        help=f"with --speed: processors that others may use [default: {MOST_BUSY:g}]",
    )
    parser.add_argument(
        "--peer", type=Path, metavar="FILE", help="keep the peer's 20 epochs there, and reuse them"
    )
    parser.add_argument(
        "--limit", type=int, default=0, metavar="N", help="train on the first N images; 0 for all"
    )
    return parser


def _chosen(options: argparse.Namespace) -> Iterator[tuple[str, Measure]]:
    if options.quick:
        yield "quick", time_to_quality.measure_quick
        return
    if options.speed:
        yield "speed", lambda say, _: speed.measure(say, options.threads, options.most_busy)
        return
    for name, measure in PARTS.items():
        if options.only is None or name in options.only:
            yield name, measure if name != "quality" else _with_peer(options.peer)


def _with_peer(kept: Path | None) -> Measure:
    return lambda say, limit: time_to_quality.measure(say, limit, kept)


if __name__ == "__main__":
    sys.exit(main())
