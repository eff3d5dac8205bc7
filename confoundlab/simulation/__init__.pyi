from . import (
    camera as camera,
)
from . import (
    canvas as canvas,
)
from . import (
    painters as painters,
)
from . import (
    painters_medical as painters_medical,
)
from . import (
    painters_microscopy as painters_microscopy,
)
from .camera import (
    Camera as Camera,
)
from .camera import (
    Dials as Dials,
)
from .camera import (
    lay_sessions as lay_sessions,
)
from .camera import (
    paint as paint,
)
from .camera import (
    photograph as photograph,
)
from .camera import (
    render as render,
)
from .camera import (
    simulate as simulate,
)
from .camera import (
    with_dials as with_dials,
)
from .painters import (
    Painter as Painter,
)
from .painters import (
    paint_face as paint_face,
)
from .painters import (
    paint_turntable as paint_turntable,
)
from .painters_medical import (
    paint_endoscopy as paint_endoscopy,
)
from .painters_medical import (
    paint_radiograph as paint_radiograph,
)
from .painters_microscopy import (
    Gene as Gene,
)
from .painters_microscopy import (
    Nucleus as Nucleus,
)
from .painters_microscopy import (
    paint_cells as paint_cells,
)
from .painters_microscopy import (
    paint_nucleus as paint_nucleus,
)
from .painters_microscopy import (
    paint_worm as paint_worm,
)
