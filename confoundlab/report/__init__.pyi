from . import (
    benchmarks as benchmarks,
)
from . import (
    calibration as calibration,
)
from . import (
    comparison as comparison,
)
from . import (
    words as words,
)
from .benchmarks import (
    benchmark_words as benchmark_words,
)
from .benchmarks import (
    engine_table as engine_table,
)
from .benchmarks import (
    probe_table as probe_table,
)
from .comparison import Run as Run
from .comparison import read_run as read_run
from .words import STATES as STATES
from .words import (
    command as command,
)
from .words import (
    data_line as data_line,
)
from .words import (
    detectable as detectable,
)
from .words import (
    evidence_table as evidence_table,
)
from .words import (
    gap as gap,
)
from .words import (
    measured as measured,
)
from .words import (
    overtaken as overtaken,
)
from .words import (
    paper_row as paper_row,
)
from .words import (
    paper_table as paper_table,
)
from .words import (
    parameter_table as parameter_table,
)
from .words import (
    percent as percent,
)
from .words import (
    profile_table as profile_table,
)
from .words import (
    published as published,
)
from .words import (
    remedy_table as remedy_table,
)
from .words import (
    rerun as rerun,
)
from .words import (
    sentence as sentence,
)
from .words import (
    share as share,
)
from .words import (
    table as table,
)
