"""Asks in-toto itself, as it was installed; only its clock stands still."""

import contextlib
import datetime
import logging
import types
from unittest import mock

from in_toto import verifylib
from in_toto.models import layout as layout_model
from in_toto.models.metadata import Metadata


def clock(now):
    """What in-toto uses of the class `datetime`, at a fixed time."""
    time = datetime.datetime.strptime(now, "%Y-%m-%dT%H:%M:%S%z")
    return types.SimpleNamespace(now=lambda zone: time.astimezone(zone), today=lambda: time.replace(tzinfo=None))


@contextlib.contextmanager
def stopped(now):
    """in-toto as of `now`: when layouts expire, and when those would that do not say it."""
    logging.disable(logging.CRITICAL)
    with (
        mock.patch.object(verifylib, "datetime", types.SimpleNamespace(datetime=clock(now))),
        mock.patch.object(layout_model, "datetime", clock(now)),
    ):
        yield


def verify(directory, owners, parameters, now):
    """What in-toto 3.1 says: `None` where it verifies, otherwise the exception."""
    try:
        with stopped(now):
            layout = Metadata.load(str(directory / "root.layout"))
            verifylib.in_toto_verify(
                layout,
                owners,
                link_dir_path=str(directory),
                substitution_parameters=parameters,
                persist_inspection_links=False,
            )
    except Exception as error:  # noqa: BLE001 (whatever it raises is a refusal)
        return error
    return None
