"""The shop floor as configured: each camera's station on the line, with its zones."""

from dataclasses import dataclass

from agent.config import AgentConfig, CameraConfig, ZoneConfig
from agent.count_book import CountBook, Notebook
from agent.counting import time_zone
from agent.deciding import Decider, Rules
from agent.events import EventTracker
from agent.framing import Box, Framing
from agent.identity import Identity
from agent.line import Station, Zone
from agent.motion import MotionGate, MotionRules
from agent.picture_watch import PictureWatch, WatchRules
from agent.ports import FrameSource
from agent.source import parse_source
from agent.values import Spot

_WHOLE = ZoneConfig(name="all", box=(0.0, 0.0, 1.0, 1.0))  # the zone where none are configured


def zone_names(camera: CameraConfig) -> tuple[str, ...]:
    """The zones of a camera; `all` is the whole picture, where none are configured."""
    return tuple(zone.name for zone in camera.zones or (_WHOLE,))


@dataclass(frozen=True, slots=True)
class Floor:
    """What all stations stand on."""

    config: AgentConfig
    rules: Rules
    identity: Identity
    notebook: Notebook

    def station(self, camera: CameraConfig, source: FrameSource) -> Station:
        """A camera's station, which takes its pictures from `source`."""
        config, finite = self.config, parse_source(camera.source).finite
        # A video at full pace is a file to be judged, picture by picture, and not a shop to be watched.
        judged_all = camera.pace == "fast" and finite
        motion = MotionRules(0.0 if judged_all else config.motion.threshold, config.motion.recheck_s)
        picture = config.picture
        watched = picture.watch and not finite
        return Station(
            camera=camera.name,
            source=source,
            framing=Framing(camera.rotate, Box(*camera.crop)),
            watch=PictureWatch(WatchRules(picture.after_s, picture.frozen_s)) if watched else None,
            zones=tuple(
                self._zone(Spot(camera.name, zone.name), Box(*zone.box), motion) for zone in camera.zones or (_WHOLE,)
            ),
        )

    def _zone(self, spot: Spot, box: Box, motion: MotionRules) -> Zone:
        name = f"{self.identity.session}-{spot.camera}-{spot.zone}"
        return Zone(
            spot=spot,
            box=box,
            gate=MotionGate(motion),
            decider=Decider(self.rules),
            tracker=EventTracker(name, update_s=self.config.decision.update_s),
            tally=CountBook(spot, self.identity.labels, time_zone(self.config.time_zone), self.notebook),
        )
