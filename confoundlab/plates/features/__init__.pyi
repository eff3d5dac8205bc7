from . import (
    embeddings as embeddings,
)
from . import (
    focus as focus,
)
from . import (
    handcrafted as handcrafted,
)
from . import (
    nets as nets,
)
from . import (
    nuclei as nuclei,
)
from . import (
    sites as sites,
)
from . import (
    survey as survey,
)
from . import (
    tables as tables,
)
from .embeddings import (
    Projection as Projection,
)
from .embeddings import (
    embed as embed,
)
from .embeddings import (
    principal as principal,
)
from .embeddings import (
    tsne as tsne,
)
from .focus import edge_width as edge_width
from .focus import focus_score as focus_score
from .handcrafted import (
    cell_density as cell_density,
)
from .handcrafted import (
    foreground as foreground,
)
from .handcrafted import (
    otsu as otsu,
)
from .handcrafted import (
    statistics as statistics,
)
from .nets import Net as Net
from .nets import load as load
from .nets import read_weights as read_weights
from .nuclei import (
    Patches as Patches,
)
from .nuclei import (
    cut as cut,
)
from .nuclei import (
    label_nuclei as label_nuclei,
)
from .nuclei import (
    patches as patches,
)
from .nuclei import (
    segment as segment,
)
from .nuclei import (
    together as together,
)
from .sites import Sites as Sites
from .sites import measure as measure
from .sites import smaller as smaller
from .survey import SiteTable as SiteTable
from .survey import cells as cells
from .tables import (
    FocusSites as FocusSites,
)
from .tables import (
    PlateTable as PlateTable,
)
from .tables import (
    bbbc021 as bbbc021,
)
from .tables import (
    cardiac_quality as cardiac_quality,
)
from .tables import (
    cardiac_screen as cardiac_screen,
)
from .tables import (
    focus_sites as focus_sites,
)
from .tables import (
    lincs_counts as lincs_counts,
)
from .tables import (
    nf1_quality as nf1_quality,
)
