"""Who speaks."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.messages import ModelName
from agent.topics import Topics


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks: one device in one run (`session`), with its cameras' zones, its model and the garments it knows."""

    topics: Topics
    session: str
    agent_version: str
    zones: Mapping[str, tuple[str, ...]]
    labels: tuple[str, ...]
    model: ModelName
