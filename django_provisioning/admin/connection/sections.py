"""What stands on the page of a connection beside its form: health, policies in words, tokens, domains, requests."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from ...models import Connection
from ...reports.connections import problems, with_health
from ...reports.policies_in_words import attribute_rules, in_words
from ...reports.sentences import Facts
from ...reports.tokens import lines
from ..request import requests_context

_MOST_TOKENS = 50


def sections(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    """Give what the template shows [3 queries, and those of the requests].

    Of the stored row: after a form that was refused, the one at hand holds what somebody has only typed.
    """
    now = timezone.now()
    stored = with_health(now).get(pk=connection.pk)
    tokens = list(stored.tokens.order_by("-created_at", "-pk")[:_MOST_TOKENS])
    domains = list(stored.domains.order_by("domain"))
    verified = tuple(str(one.domain) for one in domains if one.verified_at is not None)
    facts = Facts(verified, has_token=stored.has_token)
    return {
        "stored": stored,
        "problems": problems(stored, now),
        "topics": in_words(stored, facts),
        "attribute_rules": attribute_rules(stored),
        "token_lines": lines(tokens, now),
        "domains": domains,
        **requests_context(request, stored),
    }
