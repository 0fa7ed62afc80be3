"""The outside world as the core and the applications see it. Each port has an in-memory fake in `whinchat.testing`."""

from __future__ import annotations

from whinchat.core.ports.jobs import (
    Claim,
    Job,
    JobState,
    Queue,
)
from whinchat.core.ports.machine import (
    Clock,
    Limit,
    Metric,
    MetricKind,
    Metrics,
    Random,
    RateLimiter,
    Workers,
)
from whinchat.core.ports.storage import (
    EMPTY,
    Batch,
    Database,
    Migration,
    OpenDatabase,
    Row,
    SealedColumn,
    Sealer,
    Statement,
    Value,
    joined,
)
from whinchat.core.ports.transports import (
    Sink,
    Transport,
)
from whinchat.core.ports.web import (
    Certificate,
    Fetcher,
    FetchFault,
    FetchHop,
    HttpClient,
    HttpLimits,
    HttpResponse,
    Resolver,
    Step,
    Visit,
    VisitLimits,
)

__all__ = [
    "EMPTY",
    "Batch",
    "Certificate",
    "Claim",
    "Clock",
    "Database",
    "FetchFault",
    "FetchHop",
    "Fetcher",
    "HttpClient",
    "HttpLimits",
    "HttpResponse",
    "Job",
    "JobState",
    "Limit",
    "Metric",
    "MetricKind",
    "Metrics",
    "Migration",
    "OpenDatabase",
    "Queue",
    "Random",
    "RateLimiter",
    "Resolver",
    "Row",
    "SealedColumn",
    "Sealer",
    "Sink",
    "Statement",
    "Step",
    "Transport",
    "Value",
    "Visit",
    "VisitLimits",
    "Workers",
    "joined",
]
