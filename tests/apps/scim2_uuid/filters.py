"""The project's own filter, apart from the adapters because django-scim2 imports it while it defines them."""

from __future__ import annotations

from django_scim.filters import UserFilterQuery

OFFICE = "urn:example:params:scim:schemas:office:2.0:User"


class EmployeeFilter(UserFilterQuery):
    """Filters on one column more."""

    attr_map = {**UserFilterQuery.attr_map, ("badge", None, OFFICE): "badge"}
