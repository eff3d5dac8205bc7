from . import evidence as evidence
from . import nets as nets
from . import pointed as pointed
from . import views as views
from .evidence import (
    compared as compared,
)
from .evidence import (
    coverage as coverage,
)
from .evidence import (
    factor_map as factor_map,
)
from .evidence import (
    false_alarms as false_alarms,
)
from .evidence import (
    latest_nulls as latest_nulls,
)
from .evidence import (
    planted as planted,
)
from .evidence import (
    power_curves as power_curves,
)
from .nets import (
    accuracies as accuracies,
)
from .nets import (
    confusion as confusion,
)
from .nets import (
    crop_sizes as crop_sizes,
)
from .nets import (
    leak_map as leak_map,
)
from .nets import (
    mean_image as mean_image,
)
from .nets import (
    remedies as remedies,
)
from .nets import (
    titled as titled,
)
from .views import (
    boxes_on_mean as boxes_on_mean,
)
from .views import (
    class_means as class_means,
)
from .views import (
    crop_picker as crop_picker,
)
from .views import (
    crops as crops,
)
from .views import (
    sessions as sessions,
)
