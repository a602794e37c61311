"""The families of cases. Every module adds its own when it is read."""

from families import (  # noqa: F401
    core,
    reading,
    signed,
    members,
    time,
    names,
    owners,
    keys,
    links,
    rules,
    matching,
    patterns,
    parameters,
    sublayouts,
    sublayout_evidence,
    statements,
    attestations,
    inspections,
    order,
    texts,
)
