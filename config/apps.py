from django.contrib.admin.apps import AdminConfig


class StockroomAdminConfig(AdminConfig):
    default_site = "config.admin.StockroomAdminSite"
