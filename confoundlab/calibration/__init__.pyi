from . import designs as designs
from . import fits as fits
from . import rates as rates
from . import trials as trials
from .designs import Cell as Cell
from .designs import Drawn as Drawn
from .designs import draw as draw
from .designs import group_sizes as group_sizes
from .fits import (
    all_columns as all_columns,
)
from .fits import (
    any_label as any_label,
)
from .fits import (
    fit_once as fit_once,
)
from .fits import (
    halves as halves,
)
from .fits import (
    nearness as nearness,
)
from .fits import (
    scores_of as scores_of,
)
from .fits import (
    table_of as table_of,
)
from .rates import (
    Coverage as Coverage,
)
from .rates import (
    covered as covered,
)
from .rates import (
    replicate as replicate,
)
from .rates import (
    summary as summary,
)
