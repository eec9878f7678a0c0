"""The camera agent: sees garments, decides, and says so over MQTT."""
