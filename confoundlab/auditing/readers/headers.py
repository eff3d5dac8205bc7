"""What image files say before a pixel is decoded, as factors: nothing in it is of the subject.

Serves the claim that the label can be named from the files alone. The size in bytes is left out:
it depends on what is in the picture.
"""

from __future__ import annotations

import pandas as pd

from confoundlab.auditing.readers.tables import MISSING
from confoundlab.design.kinds import Kind
from confoundlab.images.file_properties import of_images
from confoundlab.images.headers import EXIF, HEADER
from confoundlab.images.imageset import ImageSet


def of_files(images: ImageSet) -> tuple[pd.DataFrame, dict[str, Kind]]:
    """Return what the headers of an image set's files say, and the kind of each column.

    Parameters
    ----------
    images : ImageSet
        Arrays have no files; of them only width and height are known.

    Returns
    -------
    DataFrame
        A row an image: ``width`` and ``height`` in pixels; ``format``, ``mode``, JPEG's
        ``quantisation`` and ``subsampling``; ``frames``; make, model, software and orientation of
        EXIF, and whether there is a colour profile. Columns that are the same for all images are
        left out, and those with another text for each image.
    dict of str to {"classes", "measured"}
        By column.
    """
    if images.files is None:
        columns = [name for name in ("height", "width") if name in images.table]
        table = images.table[columns].reset_index(drop=True)
    else:
        told = of_images(images)[list(HEADER)]
        assert images.files is not None
        rest = images.files[list(EXIF)].reset_index(drop=True).astype(object)
        table = pd.concat([told, rest], axis=1)
    found, kinds = {}, dict[str, Kind]()
    for name in map(str, table.columns):
        values = table[name]
        numbers = name in ("width", "height", "quantisation", "frames") and values.notna().all()
        column = values.astype(float) if numbers else values.astype(object)
        if not numbers:
            column = column.where(values.notna(), MISSING).astype(str)
        if column.nunique() < 2 or (not numbers and column.nunique() == len(column)):
            continue
        found[name] = column
        kinds[name] = "measured" if numbers and column.nunique() > 2 else "classes"
    return pd.DataFrame(found, index=range(len(images))), kinds
