from . import gallery as gallery
from . import page as page
from . import standards as standards
from .standards import croissant as croissant
from .standards import items as items
