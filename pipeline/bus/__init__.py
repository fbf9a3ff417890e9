"""The event bus: publisher, outbox, replay and the client that subscribes."""
