"""Holds a session to the rate limit of the police.uk API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from requests_ratelimiter import LimiterAdapter
from urllib3.util import Retry

from orchestration.sources.http import RETRIED_STATUSES, PatientRetry, retries_of

# police.uk allows 15 requests a second with bursts of 30: at most 30 in any two seconds keeps both.
REQUESTS_PER_SECOND = 15
WINDOW_SECONDS = 2
# What is asked for by area, and refused with 503 when the area holds too much.
AREA_PATHS = ("crimes-street/", "outcomes-at-location", "stops-street")


class _RetryInTurn(PatientRetry):
    """Retries that wait for their turn under a rate limit, which counts first attempts alone by itself."""

    take_turn: Callable[[], Any]

    @classmethod
    def like(cls, retry: Retry, take_turn: Callable[[], Any]) -> _RetryInTurn:
        """Return retries as many and as patient as the given ones."""
        copy = cls.__new__(cls)
        copy.__dict__.update(retry.__dict__, take_turn=take_turn)
        return copy

    def new(self, **changes: Any) -> _RetryInTurn:
        """Return a copy with some arguments changed."""
        return self.like(super().new(**changes), self.take_turn)

    def sleep(self, response: Any = None) -> None:
        """Pause as long as the server or the backoff asks, then wait for a turn."""
        super().sleep(response)
        self.take_turn()


def limit_requests(session: requests.Session, base_url: str) -> None:
    """Hold a session to the police.uk API's rate limit; calling it twice changes nothing.

    Parameters
    ----------
    session
        Session whose requests below ``base_url`` are to be limited.
    base_url
        Address of the API, such as ``https://data.police.uk/api``.
    """
    prefix = f"{base_url}/"
    if prefix in session.adapters:
        return
    limited = LimiterAdapter(per_second=REQUESTS_PER_SECOND, burst=WINDOW_SECONDS)
    host = urlsplit(base_url).netloc
    retry = _RetryInTurn.like(retries_of(session, base_url), lambda: limited.limiter.try_acquire(host))
    limited.max_retries = retry
    session.mount(prefix, limited)
    # Here 503 means "over 10,000 records": asking the same again would not help, a smaller area does.
    split = retry.new(status_forcelist=RETRIED_STATUSES - {503})
    for path in AREA_PATHS:
        session.mount(f"{prefix}{path}", LimiterAdapter(limiter=limited.limiter, max_retries=split))
