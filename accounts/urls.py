from accounts import views
from common.api.routers import ResourceRouter

router = ResourceRouter()
router.register("users", views.RegistrationViewSet, basename="users-registration")
router.register("users", views.SignInViewSet, basename="users-sign-in")
router.register("users", views.PasswordViewSet, basename="users-password")
router.register("users", views.AddressViewSet, basename="users-address")
router.register("users", views.MeViewSet, basename="users-me")
router.register("users/me/sessions", views.SessionViewSet, basename="users-me-sessions")
router.register("token", views.TokenViewSet, basename="token")
router.register("users/me/tokens", views.PersonalTokenViewSet, basename="users-me-tokens")
router.register("audit-events", views.AuditEventViewSet, basename="audit")
router.register("roles", views.RoleViewSet, basename="roles")
router.register("permissions", views.PermissionViewSet, basename="permissions")
# Last, since it takes any id.
router.register("users", views.UserViewSet, basename="users")
