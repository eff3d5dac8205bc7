from . import analysis as analysis
from . import features as features
from . import figures as figures
from . import nuisance as nuisance
from . import simulator as simulator
from . import studies as studies
