from . import (
    after_remedies as after_remedies,
)
from . import (
    background as background,
)
from . import (
    corrections as corrections,
)
from . import (
    folds as folds,
)
from . import (
    forests as forests,
)
from . import (
    gaze as gaze,
)
from . import (
    gradcam as gradcam,
)
from . import (
    laboratory as laboratory,
)
from . import (
    partial_dependence as partial_dependence,
)
from . import (
    rivals as rivals,
)
from .after_remedies import (
    Remedied as Remedied,
)
from .after_remedies import (
    at_hand as at_hand,
)
from .after_remedies import (
    confounded as confounded,
)
from .after_remedies import (
    remedied as remedied,
)
from .after_remedies import (
    summary as summary,
)
from .background import (
    OnBackground as OnBackground,
)
from .background import (
    empty_background as empty_background,
)
from .background import (
    on_background as on_background,
)
from .corrections import Wells as Wells
from .corrections import correct as correct
from .folds import (
    Fold as Fold,
)
from .folds import (
    FoldResult as FoldResult,
)
from .folds import (
    cnn as cnn,
)
from .folds import (
    leave_batch_out as leave_batch_out,
)
from .folds import (
    leave_pair_out as leave_pair_out,
)
from .folds import (
    linear as linear,
)
from .forests import (
    Drop as Drop,
)
from .forests import (
    Question as Question,
)
from .forests import (
    cut_drop as cut_drop,
)
from .forests import (
    lonely as lonely,
)
from .forests import (
    named_by_forest as named_by_forest,
)
from .gaze import (
    Gaze as Gaze,
)
from .gaze import (
    look as look,
)
from .gaze import (
    on_empty as on_empty,
)
from .gaze import (
    statistics_lost as statistics_lost,
)
from .gaze import (
    statistics_set as statistics_set,
)
from .gaze import (
    without_learning as without_learning,
)
from .gradcam import maps as maps
from .gradcam import named as named
from .gradcam import randomised as randomised
from .gradcam import scaled as scaled
from .laboratory import (
    Gap as Gap,
)
from .laboratory import (
    by_source as by_source,
)
from .laboratory import (
    depends as depends,
)
from .laboratory import (
    design as design,
)
from .laboratory import (
    design_words as design_words,
)
from .laboratory import (
    gap as gap,
)
from .laboratory import (
    labelled as labelled,
)
from .laboratory import (
    rank_of_same as rank_of_same,
)
from .laboratory import (
    unseen_people as unseen_people,
)
from .laboratory import (
    world as world,
)
from .partial_dependence import (
    clusters as clusters,
)
from .partial_dependence import (
    dependence as dependence,
)
from .partial_dependence import (
    importance as importance,
)
from .partial_dependence import (
    warning as warning,
)
from .rivals import (
    against_truth as against_truth,
)
from .rivals import (
    answers as answers,
)
from .rivals import (
    beyond_density as beyond_density,
)
from .rivals import (
    follows_density as follows_density,
)
from .rivals import (
    four_models as four_models,
)
