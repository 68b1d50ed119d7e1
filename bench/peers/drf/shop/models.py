"""The tables that are there already."""

from decimal import Decimal

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import MinLengthValidator, MinValueValidator
from django.db import models
from uuid_utils.compat import uuid7


class User(AbstractBaseUser):
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)

    objects = BaseUserManager()

    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "accounts_user"


class StoreManager(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="store_manager")

    class Meta:
        managed = False
        db_table = "stores_storemanager"


class Category(models.TextChoices):
    GROCERY = "Grocery"
    HOUSEHOLD = "Household"
    ELECTRONICS = "Electronics"
    STATIONERY = "Stationery"
    PERSONAL_CARE = "Personal Care"
    APPAREL = "Apparel"
    HOME_IMPROVEMENT = "Home Improvement"
    PET = "Pet"


class Item(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=64, validators=[MinLengthValidator(1)])
    description = models.TextField(max_length=10_000, blank=True, default="")
    category = models.CharField(max_length=32, choices=Category, null=True, blank=True)
    price_usd = models.DecimalField(
        max_digits=10, decimal_places=2, default=Decimal(0), validators=[MinValueValidator(Decimal(0))]
    )
    in_stock = models.BooleanField(default=True)
    store_manager = models.ForeignKey(StoreManager, on_delete=models.CASCADE, related_name="items", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "items_item"
        ordering = ("-id",)
