from . import als as als
from . import planted_dials as planted_dials
from . import real as real
from . import sma as sma
