"""Where results go inside the process: files, log, report, video, window."""
