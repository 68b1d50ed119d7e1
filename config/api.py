"""The API: each app's router, joined into one."""

import accounts.urls
import todos.urls
from common.api.routers import ResourceRouter

router = ResourceRouter()
router.extend(accounts.urls.router)
router.extend(todos.urls.router)
