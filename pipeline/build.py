"""The composition root: settings in, a job out. pipeline/parts makes the parts, and here they meet."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace

import cv2
import msgspec

from detectors.runtime import Runtime
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.main_stream import MainStream
from pipeline.capture.sources import Source
from pipeline.engine import Engine, Identification, StopFlag
from pipeline.epoch import new_epoch
from pipeline.event_factory import EventFactory
from pipeline.heartbeat import Heartbeat
from pipeline.parts.film import open_film
from pipeline.parts.identification import camera_tracks, identification_of, least_likeness, open_gallery
from pipeline.parts.job import Job
from pipeline.parts.models import open_detector, open_recognizer
from pipeline.parts.report_models import models_for_report
from pipeline.parts.search import open_close_ups, open_finder
from pipeline.parts.sources import open_feed, open_sources
from pipeline.reload.running import Parts, Running
from pipeline.resume.cache import InferenceCache
from pipeline.resume.replay_run import cache_path, can_resume, open_cache
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import CameraSettings, Settings
from pipeline.sink import Sink
from pipeline.sinks.open import is_live, load_of_bus, open_sinks
from pipeline.sinks.report.folder import claim_folder
from pipeline.sinks.report.run_records import MAX_LIVE_TRACKS, RunRecords
from pipeline.site.selfcheck_file import SelfCheckFile
from pipeline.site.site_time import use_zone
from recognizer.base import Recognizer

Sources = Sequence[tuple[Source, CameraSettings]]


def build(settings: Settings, outputs: Outputs, *, listeners: Sequence[Sink] = (), waits: bool = False) -> Job:
    """Put a job together.

    listeners: sinks of the caller, told after those that the settings ask for.
    waits: live cameras are added later; there may be none yet.
    Raises ConfigurationError, ModelMissingError, SourceUnreachableError or ValueError; the message says what to do.
    """
    cv2.setNumThreads(1)
    use_zone(settings.site.timezone)
    sources = open_sources(settings) if settings.cameras or not waits else []
    live = waits or is_live(sources)
    runtime = Runtime(settings.device, settings.threads)
    detector, recognizer = open_detector(settings, runtime), open_recognizer(settings, runtime)
    with ExitStack() as resources:
        outputs = _claim_report(outputs, resources)
        resumed = not live and can_resume(outputs)
        cache = None if live else _open_cache(settings, sources, outputs, resources)
        finder, schedules = open_finder(
            settings, sources, detector, runtime=runtime, cache=cache, resources=resources, waits=waits
        )
        mains = {source.name: MainStream() for source, camera in sources if camera.sub_stream}
        identification = None
        if recognizer:
            identification = _open_identification(settings, recognizer, cache, resources, live=live)
            if mains:
                identification = replace(identification, close_ups=open_close_ups(settings, runtime, mains))
        events = EventFactory(settings.node, new_epoch(resumed=resumed))
        mailbox, stop = Mailbox(keep_open=outputs.follows_config and live), StopFlag()
        cameras = {source.name: camera_tracks(settings, camera, events, identification) for source, camera in sources}
        kept = MAX_LIVE_TRACKS if live else None
        records = RunRecords(kept) if outputs.report is not None or outputs.json or not live else None
        models = models_for_report(settings, detector, recognizer)
        sinks = open_sinks(
            settings, outputs, sources, epoch=events.epoch, stop=stop.set, records=records, models=models
        )
        interval = settings.events.heartbeat_seconds if live else 0.0
        selfcheck = SelfCheckFile(settings.selfcheck.file).read
        heartbeat = Heartbeat(
            events, mailbox, interval, scans=finder.scans, bus=load_of_bus(sinks), selfcheck=selfcheck
        )
        engine = Engine(
            cameras, finder.find, identification, sinks=[*sinks, *listeners], heartbeat=heartbeat, stop=stop
        )
        film = open_film(settings, live, resources)
        feed = open_feed(sources, mailbox, mains, film)
        running = None
        if schedules:
            parts = Parts(
                mailbox,
                feed,
                engine,
                finder,
                schedules,
                cameras,
                mains,
                takes_sub_streams=identification is None or identification.close_ups is not None,
                new_tracks=lambda changed, camera: camera_tracks(changed, camera, events, identification),
                min_likeness=lambda changed: least_likeness(changed, identification),
                use_rule=identification.matcher.use_rule if identification else lambda rule: None,
                film=film,
            )
            watched = {source.name: (source, camera) for source, camera in sources if source.live}
            running = Running(settings, watched, parts, open_sources)
        return Job(
            engine,
            stop,
            feed,
            cameras,
            resources.pop_all(),
            cache_path=cache_path(outputs) if cache else None,
            outputs=outputs,
            records=records,
            live=live,
            running=running,
        )


def _claim_report(outputs: Outputs, resources: ExitStack) -> Outputs:
    """The outputs with the folder that the report really has; `resources` gives the folder back."""
    if outputs.report is None:
        return outputs
    claim = claim_folder(outputs.report, resume=outputs.resume, overwrite=outputs.overwrite)
    return msgspec.structs.replace(outputs, report=resources.enter_context(claim))


def _open_cache(settings: Settings, sources: Sources, outputs: Outputs, resources: ExitStack) -> InferenceCache | None:
    cache = open_cache(settings, [source for source, _ in sources], outputs)
    return resources.enter_context(closing(cache)) if cache else None


def _open_identification(
    settings: Settings, recognizer: Recognizer, cache: InferenceCache | None, resources: ExitStack, *, live: bool
) -> Identification:
    people = resources.enter_context(closing(open_gallery(settings, live=live)))
    return identification_of(settings, recognizer, people, cache)
