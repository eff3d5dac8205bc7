from . import audits as audits
from . import data_sets as data_sets
from . import exercises as exercises
from . import program as program
from . import runs as runs
from .program import main as main
