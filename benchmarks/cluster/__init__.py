"""Workers on several raylets of one machine, against one process with the same cameras."""
