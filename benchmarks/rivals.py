"""Other auditors on the nulls of our calibration, through their documented entry points.

    make rivals                              all tools and designs, in an environment of its own
    python benchmarks/rivals.py --draws 20   a rough look, stored nowhere

Each tool answers the question that it is made for; what it was not told is said in the table. Rows
are stored as they are done, and an interrupted run goes on with those that lack. mlconfound 0.21.3
is not among the tools: it needs setuptools' `pkg_resources` and a pygam that calls
`csr_matrix.A`, which SciPy removed in 1.14.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a process a core, so no threads inside
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import contextlib
import io
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, permutation_test_score
from tqdm import tqdm

from confoundlab.calibration import Cell, Drawn, draw
from confoundlab.errors import InputError
from confoundlab.evidence import label_from_factors, probe
from confoundlab.storage.files import write_aside

STORE = Path(__file__).parents[1] / "results" / "rivals" / "rivals.csv"
LEVEL = 0.05
DRAWS = 1000  # of each design
_SIDE = 16  # pixels of a drawn picture

NULLS = {
    "800 images, no groups": Cell(800),
    "200 images of 40 patients": Cell(200, 5),
    "240 images of 12 patients": Cell(240, 20),
    "400 images, nine to one": Cell(400, majority=0.9),
    "400 images of 80 patients, nine to one": Cell(400, 5, majority=0.9),
}
LEAKS = {
    "800 images, no groups": Cell(800, leak=0.35),
    "200 images of 40 patients": Cell(200, 5, leak=1.2),
    "400 images, nine to one": Cell(400, majority=0.9, leak=0.8),
}
SITES = {
    "800 images, no groups, 4 sites": Cell(800, n_batches=4, layout="crossed"),
    "200 images of 40 patients, 4 sites": Cell(200, 5, n_batches=4, layout="crossed"),
    "240 images of 12 patients, 4 sites": Cell(240, 20, n_batches=4, layout="crossed"),
}
TILTED = {
    "800 images, no groups, 4 sites": Cell(800, n_batches=4, layout="partly aliased"),
    "200 images of 40 patients, 4 sites": Cell(200, 5, n_batches=4, layout="partly aliased"),
}


def ours(drawn: Drawn) -> bool | None:
    """Ask a ridge probe, its labels permuted patient by patient; None where it refuses the draw."""
    try:
        found = probe(drawn.features, drawn.labels, groups=drawn.groups, n_permutations=199)
    except InputError:  # no fold with two classes
        return None
    return found.p_value <= LEVEL


def sklearn_plain(drawn: Drawn) -> bool | None:
    """`permutation_test_score` as its own example calls it; 19 permutations hold 5 % exactly."""
    return _sklearn(drawn, cv=5)


def sklearn_groups(drawn: Drawn) -> bool | None:
    """Ask the same, told the patients: its labels then move inside patients only."""
    return _sklearn(drawn, cv=StratifiedGroupKFold(5), groups=drawn.groups)


def _sklearn(drawn: Drawn, **how: Any) -> bool | None:
    """Whether it calls the draw; None where it has no score, as in a fold of one class.

    The p-value beside a score that is no number is the least there is, and is no finding.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fold without the rare class warns
        score, _, p_value = permutation_test_score(
            LogisticRegression(max_iter=200),
            drawn.features,
            drawn.labels,
            n_permutations=19,
            scoring="roc_auc",
            random_state=drawn.seed,
            **how,
        )
    return bool(p_value <= LEVEL) if np.isfinite(score) else None


def ours_site(drawn: Drawn) -> bool | None:
    """Whether the site names the label of unseen patients; None where it refuses the draw."""
    site = pd.DataFrame({"site": [f"site {batch}" for batch in drawn.batches]})
    try:
        found = label_from_factors(site, drawn.labels, drawn.groups, n_permutations=199)
    except InputError:
        return None
    return found.p_value <= LEVEL


def dataeval_parity(drawn: Drawn) -> bool:
    """`dataeval.core.parity`: a G-test of the factor against the label."""
    from dataeval.core import parity

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cells with fewer than five images warn
        found = parity(drawn.batches[:, None], drawn.labels)
    return bool(found["p_values"][0] <= LEVEL)


def cleanlab_datalab(drawn: Drawn) -> bool:
    """`Datalab.find_issues` on pictures whose brightness is the first feature.

    Called where any property of the pictures has a score below its threshold of 0.3.
    """
    from cleanlab import Datalab
    from datasets import Dataset, disable_progress_bars
    from PIL import Image

    disable_progress_bars()
    rng = np.random.default_rng([drawn.seed, 1])
    noise = rng.normal(0, 5, (len(drawn.labels), _SIDE, _SIDE))
    levels = 128 + 25 * drawn.features[:, :1, None] + noise
    pictures = [Image.fromarray(one) for one in levels.clip(0, 255).astype(np.uint8)]
    held = Dataset.from_dict({"image": pictures, "label": drawn.labels.tolist()})
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        lab = Datalab(held, label_name="label", image_key="image", verbosity=0)
        lab.find_issues()
        scores = lab.get_info("spurious_correlations")["correlations_df"]["score"]
    return bool((scores < 0.3).any())


@dataclass(frozen=True)
class Tool:
    """An auditor: what it asks, what it was told, and on which designs it is tried."""

    name: str
    package: str
    told: str
    question: str
    call: Callable[[Drawn], bool | None]
    nulls: dict[str, Cell]
    leaks: dict[str, Cell]


_FEW = ("800 images, no groups", "200 images of 40 patients", "240 images of 12 patients")
TOOLS = (
    Tool("confoundlab, probe", "confoundlab", "images, labels, patients",
         "do features tell the label", ours, NULLS, LEAKS),
    Tool("confoundlab, label from factors", "confoundlab", "sites, labels, patients",
         "does the site go with the label", ours_site, SITES, TILTED),
    Tool("DataEval, parity", "dataeval", "sites, labels (it takes no patients)",
         "does the site go with the label", dataeval_parity, SITES, TILTED),
    Tool("scikit-learn, permutation test", "scikit-learn", "images, labels",
         "do features tell the label", sklearn_plain, NULLS, LEAKS),
    Tool("scikit-learn, permutation test with groups", "scikit-learn", "images, labels, patients",
         "do features tell the label", sklearn_groups,
         {name: NULLS[name] for name in _FEW[1:]}, {_FEW[1]: LEAKS[_FEW[1]]}),
    Tool("cleanlab, Datalab", "cleanlab", "images, labels (it takes no patients)",
         "does brightness go with the label", cleanlab_datalab,
         {name: NULLS[name] for name in _FEW[1:]}, {_FEW[1]: LEAKS[_FEW[1]]}),
)  # fmt: skip


def _called(call: Callable[[Drawn], bool | None], cell: Cell, seed: int) -> bool | None:
    return call(draw(cell, seed))


def measure(
    tool: Tool, name: str, cell: Cell, truth: str, draws: int, pool: ProcessPoolExecutor
) -> dict[str, Any]:
    """Return one row: how many draws the tool calls, with an exact 95 % interval."""
    work = [pool.submit(_called, tool.call, cell, seed) for seed in range(draws)]
    found = [one.result() for one in tqdm(work, f"{tool.name}: {name}, {truth}", leave=False)]
    answered = [one for one in found if one is not None]
    called = sum(answered)
    low, high = binomtest(called, len(answered)).proportion_ci(method="exact")
    return {
        "tool": tool.name,
        "version": metadata.version(tool.package),
        "told": tool.told,
        "question": tool.question,
        "design": name,
        "truth": truth,
        "draws": len(answered),
        "refused": draws - len(answered),
        "called": called,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _is_done(row: dict[str, Any] | None, tool: Tool) -> bool:
    """Whether a stored row has all draws, of the version that is installed."""
    if row is None or row["version"] != metadata.version(tool.package):
        return False
    return bool(row["draws"] + row["refused"] >= DRAWS)


def _in_order(rows: dict[tuple[str, str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows in the order of the tools, whichever was measured last."""
    wanted = [(tool.name, truth, name) for tool in TOOLS
              for truth, cells in (("no leak", tool.nulls), ("leak", tool.leaks))
              for name in cells]  # fmt: skip
    return [rows[key] for key in wanted if key in rows]


@click.command()
@click.option("--draws", type=click.IntRange(1), help="Of each design; nothing is stored.")
def main(draws: int | None) -> None:
    """Try all tools on all designs; false alarms first."""
    known = pd.read_csv(STORE) if STORE.is_file() and draws is None else pd.DataFrame()
    rows = {(row["tool"], row["truth"], row["design"]): row for row in known.to_dict("records")}
    with ProcessPoolExecutor() as pool:
        for tool in TOOLS:
            for truth, cells in (("no leak", tool.nulls), ("leak", tool.leaks)):
                for name, cell in cells.items():
                    key = tool.name, truth, name
                    if _is_done(rows.get(key), tool):
                        continue
                    rows[key] = measure(tool, name, cell, truth, draws or DRAWS, pool)
                    click.echo(f"{tool.name}; {name}; {truth}: {rows[key]['called']} called")
                    if draws is None:
                        text = pd.DataFrame(_in_order(rows)).to_csv(index=False)
                        write_aside(STORE, lambda aside, text=text: aside.write_text(text))


if __name__ == "__main__":
    main()
