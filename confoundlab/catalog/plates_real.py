"""Real plates of wells, in the place of the screens of Venugopalan et al. (2019).

The SMA and ALS screens were never released. These sets have the same traps: batches that are weeks,
genotypes that are columns, patients that are rows, density that follows plate and place.
"""

from __future__ import annotations

from confoundlab.catalog.entry import Page, Pictures, Study, TableSet

TABLES = (
    TableSet(
        name="focus_quality",
        title="BBBC006 sites, in focus and out of focus",
        source="https://github.com/google/microscopeimagequality (tests/data)",
        terms="Apache-2.0; BBBC006 by permission",
        citation="yang2018focus",
        pictures=Pictures(
            False,
            "Apache-2.0 is the licence of the repository; its images are changed copies of BBBC006 "
            "that its authors had permission to use.",
            "readme and licence of https://github.com/google/microscopeimagequality",
        ),
        defects=("The eleven labels of the set are fixtures that no measure of focus follows.",),
    ),
    TableSet(
        name="nf1_qc",
        title="NF1 Schwann cells, image quality of four plates",
        source="https://github.com/WayScience/nf1_schwann_cell_painting_data",
        terms="CC BY 4.0",
        citation="tomkinson2024nf1",
        pictures=None,
        defects=("On plates 3, 3 prime and 5 each genotype has columns of its own.",),
    ),
    TableSet(
        name="cardiac_fibroblast_qc",
        title="Cardiac fibroblasts, image quality of one plate",
        source="https://github.com/WayScience/cellpainting_predicts_cardiac_fibrosis",
        terms="CC0 1.0",
        citation="travers2024cardiac",
        pictures=None,
        defects=("Two healthy donors and four failing ones; hearts alternate by column.",),
    ),
    TableSet(
        name="cardiac_fibroblast_screen",
        title="Cardiac fibroblasts, cells of four replicate plates",
        source="https://github.com/WayScience/targeted_fibrosis_drug_screen",
        terms="CC0 1.0",
        citation="waylab2025fibrosis",
        pictures=None,
        defects=("One donor and one row of wells a class.", "Standardised plate by plate."),
    ),
    TableSet(
        name="bbbc021_profiles",
        title="BBBC021, well profiles of MCF-7 cells",
        source="https://github.com/cytomining/cytominergallery (inst/extdata)",
        terms="CC BY-NC-SA 3.0",
        citation="caie2010high",
        pictures=None,
        defects=("Two mechanisms of action were imaged in one week only.",),
    ),
    TableSet(
        name="lincs_cell_counts",
        title="LINCS Cell Painting, cell counts of wells",
        source="https://github.com/broadinstitute/lincs-cell-painting",
        terms="CC0 1.0",
        citation="way2022morphology",
        pictures=None,
        defects=("A compound lies in the same well on all its replicate plates.",),
    ),
)

STUDY = Study(
    name="plates_real",
    title="Real plates: weeks, columns, donors and density",
    tables=TABLES,
    pages=(Page("plates_real", "plates_real"),),
    profiles={
        "smoke": {"repeats": 1, "folds": 2, "permutations": 999, "crop": 128},
        "quick": {"repeats": 1, "permutations": 999},
        "paper": {"repeats": 5, "permutations": 9999},
    },
)
