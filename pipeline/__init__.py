"""Streams in, identity events out: readers, mailbox, engine, publisher."""
