"""Pictures of what cameras show now, for pages that people watch: published beside the events, and never stored."""
