from importlib import import_module

from django.apps import AppConfig


class StoresConfig(AppConfig):
    name = "stores"
    verbose_name = "Stores"

    def ready(self) -> None:
        import_module("stores.openapi")  # drf-spectacular knows the extensions that have been imported
