"""Start a dask scheduler here, and its workers as jobs of Slurm (dask-jobqueue); they last until Ctrl-C.

    python deploy/slurm/start.py --jobs 4            # in a terminal of its own, on the machine where you grade
    autograder grade ch05 --cluster tcp://...        # in another one, with the address that it prints

`--show` prints the script of a job, and submits none. The settings are in jobqueue.yaml, beside this file.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
from pathlib import Path

import dask.config
from dask_jobqueue import SLURMCluster


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--jobs", type=int, default=1, help="jobs to keep; each has all workers of a machine"
    )
    options.add_argument("--settings", type=Path, default=Path(__file__).with_name("jobqueue.yaml"))
    options.add_argument("--show", action="store_true", help="print the script of a job, and submit none")
    chosen = options.parse_args()
    if not chosen.settings.is_file():
        options.error(f"there is no {chosen.settings}")
    for settings in dask.config.collect_yaml([str(chosen.settings)]):
        dask.config.update(dask.config.config, settings)
    with SLURMCluster(scheduler_options={"dashboard": False}) as cluster:
        if chosen.show:
            print(cluster.job_script())
            return
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a signal ends it as Ctrl-C does, jobs too
        cluster.scale(jobs=chosen.jobs)
        print(f"autograder grade ASSIGNMENT --cluster {cluster.scheduler_address}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                signal.pause()


if __name__ == "__main__":
    main()
