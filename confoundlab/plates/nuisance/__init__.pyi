from . import (
    batch_mixing as batch_mixing,
)
from . import (
    density as density,
)
from . import (
    focus_trial as focus_trial,
)
from . import (
    heatmaps as heatmaps,
)
from . import (
    wells as wells,
)
from .batch_mixing import Mixing as Mixing
from .batch_mixing import lisi as lisi
from .batch_mixing import mixing as mixing
from .density import (
    control_wells as control_wells,
)
from .density import (
    explained as explained,
)
from .density import (
    plate_medians as plate_medians,
)
from .density import (
    position_grids as position_grids,
)
from .density import (
    told_by_count as told_by_count,
)
from .focus_trial import (
    brightest as brightest,
)
from .focus_trial import (
    judge as judge,
)
from .focus_trial import (
    known_blurs as known_blurs,
)
from .focus_trial import (
    least_inside as least_inside,
)
from .focus_trial import (
    summary as summary,
)
from .focus_trial import (
    untouched as untouched,
)
from .heatmaps import (
    at_edge as at_edge,
)
from .heatmaps import (
    edge as edge,
)
from .heatmaps import (
    from_centre as from_centre,
)
from .heatmaps import (
    grid as grid,
)
from .heatmaps import (
    plate_shape as plate_shape,
)
from .heatmaps import (
    radial as radial,
)
from .heatmaps import (
    rank_correlation as rank_correlation,
)
from .heatmaps import (
    site_grid as site_grid,
)
from .heatmaps import (
    well_means as well_means,
)
from .wells import Nuisance as Nuisance
from .wells import nuisance_in_controls as nuisance_in_controls
