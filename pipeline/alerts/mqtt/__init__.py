"""Publishes what a node sees at an MQTT broker, with Home Assistant's discovery."""
