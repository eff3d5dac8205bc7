from . import (
    decoding as decoding,
)
from . import (
    file_properties as file_properties,
)
from . import (
    imageset as imageset,
)
from . import (
    scanning as scanning,
)
from .decoding import CannotDecodeError as CannotDecodeError
from .decoding import decode as decode
from .decoding import to_gray as to_gray
from .file_properties import of_images as of_images
from .file_properties import properties as properties
from .imageset import ImageSet as ImageSet
from .imageset import View as View
from .scanning import pixel_digest as pixel_digest
from .scanning import scan as scan
