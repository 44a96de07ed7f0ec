"""What a second worker brings: a step alone and with two processes, and a model of it for more.

Run with ``python -m benchmarks.scaling`` on a machine that does nothing else; it takes a minute.
What two processes on one machine show is the cost of the communication, not of a network.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.processes import Finding, MeasurementError, findings
from vae_engine.distributed.distribution import Distribution

BATCH = 128
WORKERS = (1, 2, 4, 8)
NETWORKS = {"1 Gbit/s": 125e6, "10 Gbit/s": 1.25e9, "100 Gbit/s": 12.5e9}
# Of a message between two machines of one room.
NETWORK_LATENCY_MS = 0.1


@dataclass(frozen=True)
class Scaling:
    """A step's time by the number of workers: milliseconds, and bytes per step.

    `time(n) = fixed + image * batch / n + latency + traffic(n) / bandwidth`; the first two are what
    one worker computes, and do not hold below a few images per worker.

    Attributes:
        fixed: what a step costs however few its images are: Adam, and the start of operations.
        image: what an image adds.
        latency: of an all-reduce of nothing between two workers.
        payload: bytes of the gradients, and of the three losses that travel with them.
        bandwidth: bytes per second of an all-reduce between two workers.
    """

    fixed: float
    image: float
    latency: float
    payload: int
    bandwidth: float

    def traffic(self, workers: int) -> float:
        """Bytes that each worker sends, and receives, in a step: a ring's 2 (n - 1) / n of all."""
        return 2 * (workers - 1) / workers * self.payload

    def compute(self, workers: int) -> float:
        """Milliseconds of computing on each worker."""
        return self.fixed + self.image * BATCH / workers

    def step(self, workers: int, bandwidth: float | None = None, latency: float = 0.0) -> float:
        """Milliseconds of a step.

        Args:
            workers: how many.
            bandwidth: of their network, bytes per second; None for the measured one.
            latency: of each of the ring's 2 (n - 1) messages, on top of the measured one.
        """
        if workers == 1:
            return self.compute(1)
        sent = 1e3 * self.traffic(workers) / (bandwidth or self.bandwidth)
        return self.compute(workers) + self.latency + 2 * (workers - 1) * latency + sent


def fit(alone: dict[int, float], reduce: dict[int, float]) -> Scaling:
    """The model from measured times.

    Args:
        alone: milliseconds of one worker's step, by batch size; two sizes.
        reduce: milliseconds of an all-reduce between two workers, by float32 numbers; 1 and all.
    """
    small, large = sorted(alone)
    image = (alone[large] - alone[small]) / (large - small)
    _, parameters = sorted(reduce)
    payload = 4 * (parameters + 3)
    seconds = max(1e-6, (reduce[parameters] - reduce[1]) / 1e3)
    return Scaling(
        fixed=max(0.0, alone[large] - image * large),
        image=image,
        latency=reduce[1],
        payload=payload,
        bandwidth=payload / seconds,  # Of two workers each sends 2 (2 - 1) / 2 of it.
    )


def _time_alone(threads: int, sizes: str) -> dict[int, float]:
    found = findings("benchmarks.scaling_worker", "--threads", threads, "--batch-sizes", sizes)
    return {one["batch_size"]: one["step_ms"] for one in found}


def _time_pair() -> list[Finding]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    workers = tuple(f"127.0.0.1:{probe.getsockname()[1]}" for probe in probes)
    for probe in probes:
        probe.close()

    def run(index: int) -> list[Finding]:
        here = Distribution(workers=workers, index=index)
        return list(findings("benchmarks.scaling_worker", *here.arguments()))

    with ThreadPoolExecutor(2) as pool:
        first, _ = pool.map(run, range(2))
    return first


def main(arguments: list[str] | None = None) -> int:
    """Measure; returns the exit code: 1 where a process failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    before = os.getloadavg()[0]
    try:
        one_thread = _time_alone(1, f"{BATCH // 2},{BATCH}")
        two_threads = _time_alone(2, str(BATCH))[BATCH]
        pair = _time_pair()
    except MeasurementError as error:
        print(error, file=sys.stderr)
        return 1
    both = next(one["step_ms"] for one in pair if "step_ms" in one)
    model = fit(one_thread, {one["numbers"]: one["reduce_ms"] for one in pair if "numbers" in one})
    alone = one_thread[BATCH]
    print(f"one worker, one thread      {alone:6.1f} ms a step of {BATCH} images")
    print(f"one worker, two threads     {two_threads:6.1f} ms, {alone / two_threads:.2f} times")
    print(f"two workers, a thread each  {both:6.1f} ms, {alone / both:.2f} times")
    print(f"  by the model              {model.step(2):6.1f} ms")
    print(
        f"a step: {model.fixed:.1f} ms and {1e3 * model.image:.0f} us an image; all-reduce of "
        f"{model.payload:,} bytes: {model.latency:.2f} ms and {model.bandwidth / 1e9:.2f} GB/s"
    )
    for name, bandwidth in NETWORKS.items():
        times = [model.step(n, bandwidth, NETWORK_LATENCY_MS) for n in WORKERS]
        row = "  ".join(
            f"{n}: {time:6.1f} ms ({times[0] / time:.2f})"
            for n, time in zip(WORKERS, times, strict=True)
        )
        print(f"{name:>10}  {row}")
    print(f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after")
    if options.json is not None:
        found = {"alone": one_thread, "two_threads": two_threads, "pair": both}
        options.json.write_text(json.dumps({**found, "model": asdict(model)}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
