"""Drivers (OpenCV, paho, LiteRT, amqtt) behind the ports; imported here and nowhere else in the agent."""
