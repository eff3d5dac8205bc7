from . import (
    bank as bank,
)
from . import (
    lenet as lenet,
)
from . import (
    lenet_cuda as lenet_cuda,
)
from . import (
    lenet_kernels as lenet_kernels,
)
from . import (
    lenet_simd as lenet_simd,
)
from . import (
    linear as linear,
)
from . import (
    simd as simd,
)
from .bank import BankResult as BankResult
from .bank import engine_here as engine_here
from .bank import train_bank as train_bank
from .lenet import (
    LeNet5 as LeNet5,
)
from .lenet import (
    Scale as Scale,
)
from .lenet import (
    Standardised as Standardised,
)
from .lenet import (
    Task as Task,
)
from .lenet import (
    fresh_net as fresh_net,
)
from .lenet import (
    probabilities as probabilities,
)
from .lenet import (
    scale_of as scale_of,
)
from .lenet import (
    train_net as train_net,
)
from .linear import Logistic as Logistic
from .linear import Ridge as Ridge
