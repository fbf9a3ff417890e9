"""The state of logging of this process, put back after a test that opens a log or installs redaction."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_logging() -> Iterator[None]:
    """Put back the root's handlers and level, the factory of records, and what prints uncaught errors."""
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    handlers, level, hooks = root.handlers[:], root.level, (sys.excepthook, threading.excepthook)
    try:
        yield
    finally:
        for handler in root.handlers:
            if handler not in handlers:
                handler.close()
        root.handlers[:], root.level = handlers, level
        logging.setLogRecordFactory(factory)
        logging.captureWarnings(False)
        sys.excepthook, threading.excepthook = hooks
