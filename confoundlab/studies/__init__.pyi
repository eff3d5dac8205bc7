from . import (
    experiment as experiment,
)
from . import (
    judging as judging,
)
from . import (
    leakmap as leakmap,
)
from . import (
    parameters as parameters,
)
from . import (
    planted as planted,
)
from . import (
    predictions as predictions,
)
from . import (
    question as question,
)
from . import (
    run as run,
)
from . import (
    store as store,
)
from .experiment import (
    Experiment as Experiment,
)
from .experiment import (
    Treated as Treated,
)
from .experiment import (
    cheap_rivals as cheap_rivals,
)
from .experiment import (
    ladder as ladder,
)
from .experiment import (
    transformed as transformed,
)
from .experiment import (
    treated as treated,
)
from .judging import Judging as Judging
from .leakmap import crop_size_sweep as crop_size_sweep
from .leakmap import leak_map as leak_map
from .parameters import (
    Parameter as Parameter,
)
from .parameters import (
    declared as declared,
)
from .parameters import (
    notebook_source as notebook_source,
)
from .parameters import (
    read_notebook as read_notebook,
)
from .parameters import (
    resolve as resolve,
)
from .planted import (
    contrast as contrast,
)
from .planted import (
    patterns as patterns,
)
from .planted import (
    plant as plant,
)
from .planted import (
    share_marked as share_marked,
)
from .predictions import (
    forest_probabilities as forest_probabilities,
)
from .predictions import (
    held_out_predictions as held_out_predictions,
)
from .predictions import (
    probabilities as probabilities,
)
from .question import Answer as Answer
from .question import PlantedLeak as PlantedLeak
from .question import Question as Question
from .run import Measured as Measured
from .run import StudyRun as StudyRun
from .store import Computed as Computed
from .store import provenance as provenance
from .store import read_results as read_results
