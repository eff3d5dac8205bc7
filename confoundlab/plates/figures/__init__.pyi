from . import als as als
from . import folds as folds
from . import grids as grids
from . import hover as hover
from . import sma as sma
