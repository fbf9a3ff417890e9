"""Names the receivers of the settings, without their secrets, for whoever checks a configuration."""

from pipeline.settings.types import Settings


def describe_deliveries(settings: Settings) -> dict[str, str]:
    """What each section delivers to; sections without a receiver are left out."""
    found = {
        "mqtt": settings.mqtt.broker,
        "webhooks": ", ".join(f"{receiver.name} ({receiver.template})" for receiver in settings.webhooks.receivers),
        "mail": ", ".join(settings.mail.recipients) if settings.mail.server else "",
    }
    return {section: receivers for section, receivers in found.items() if receivers}
