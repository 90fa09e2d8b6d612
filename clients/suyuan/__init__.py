"""Suyuan 溯源: the Python client of the traceability and recall service.

from suyuan import Suyuan

with Suyuan() as suyuan:
    for holding in suyuan.trace("06901234567892 L1").holdings:
        print(holding.site.name_zh, holding.affected_at)
"""

from suyuan.async_client import AsyncSuyuan
from suyuan.capture_queue import BadQueue, CaptureQueue, QueueFull, RefusedCapture
from suyuan.captures import CapturedEvent, CaptureJob, CaptureLimits, NotADocument, Standing
from suyuan.client import Suyuan
from suyuan.connection import BadConfiguration, Connection
from suyuan.imports import Import, ImportFault
from suyuan.keys import Accepted, Invitation, Key, Member, WhoAmI
from suyuan.problems import (
    BadInput,
    Conflict,
    Fault,
    NotAllowed,
    NotFound,
    Refused,
    SuyuanError,
    TooLarge,
    Unavailable,
    Unreachable,
    Unreadable,
    WrongField,
)
from suyuan.queries import NamedQuery, Subscription, verify_signature
from suyuan.recalls import Rebuilt, Recall, RecallHolder
from suyuan.registry import Batch, BatchDocument, Licence, Party, Person, Product, Site
from suyuan.reports import Check, CheckCoverage, Drill, Progress, Report
from suyuan.retry import NEVER, Retry
from suyuan.signals import Complaint, Looks, Suspect
from suyuan.trace_tables import MissingExtra
from suyuan.traces import Trace, TraceLine
from suyuan.units import Package, Unit, Verification

__all__ = [
    "NEVER",
    "Accepted",
    "AsyncSuyuan",
    "BadConfiguration",
    "BadInput",
    "BadQueue",
    "Batch",
    "BatchDocument",
    "CaptureJob",
    "CaptureLimits",
    "CaptureQueue",
    "CapturedEvent",
    "Check",
    "CheckCoverage",
    "Complaint",
    "Conflict",
    "Connection",
    "Drill",
    "Fault",
    "Import",
    "ImportFault",
    "Invitation",
    "Key",
    "Licence",
    "Looks",
    "Member",
    "MissingExtra",
    "NamedQuery",
    "NotADocument",
    "NotAllowed",
    "NotFound",
    "Package",
    "Party",
    "Person",
    "Product",
    "Progress",
    "QueueFull",
    "Rebuilt",
    "Recall",
    "RecallHolder",
    "Refused",
    "RefusedCapture",
    "Report",
    "Retry",
    "Site",
    "Standing",
    "Subscription",
    "Suspect",
    "Suyuan",
    "SuyuanError",
    "TooLarge",
    "Trace",
    "TraceLine",
    "Unavailable",
    "Unit",
    "Unreachable",
    "Unreadable",
    "Verification",
    "WhoAmI",
    "WrongField",
    "verify_signature",
]
