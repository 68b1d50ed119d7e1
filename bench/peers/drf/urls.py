from django.urls import include, path
from rest_framework.routers import DefaultRouter
from shop.views import ItemViewSet, LoginView

router = DefaultRouter(trailing_slash=False)
router.register("items", ItemViewSet)

urlpatterns = [
    path("api/v1/users/login", LoginView.as_view()),
    path("api/v1/", include(router.urls)),
]
