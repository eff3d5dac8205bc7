"""The store: results with provenance, computed once and found again.

Two kinds of record, both readable without this package:

- a *computation* (the predictions of one net) is a Parquet file in the cache, named by the
  digest of everything that it depends on, the version of what computes included (`versions`),
  with that and its provenance as JSON in the metadata;
- a *run* of a study is ``results.json``, whose form ``results.schema.json`` holds. The published
  ones lie in ``results/`` of the repository.
"""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pyarrow as pa

from confoundlab.errors import InputError
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Judgement
from confoundlab.storage.cache import load_table, save_table
from confoundlab.storage.files import cache_root, code_digest, text_digest, write_aside
from confoundlab.storage.versions import VERSIONS, computed_by

_KEY = b"confoundlab"


@dataclass(frozen=True)
class Computed:
    """A computation's table and where it came from."""

    table: pd.DataFrame
    provenance: dict[str, Any]


def provenance() -> dict[str, Any]:
    """Return when, by what and on what kind of machine a result is made now."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": metadata.version("confoundlab"),
        "code": code_digest()[:16],
        "computed_by": computed_by(*VERSIONS),
        "python": platform.python_version(),
        "torch": metadata.version("torch"),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def find(inputs: dict[str, Any]) -> Computed | None:
    """Return what was computed before from these inputs, if anything was."""

    def read(stored: pa.Table) -> Computed:
        kept = json.loads(stored.schema.metadata[_KEY])
        if kept["inputs"] != json.loads(json.dumps(inputs)):
            raise ValueError("its inputs are others")
        return Computed(stored.to_pandas(), kept["provenance"])

    return load_table(_place(inputs), read)


def keep(inputs: dict[str, Any], table: pd.DataFrame, notes: dict[str, Any]) -> Computed:
    """Keep a computation's result, to be found again by its inputs.

    Parameters
    ----------
    inputs : dict
        Everything that the result depends on, as JSON can hold it; what computes it is named
        with its version (`versions.computed_by`).
    table : DataFrame
        The result.
    notes : dict
        For its provenance (the engine, for one).
    """
    made = provenance() | notes
    record = json.dumps({"inputs": inputs, "provenance": made})
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), _KEY: record.encode()})
    save_table(_place(inputs), arrow)
    return Computed(table, made)


def _place(inputs: dict[str, Any]) -> Path:
    key = text_digest(json.dumps(inputs, sort_keys=True))
    return cache_root() / "computed" / f"{key[:32]}.parquet"


def results_schema() -> dict[str, Any]:
    """Return the JSON schema of ``results.json``."""
    file = resources.files("confoundlab.studies") / "results.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def evidence_record(evidence: Evidence, **where: Any) -> dict[str, Any]:
    """Return evidence as ``results.json`` holds it; `where` adds row, view, split and so on."""
    return _rounded(where | asdict(evidence) | {"remarks": list(evidence.remarks)})


def judgement_record(judgement: Judgement) -> dict[str, Any]:
    """Return a verdict as ``results.json`` holds it, beside its evidence."""
    return _rounded(asdict(judgement) | {"reasons": list(judgement.reasons)})


def _rounded(record: dict[str, Any]) -> dict[str, Any]:
    return {
        # six significant digits are finer than one image in a million
        key: float(f"{value:.6g}") if isinstance(value, float) else value
        for key, value in record.items()
    }


def write_results(path: Path, results: dict[str, Any]) -> Path:
    """Check a run's results against the schema and write them."""
    jsonschema.validate(json.loads(json.dumps(results)), results_schema())
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    return write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def read_results(path: Path) -> dict[str, Any]:
    """Read a run's results; raise `InputError` where they are missing or malformed."""
    try:
        results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.validate(results, results_schema())
    except FileNotFoundError:
        raise InputError(f"There are no results at {path}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    except jsonschema.ValidationError as error:
        raise InputError(f"{path} does not have the form of results: {error.message}") from None
    return results
