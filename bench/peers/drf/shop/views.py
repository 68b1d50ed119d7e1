from django_filters import rest_framework as filters
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.views import TokenObtainPairView

from shop.models import Item


class ItemSerializer(serializers.ModelSerializer):
    store_manager_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Item
        fields = (
            "id",
            "name",
            "description",
            "category",
            "price_usd",
            "in_stock",
            "store_manager_id",
            "created_at",
            "updated_at",
        )


class ItemFilter(filters.FilterSet):
    price_usd_min = filters.NumberFilter(field_name="price_usd", lookup_expr="gte")

    class Meta:
        model = Item
        fields = ("category", "in_stock")


class ItemViewSet(ModelViewSet):
    queryset = Item.objects.all()
    serializer_class = ItemSerializer
    filterset_class = ItemFilter

    def perform_create(self, serializer):
        serializer.save(store_manager_id=self.request.auth["store"])

    @action(detail=False, methods=["post"])
    def bulk(self, request):
        serializer = self.get_serializer(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        store = request.auth["store"]
        items = Item.objects.bulk_create(Item(**row, store_manager_id=store) for row in serializer.validated_data)
        return Response(self.get_serializer(items, many=True).data, status=status.HTTP_201_CREATED)


class LoginSerializer(TokenObtainPairSerializer):
    @classmethod
    def get_token(cls, user):
        token = super().get_token(user)
        token["store"] = str(user.store_manager.pk)
        return token


class LoginView(TokenObtainPairView):
    serializer_class = LoginSerializer
