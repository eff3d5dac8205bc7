from . import (
    blurs as blurs,
)
from . import (
    cells as cells,
)
from . import (
    layout as layout,
)
from . import (
    microscope as microscope,
)
from . import (
    plateset as plateset,
)
from .blurs import (
    disc_blur as disc_blur,
)
from .blurs import (
    eight_bits as eight_bits,
)
from .blurs import (
    gaussian_blur as gaussian_blur,
)
from .blurs import (
    read_noise as read_noise,
)
from .blurs import (
    saturation as saturation,
)
from .blurs import (
    shot_noise as shot_noise,
)
from .blurs import (
    vignetting as vignetting,
)
from .cells import Look as Look
from .cells import paint_site as paint_site
from .layout import Line as Line
from .layout import PlateDesign as PlateDesign
from .layout import crossed as crossed
from .layout import lay_out as lay_out
from .microscope import (
    PlateDials as PlateDials,
)
from .microscope import (
    expose as expose,
)
from .microscope import (
    from_centre as from_centre,
)
from .microscope import (
    of_well as of_well,
)
from .microscope import (
    on_edge as on_edge,
)
from .plateset import PlateSet as PlateSet
from .plateset import simulate as simulate
