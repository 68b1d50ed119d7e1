from common.api.filters import ContainsFilter, ResourceFilter


class StoreManagerFilter(ResourceFilter):
    name = ContainsFilter()
