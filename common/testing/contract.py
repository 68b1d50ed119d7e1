"""Everything that holds for every resource, as tests that a resource inherits in about ten lines."""

from common.testing.alike import Alike
from common.testing.alike_writes import AlikeWrites
from common.testing.bulk import Bulk
from common.testing.conditional import Conditional
from common.testing.hostile import Hostile
from common.testing.matrix import Matrix
from common.testing.queries import Queries
from common.testing.reading import Reading
from common.testing.repeatable import Repeatable
from common.testing.searching import Searching
from common.testing.writing import Writing


class ResourceContract(
    Matrix, Writing, Reading, Searching, Bulk, Conditional, Repeatable, Hostile, Queries, Alike, AlikeWrites
):
    """See `common.testing.base.ContractCase` for what a resource's class has to name."""
