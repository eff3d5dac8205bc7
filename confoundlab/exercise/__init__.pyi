from . import folder as folder
from . import grading as grading
from . import solution as solution
from . import tasks as tasks
from .folder import images_mark as images_mark
from .folder import write_task as write_task
from .grading import (
    Answer as Answer,
)
from .grading import (
    Mark as Mark,
)
from .grading import (
    check as check,
)
from .grading import (
    grade as grade,
)
from .grading import (
    lenet as lenet,
)
from .grading import (
    read_answer as read_answer,
)
from .solution import (
    Solution as Solution,
)
from .solution import (
    component as component,
)
from .solution import (
    fair_task as fair_task,
)
from .solution import (
    named_by_session as named_by_session,
)
from .solution import (
    read_design as read_design,
)
from .solution import (
    solve as solve,
)
from .tasks import Assignment as Assignment
