from . import (
    copies as copies,
)
from . import (
    download as download,
)
from . import (
    fetching as fetching,
)
from . import (
    loading as loading,
)
from . import (
    proof as proof,
)
from . import (
    references as references,
)
from . import (
    unpacking as unpacking,
)
from .copies import find_folder as find_folder
from .copies import folder_of as folder_of
from .copies import open_dataset as open_dataset
from .download import DownloadError as DownloadError
from .download import Resuming as Resuming
from .fetching import fetch as fetch
from .fetching import target as target
from .fetching import terms as terms
from .loading import available as available
from .loading import load as load
from .loading import usable as usable
from .proof import Comparison as Comparison
from .proof import compare as compare
from .references import reference as reference
from .unpacking import (
    Limits as Limits,
)
from .unpacking import (
    RefusedArchiveError as RefusedArchiveError,
)
from .unpacking import (
    unpack as unpack,
)
