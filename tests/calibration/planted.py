"""Plant each nuisance on plates at each strength, on 20 seeds, and ask for it; `make calibration`.

    python tests/calibration/planted.py             all dials, a quarter of an hour on two cores
    python tests/calibration/planted.py --seeds 2   a rough look, stored nowhere

An interrupted run goes on where it stopped.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a process a core, so no threads inside
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import click
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from confoundlab.console import Command
from confoundlab.plates.studies.planted_dials import N_SEEDS, QUESTIONS, STRENGTHS, planted, summary
from confoundlab.storage.cache import load_table, save_table
from confoundlab.storage.files import cache_root, text_digest, write_aside
from confoundlab.storage.machine import cores
from confoundlab.storage.versions import computed_by

STORE = Path(__file__).parents[2] / "results" / "calibration" / "planted.csv"


def work(seed: int) -> pd.DataFrame:
    """Ask for every dial of one seed, or find the answers in the cache."""
    key = text_digest("planted", str(seed), str(STRENGTHS), computed_by("plates", "statistics"))
    kept = cache_root() / "calibration" / f"planted-{key[:32]}.parquet"
    known = load_table(kept, lambda table: table.to_pandas())
    if known is not None:
        return known
    found = pd.concat(
        [planted(dial, strength, seed) for dial in QUESTIONS for strength in STRENGTHS],
        ignore_index=True,
    )
    save_table(kept, pa.Table.from_pandas(found, preserve_index=False))
    return found


@click.command(cls=Command)
@click.option("--seeds", type=click.IntRange(1), help="How many; nothing is stored.")
def main(seeds: int | None) -> None:
    """Measure what the analyses of plates find of what was planted."""
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(work, seed) for seed in range(seeds or N_SEEDS)]
        try:
            done = tqdm(as_completed(waiting), "planted", total=len(waiting))
            parts = [one.result() for one in done]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    table = pd.concat(parts).sort_values(["dial", "analysis", "strength", "seed"])
    click.echo(summary(table).round(3).to_string(index=False))
    if not seeds:
        text = table.to_csv(index=False, float_format="%.6g")
        write_aside(STORE, lambda aside: aside.write_text(text, encoding="utf-8"))
        click.echo(f"stored in {STORE}")


if __name__ == "__main__":
    main()
