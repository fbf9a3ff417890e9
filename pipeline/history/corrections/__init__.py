"""What operators say of the past: this is Ada, this is not, rename, merge; each can be undone, and is audited."""
