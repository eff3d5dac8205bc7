from . import (
    book as book,
)
from . import (
    execution as execution,
)
from . import (
    page as page,
)
from . import (
    webpage as webpage,
)
from . import (
    widgets as widgets,
)
from .book import (
    binder_files as binder_files,
)
from .book import (
    dressed as dressed,
)
from .book import (
    duration as duration,
)
from .book import (
    page_offer as page_offer,
)
from .book import (
    parameters_file as parameters_file,
)
from .book import (
    repository as repository,
)
from .book import (
    study_offer as study_offer,
)
from .book import (
    with_buttons as with_buttons,
)
from .execution import execute as execute
from .execution import run_study as run_study
from .execution import settings as settings
from .page import (
    design as design,
)
from .page import (
    draw as draw,
)
from .page import (
    factor_map as factor_map,
)
from .page import (
    gap as gap,
)
from .page import (
    ladder as ladder,
)
from .page import (
    leak_map as leak_map,
)
from .page import (
    point_at as point_at,
)
from .page import (
    tell as tell,
)
from .webpage import standalone as standalone
from .webpage import write_page as write_page
from .widgets import (
    colour_explorer as colour_explorer,
)
from .widgets import (
    crop_explorer as crop_explorer,
)
from .widgets import (
    dial_explorer as dial_explorer,
)
