from . import (
    auc as auc,
)
from . import (
    conditional as conditional,
)
from . import (
    differences as differences,
)
from . import (
    factor_share as factor_share,
)
from . import (
    fit_tests as fit_tests,
)
from . import (
    held_out as held_out,
)
from . import (
    intervals as intervals,
)
from . import (
    multiplicity as multiplicity,
)
from . import (
    nuisance as nuisance,
)
from . import (
    probe_intervals as probe_intervals,
)
from . import (
    probes as probes,
)
from . import (
    reading as reading,
)
from . import (
    record as record,
)
from . import (
    remedies as remedies,
)
from . import (
    verdicts as verdicts,
)
from .auc import (
    PairCounts as PairCounts,
)
from .auc import (
    count_pairs as count_pairs,
)
from .auc import (
    weigh_pairs as weigh_pairs,
)
from .auc import (
    weighted_auc as weighted_auc,
)
from .conditional import partial_confounder_test as partial_confounder_test
from .differences import (
    Resampled as Resampled,
)
from .differences import (
    corrected_resampled_t as corrected_resampled_t,
)
from .differences import (
    difference as difference,
)
from .differences import (
    difference_in_auc as difference_in_auc,
)
from .factor_share import Explained as Explained
from .factor_share import explained_by_factor as explained_by_factor
from .fit_tests import (
    Fit as Fit,
)
from .fit_tests import (
    each_tested as each_tested,
)
from .fit_tests import (
    fewest as fewest,
)
from .fit_tests import (
    found_by as found_by,
)
from .fit_tests import (
    names_one as names_one,
)
from .held_out import accuracy as accuracy
from .held_out import default_metric as default_metric
from .held_out import roc_auc as roc_auc
from .intervals import (
    Interval as Interval,
)
from .intervals import (
    bootstrap as bootstrap,
)
from .intervals import (
    effective_number as effective_number,
)
from .intervals import (
    widened as widened,
)
from .multiplicity import benjamini_hochberg as benjamini_hochberg
from .multiplicity import holm as holm
from .nuisance import (
    Association as Association,
)
from .nuisance import (
    cramers_v as cramers_v,
)
from .nuisance import (
    factor_map as factor_map,
)
from .nuisance import (
    label_from_factors as label_from_factors,
)
from .nuisance import (
    probe_within_classes as probe_within_classes,
)
from .probe_intervals import Answers as Answers
from .probe_intervals import spread as spread
from .probe_intervals import unit_weights as unit_weights
from .probes import Probe as Probe
from .probes import probe as probe
from .reading import Reading as Reading
from .reading import both_tails as both_tails
from .reading import detectable as detectable
from .record import Evidence as Evidence
from .remedies import Removed as Removed
from .remedies import removed as removed
from .verdicts import (
    Judgement as Judgement,
)
from .verdicts import (
    Planted as Planted,
)
from .verdicts import (
    Verdict as Verdict,
)
from .verdicts import (
    verdict as verdict,
)
