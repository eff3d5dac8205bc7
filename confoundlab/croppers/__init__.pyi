from . import (
    crops as crops,
)
from . import (
    inset as inset,
)
from . import (
    patches as patches,
)
from . import (
    transforms as transforms,
)
from . import (
    vacuity as vacuity,
)
from .crops import (
    AsIs as AsIs,
)
from .crops import (
    BlankestPatch as BlankestPatch,
)
from .crops import (
    BorderRing as BorderRing,
)
from .crops import (
    Box as Box,
)
from .crops import (
    Centre as Centre,
)
from .crops import (
    CentreBlackout as CentreBlackout,
)
from .crops import (
    Corner as Corner,
)
from .crops import (
    EightPixels as EightPixels,
)
from .crops import (
    MeanColour as MeanColour,
)
from .crops import (
    Then as Then,
)
from .crops import (
    Whole as Whole,
)
from .crops import (
    stretch as stretch,
)
from .inset import alone as alone
from .inset import green_share as green_share
from .inset import green_shares as green_shares
from .patches import (
    background_patches as background_patches,
)
from .patches import (
    cell_free as cell_free,
)
from .patches import (
    cell_patches as cell_patches,
)
from .patches import (
    patches_at as patches_at,
)
from .transforms import (
    FourierMagnitude as FourierMagnitude,
)
from .transforms import (
    HaarApproximation as HaarApproximation,
)
from .transforms import (
    HighFrequencies as HighFrequencies,
)
from .transforms import (
    LowFrequencies as LowFrequencies,
)
from .transforms import (
    MeanLevel as MeanLevel,
)
from .transforms import (
    Median as Median,
)
from .transforms import (
    Normalised as Normalised,
)
from .transforms import (
    SortedPixels as SortedPixels,
)
from .transforms import (
    TileShuffle as TileShuffle,
)
from .vacuity import (
    constant_share as constant_share,
)
from .vacuity import (
    object_free as object_free,
)
from .vacuity import (
    unchanged as unchanged,
)
from .vacuity import (
    vacuous as vacuous,
)
