"""What MQTT, webhooks and mail share: received events wait in a file, each receiver gets them in order."""
