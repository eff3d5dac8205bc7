# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Audit your own images
#
# You have a folder of images, perhaps a table, and a classifier that does well. Before you write that down, ask
# whether it could have done so without the subject. One command asks everything that this book is about.
#
# ```
# confoundlab audit photos --out report
# ```
#
# `photos` holds a folder for each class, with or without `train`, `val` and `test` above them. The report is one
# HTML file, `report/audit.html`. It begins with one sentence and a table of verdicts.
#
# ## Give it a table
#
# With folders alone the audit can look for copies, read the files' headers and hide the subject. It cannot know
# what it would most need to know: how each image was taken. A table with a row an image tells it.
#
# ```
# confoundlab audit photos --table photos.csv --label species --group tree --factor camera --factor day --out report2
# ```
#
# | option | what it names |
# |---|---|
# | `--table` | CSV with any separator, TSV, Parquet, Excel or JSON lines. Rows are joined to images by path, file name or stem; what is left over on either side is named |
# | `--label` | the column that the classifier is to name |
# | `--group` | what must not lie on both sides of a split: a patient, a tree, a well |
# | `--factor` | a column about how the image was taken: site, scanner, plate, operator. Give it again for each |
# | `--time` | when the image was taken |
# | `--split` | the split that you train and test with |
# | `--predictions` | your model's answers: a column `predicted`, or one of scores for each class |
# | `--features` | embeddings of the images, `.npy` or `.parquet` |
# | `--bit-depth` | how many bits a camera fills of its 16-bit files |
# | `--profile full` | more nets, and nets on every control |
# | `--fail-on` | kinds of findings that end the command with exit code 3 |
#
# Everything is read as text, so that patient `007` stays `007`. What you do not name is taken from columns with the
# usual names, and the report says so.
#
# ## What it asks, cheapest first
#
# 1. **Can the data answer at all?** Where every class has a scanner of its own, no test can tell the two apart.
#    The verdict is NOT IDENTIFIABLE, and the next step is the smallest set of images that would mend it.
# 2. **Copies and groups.** Equal pixels under two names, under two labels, or on both sides of your split; patients
#    on both sides of it. A split without either is written beside the report.
# 3. **Without a pixel.** Does the table name the label? Do the headers of the files: size, format, compression?
# 4. **Without the subject.** Four corners, the border, the flattest patch and the image with its centre black, fitted
#    to your images. A probe, a forest and LeNet-5 are asked beside each other.
# 5. **Which factor can mislead?** One that says something about the label *and* that pixels tell.
# 6. **Three splits.** Whole images under a random split, with groups apart, and with a site left out.
# 7. **How often does the audit err here?** Labels are shuffled at the level at which they were given, and all
#    probes of controls are asked again.
#
# All tests share one correction, so that a clean folder is seldom called a leak however much is asked.
#
# ## Does it name what is there?
#
# Thirteen folders were made with a known truth, and audited. The middle column is what was planted.

# %% tags=["remove-input"]
import json
from pathlib import Path

import pandas as pd
from IPython.display import Markdown, display

from confoundlab import escape, report

stored = Path("../results/audit")
planted = pd.DataFrame(json.loads((stored / "planted.json").read_text(encoding="utf-8"))["folders"])
display(report.table(planted.drop(columns=["right", "seconds"])))
display(
    Markdown(
        f"{planted['right'].sum()} of {len(planted)} simulated folders were named rightly: all that was planted was "
        "found, and nothing else was called. Probes and forests only; an audit of your images trains nets as well."
    )
)

# %% tags=["remove-input"]
clean = stored / "clean.json"
if clean.is_file():
    designs = pd.DataFrame(json.loads(clean.read_text(encoding="utf-8"))["designs"])
    lines = [
        f"- {one.design}: {one.leaks} of {one.draws} (95% interval {one.low:.1%} to {one.high:.1%})"
        for one in designs.itertuples()
    ]
    said = "Simulated folders without anything planted, drawn again and again; in how many was anything called a leak:"
    display(Markdown("\n".join([said, "", *lines])))

# %% [markdown]
# ## One real report, read aloud

# %% tags=["remove-input"]
real = json.loads((stored / "covid.json").read_text(encoding="utf-8"))
said = real["summary"]
MEANS = {
    "NOT IDENTIFIABLE": "This ends one question for good. However well a classifier does on these images, nobody can say from "
    "them alone what it looked at. More images of the same kind do not help; the ones named as the next step would.",
    "LEAK": "This is what a classifier could use without looking at the subject. It does not say that yours does. "
    "Where the report warns that a control may hold some of the subject, look at its pictures before you argue.",
    "COPIES": "Accuracy on such images is memory. The report lists them, and writes a split without them.",
    "STRADDLING": "Accuracy under this split is partly knowing the patient again. Use the split that the report writes.",
}
lines = [
    f"These are {real['n_images']} published chest X-rays, as their files lie, with the table that came with them:",
    f"```\n{real['command']}\n```",
    f"The first line of the report: **{escape.markdown(said['first_line'])}**",
]
seen = set()
for one in said["findings"]:
    lines.append(
        f"**{one['kind']}, {escape.markdown(one['where'])}.** {escape.markdown(one['words'])}"
    )
    if one["kind"] not in seen:
        lines.append(f"*What to make of it.* {MEANS.get(one['kind'], '')}")
    seen.add(one["kind"])
counts = said["counts"]
lines.append(
    f"How often does it err on these very images? Of {counts['shuffled labellings']} labellings that were shuffled, "
    f"so that nothing was there to be found, {counts['shuffled labellings called']} would have been called a leak by any probe."
)
lines.append(
    "What the report assumed, or left over: "
    + " ".join(escape.markdown(note) for note in said["notes"])
)
display(Markdown("\n\n".join(lines)))

# %% [markdown]
# ## Read a verdict
#
# [Evidence and verdicts](/how_to_read.md) explains the words. Three of them are often misread.
#
# - **LEAK** says that the label is told by what you see in the row of that control. Look at the pictures in the
#   report first: where the subject reaches into a corner, the corner tells the subject.
# - **INCONCLUSIVE** is no acquittal. The report says how large a leak could have been missed.
# - **NO LEAK FOUND** is about the controls that were asked. A session that shows only in the middle of the picture
#   is not seen by any of them.
#
# A control tells what a net *could* use. Whether yours did is asked by its own answers: `--predictions`.
#
# ## In a test, in a workflow, in Python
#
# ```python
# import confoundlab
# from confoundlab.auditing import assert_none, headline
# from confoundlab.auditing.findings import findings
#
# done = confoundlab.audit("photos", table="photos.csv", label="species", factors=["camera"])
# print(headline(findings(done)))
#
#
# def test_the_data_set():
#     assert_none("photos", "LEAK,COPIES,STRADDLING", table="photos.csv", label="species")
# ```
#
# A workflow of GitHub that refuses a data set:
#
# ```yaml
# name: audit
# on: [push]
# jobs:
#   audit:
#     runs-on: ubuntu-latest
#     steps:
#       - uses: actions/checkout@v4
#       - uses: actions/setup-python@v5
#         with: {python-version: "3.12"}
#       - run: pip install confoundlab
#       - run: confoundlab audit photos --fail-on LEAK,NOT_IDENTIFIABLE,COPIES --out report
#       - uses: actions/upload-artifact@v4
#         if: always()
#         with: {name: report, path: report}
# ```
#
# :::{admonition} Exercise
# :class: tip
# Take forty photographs of two objects with your telephone: one object on Monday, the other on Tuesday. Put each
# into a folder of its name and audit them. Then take forty more, both objects on both days, with the day in a
# table, and audit these. Which first line changes, and why does the first folder need a table before it can say
# NOT IDENTIFIABLE?
# :::
