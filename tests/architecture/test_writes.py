"""Only ``lifecycle`` writes: everything else of the package, read line by line (DESIGN §3)."""

from __future__ import annotations

import pytest

from tests.architecture.sources import Module, modules
from tests.architecture.writes import writes_in

# The rooms that may write, and each expression elsewhere that looks like a write and is none, with its reason.
_WRITERS = ("lifecycle", "models")
_ALLOWED = {
    (
        "jit/allauth.py",
        "SocialAccount.objects.update_or_create",
    ): "allauth's own row of the login, no table of ours",
    ("jit/social.py", "social.save"): "social-auth's own row of the login, no table of ours",
    (
        "management/explanations.py",
        "handler.create",
    ): "the handler's verb, in a rehearsal that is rolled back",
    (
        "management/explanations.py",
        "handler.delete",
    ): "the handler's verb, in a rehearsal that is rolled back",
    ("testing/revokers.py", "user.save"): "a person in a test of a project's own",
    ("scim/bulk.py", "handler.create"): "the handler's verb, which goes through the lifecycle",
    # The self-test makes credentials as their packages do, and has to go the project's own ways past this app.
    ("selftest/probes/authtoken.py", "model.objects.get_or_create"): "authtoken's own row",
    ("selftest/probes/knox.py", "get_token_model().objects.create"): "knox's own row",
    ("selftest/probes/oauth.py", "application.save"): "a row of the OAuth toolkit",
    ("selftest/probes/oauth.py", "access.save"): "a row of the OAuth toolkit",
    ("selftest/probes/oauth.py", "refresh.save"): "a row of the OAuth toolkit",
    ("selftest/probes/sessions.py", "request.session.save"): "the session that Django's login has filled",
    ("selftest/probes/simplejwt.py", "outstanding.objects.filter(user=user).delete"): "simplejwt's own rows",
    ("selftest/ways/application.py", "user.save"): "plays the project's own code, which is what is proven",
    (
        "selftest/ways/application.py",
        "get_user_model()._base_manager.filter(pk=person.pk).update",
    ): "plays the project's own code, as above",
    ("scim/bulk.py", "handler.delete"): "the handler's verb, which goes through the lifecycle",
    (
        "scim2_bridge/handlers.py",
        "self.mapping.save",
    ): "the project's adapter writes, inside ``lifecycle.delegation``",
    ("scim2_bridge/handlers.py", "self.mapping.delete"): "as above",
    ("scim2_bridge/mapping.py", "adapter.save"): "as above",
    (
        "scim2_bridge/mapping.py",
        "self.adapter_class(row, request=request_for(base_url)).delete",
    ): "as above",
    ("scim2_bridge/mapping.py", "self.save"): "as above",
    ("scim2_bridge/patching.py", "self.mapping.save"): "as above",
    ("scim/views.py", "handler_for(endpoint).create"): "the handler's verb, which goes through the lifecycle",
    ("scim/views.py", "self._handler(endpoint, scim_id).delete"): "the handler's verb, as above",
}

_PLANTED = {
    "a saved user": "def f(user):\n    user.save()",
    "a save that names its fields": "def f(user):\n    user.save(update_fields=['is_active'])",
    "an asynchronous save": "async def f(user):\n    await user.asave()",
    "a created row": "Identity.objects.create(user=user)",
    "a row made on demand": "Account.objects.get_or_create(user=user)",
    "a row updated or made": "Account.objects.update_or_create(user=user)",
    "rows in bulk": "Event.objects.bulk_create(rows)",
    "rows updated in bulk": "Identity.objects.bulk_update(rows, ['active'])",
    "a queryset update": "get_user_model().objects.filter(pk=1).update(is_active=False)",
    "an update of a whole table": "User._default_manager.update(is_staff=True)",
    "a deleted row": "def f(link):\n    link.delete()",
    "a deleted queryset": "Identity.objects.filter(pk=1).delete()",
    "a member added": "def f(user, group):\n    user.groups.add(group)",
    "members set": "def f(group, users):\n    group.user_set.set(users)",
    "a member removed": "def f(user, group):\n    user.groups.remove(group)",
    "members cleared": "def f(group):\n    group.user_set.clear()",
    "a related row made": "def f(link):\n    link.nested.create(child=link)",
    "related rows cleared": "def f(user):\n    user.provisioning_identities.clear()",
    "a new user": "get_user_model().objects.create_user('ada')",
    "SQL": "with connection.cursor() as cursor:\n    cursor.execute('UPDATE auth_user SET is_staff = 1')",
    "the lifecycle's own tool": "from ..lifecycle.transactions import update_fields\nupdate_fields(user)",
    "the lifecycle's own tool by its module": "from ..lifecycle import transactions\ntransactions.update_fields(user)",
    "a method handed on": "list(map(User.save, users))",
    "a method under another name": "def f(user):\n    write = user.save\n    write()",
    "a method by its name": "getattr(user, 'save')()",
    "a class that came through the lifecycle": "from ..lifecycle.join import Account\nAccount.objects.create(user=1)",
    "a lock": "Identity.objects.select_for_update()",
}
_HARMLESS = {
    "a dict": "columns.update(more)\ncolumns.clear()",
    "a set": "names.add('ada')\nnames.remove('ada')",
    "the cache": "from django.core.cache import cache\ncache.set('a', 1)\ncache.delete('a')",
    "the lifecycle": "from ...lifecycle import groups as lifecycle\nlifecycle.create(context, changes)",
    "a verb of the lifecycle": "from ...lifecycle.leave import delete\ndelete(context, identity)",
    "a read": "Identity.objects.of(connection).filter(scim_id=scim_id).values('id').first()",
    "a header": "response.headers.update({'ETag': version})",
    "another attribute": "getattr(user, 'is_active')",
}


@pytest.mark.parametrize("source", _PLANTED.values(), ids=_PLANTED)
def test_checker_planted_write_is_found(source: str) -> None:
    """The checker sees every way of writing that Django has."""
    found = writes_in(Module("scim/planted.py", source))

    assert len(found) == 1


@pytest.mark.parametrize("source", _HARMLESS.values(), ids=_HARMLESS)
def test_checker_harmless_source_is_not_reported(source: str) -> None:
    """Dicts, sets, caches, reads and calls of the lifecycle are no writes."""
    found = writes_in(Module("scim/harmless.py", source))

    assert found == []


def test_package_outside_lifecycle_writes_nothing() -> None:
    """No module outside ``lifecycle`` and ``models`` writes a row, but for what the allow-list explains."""
    elsewhere = [module for module in modules() if module.room not in _WRITERS]

    found = [write for module in elsewhere for write in writes_in(module)]

    assert [str(write) for write in found if (write.path, write.expression) not in _ALLOWED] == []


def test_allow_list_every_entry_is_used() -> None:
    """An exception that nothing needs any more is taken out of the list."""
    found = {(write.path, write.expression) for module in modules() for write in writes_in(module)}

    assert set(_ALLOWED) - found == set()
