from common.api.filters import BooleanFilter, ContainsFilter, DateTimeFilter, ResourceFilter


class TodoFilter(ResourceFilter):
    completed = BooleanFilter()
    title = ContainsFilter()
    created_after = DateTimeFilter("created_at", "gte")
    created_before = DateTimeFilter("created_at", "lte")
