from . import (
    aliasing as aliasing,
)
from . import (
    columns as columns,
)
from . import (
    duplicates as duplicates,
)
from . import (
    inference as inference,
)
from . import (
    labelling as labelling,
)
from . import (
    power as power,
)
from . import (
    simulated_studies as simulated_studies,
)
from . import (
    splits as splits,
)
from .aliasing import Identifiability as Identifiability
from .aliasing import identifiability as identifiability
from .columns import (
    check_predictions as check_predictions,
)
from .columns import (
    classes as classes,
)
from .columns import (
    codes as codes,
)
from .columns import (
    counted as counted,
)
from .columns import (
    factors as factors,
)
from .columns import (
    features as features,
)
from .columns import (
    is_measured as is_measured,
)
from .columns import (
    scores as scores,
)
from .duplicates import (
    clusters as clusters,
)
from .duplicates import (
    exact as exact,
)
from .duplicates import (
    merge_groups as merge_groups,
)
from .duplicates import (
    near as near,
)
from .duplicates import (
    perceptual_hashes as perceptual_hashes,
)
from .duplicates import (
    straddling as straddling,
)
from .duplicates import (
    without_copies as without_copies,
)
from .inference import combined as combined
from .inference import logit_ends as logit_ends
from .labelling import Labelling as Labelling
from .labelling import NoPermutationError as NoPermutationError
from .power import (
    Design as Design,
)
from .power import (
    imbalanced as imbalanced,
)
from .power import (
    intraclass_correlation as intraclass_correlation,
)
from .power import (
    minimum_detectable as minimum_detectable,
)
from .power import (
    power_table as power_table,
)
from .simulated_studies import (
    Fit as Fit,
)
from .simulated_studies import (
    Layout as Layout,
)
from .simulated_studies import (
    answering as answering,
)
from .simulated_studies import (
    ranking as ranking,
)
from .simulated_studies import (
    smallest_p as smallest_p,
)
from .splits import (
    Split as Split,
)
from .splits import (
    apart as apart,
)
from .splits import (
    equal_classes as equal_classes,
)
from .splits import (
    grouped as grouped,
)
from .splits import (
    grouped_folds as grouped_folds,
)
from .splits import (
    k_fold as k_fold,
)
from .splits import (
    leave_arc_out as leave_arc_out,
)
from .splits import (
    leave_out as leave_out,
)
from .splits import (
    straddling as straddling,
)
from .splits import (
    stratified as stratified,
)
from .splits import (
    two_sessions as two_sessions,
)
