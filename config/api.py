"""The API: each app's router, joined into one."""

import accounts.urls
import items.urls
import stores.urls
import todos.urls
from common.api.routers import ResourceRouter

router = ResourceRouter()
# In the order in which a path is compared with them: what is asked for the most comes first.
router.extend(items.urls.router)
router.extend(todos.urls.router)
router.extend(stores.urls.router)
router.extend(accounts.urls.router)
