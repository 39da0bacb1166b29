"""A page for one act: it says what will happen, asks what must be known, and does it on POST.

Each checks its own permission, because ``admin_view`` only asks whether somebody is staff.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.functional import Promise
from django.views.generic import FormView

from ..exceptions import ProvisioningError
from ..lifecycle import transactions
from .forms import OperationForm

if TYPE_CHECKING:
    from .base import ProvisioningAdmin

    BaseView = FormView[forms.Form]
else:
    BaseView = FormView

Text = str | Promise


class OperationView(BaseView):
    """GET shows the form, POST acts. ``target`` is the row whose page the operation belongs to.

    ``perform`` runs in one transaction; what it refuses stands above the form. ``ends`` colours the button of an
    act that takes something away.
    """

    http_method_names = ["get", "post"]
    template_name = "admin/django_provisioning/operation.html"
    form_class: type[forms.Form] = OperationForm
    page: ProvisioningAdmin = None  # type: ignore[assignment]  # as_view() sets it
    title: ClassVar[Text]
    button: ClassVar[Text]
    ends: ClassVar[bool] = False
    target: Any

    @abstractmethod
    def is_allowed(self) -> bool:
        """Whether the person may do this to the target."""

    @abstractmethod
    def explanation(self) -> list[Text]:
        """What will happen, one paragraph each."""

    @abstractmethod
    def perform(self, form: Any) -> Any:
        """Act, through lifecycle verbs only.

        Raises:
            ProvisioningError: a verb refused.
        """

    @abstractmethod
    def done(self, result: Any) -> Text:
        """Say what happened; stands in the message and in the page's history, so never a secret."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find the target and check the permission before anything else."""
        self.target = self.find(self.page.model, pk=kwargs["object_id"])
        if not self.is_allowed():
            raise PermissionDenied
        request.current_app = self.page.admin_site.name
        return super().dispatch(request, *args, **kwargs)

    def find(self, model: type[Model], **key: Any) -> Any:
        """Give the row of the URL.

        Raises:
            Http404: there is none.
        """
        row = model._default_manager.filter(**key).first()
        if row is None:
            raise Http404
        return row

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Act, and go back to the page of the target."""
        try:
            result = transactions.run(lambda: self.perform(form))
        except ProvisioningError as error:
            form.add_error(None, error.detail)
            return self.form_invalid(form)
        self.page.log_change(self.request, self.target, str(self.done(result)))
        return self.answer(result)

    def answer(self, result: Any) -> HttpResponse:
        """Give the answer to an act that went through."""
        messages.success(self.request, str(self.done(result)))
        return HttpResponseRedirect(self.page.url_of(self.target))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give what the template shows."""
        return super().get_context_data(
            **self.page.admin_site.each_context(self.request),
            title=self.title,
            opts=self.page.opts,
            target=self.target,
            target_url=self.page.url_of(self.target),
            explanation=self.explanation(),
            button=self.button,
            ends=self.ends,
            media=self.page.media,
            **kwargs,
        )
