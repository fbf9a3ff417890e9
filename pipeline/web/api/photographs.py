"""Questions with a photograph: who is on it, and where was that person seen."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pipeline.history.reader import HistoryReader
from pipeline.history.search import Found, Hit, Sought, search
from pipeline.web.api.endpoint import Call, Endpoint
from pipeline.web.api.parts import FoundFace
from pipeline.web.api.people import faces_of
from pipeline.web.api.problems import bad_request, unavailable
from pipeline.web.api.tracks import Track, as_tracks
from pipeline.web.room import SearchModels

HITS, STRANGERS = 50, 1.0
Box = tuple[float, float, float, float]


class FaceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A face of a photograph, and who it is on this one look."""

    box: Annotated[Box, Meta(description="x0, y0, x1, y1 in pixels of the upright picture")]
    px: Annotated[float, Meta(description="height of the face, pixels")]
    detected: Annotated[float, Meta(description="the detector's score, 0..1")]
    name: Annotated[str | None, Meta(description="the person; null where nobody is named")]
    state: Annotated[str, Meta(description="unknown, candidate, ambiguous or named")]
    score: Annotated[float, Meta(description="similarity with the nearest person, on the scale of cosines")]
    threshold: Annotated[float | None, Meta(description="score that a face of this size needs; null: none suffices")]
    confidence: Annotated[
        float, Meta(description="share of strangers of this face size who do not reach the score with anybody")
    ]


class FacesAnswer(msgspec.Struct, frozen=True):
    """All faces of a photograph, the largest first."""

    faces: list[FaceAnswer]


class HitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A track that may show the person, the surest first."""

    track: Track
    score: Annotated[float, Meta(description="on the scale of cosines")]
    chance: Annotated[float, Meta(description="that one stranger's template like this one reaches the score")]
    strangers: Annotated[float, Meta(description="templates that would rank as high if all were of strangers")]


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person of a photograph was seen. compared: templates.  others: templates of other models, left out."""

    hits: list[HitAnswer]
    compared: int
    others: int


def identify(call: Call) -> FacesAnswer:
    """Who is on a photograph, which is not kept. Raises ApiError."""
    found = faces_of(call).identify(call.photographs[0])
    call.note("photograph identified", "", faces=str(len(found)))
    return FacesAnswer([_face(face) for face in found])


def search_past(call: Call) -> SearchAnswer:
    """Where the only person of a photograph was seen. Raises ApiError and UnavailableError."""
    models = call.room.models
    if models is None:
        raise unavailable("this watch room has no models to search with")
    sought = _sought(models, call.photographs[0])
    with call.room.history() as history:
        found = search(history, sought, models.calibration, models.cohort, max_strangers=STRANGERS, limit=HITS)
        call.note("photograph searched", "", hits=str(len(found.hits)))
        return _answer(history, found)


def _sought(models: SearchModels, photograph: bytes) -> Sought:
    try:
        return Sought(models.face_in(photograph)[None])
    except ValueError as error:
        raise bad_request(f"photo: {error}") from None


def _answer(history: HistoryReader, found: Found) -> SearchAnswer:
    tracks = as_tracks(history, [hit.track for hit in found.hits])
    hits = [_hit(hit, track) for hit, track in zip(found.hits, tracks, strict=True)]
    return SearchAnswer(hits=hits, compared=found.compared, others=found.others)


def _hit(hit: Hit, track: Track) -> HitAnswer:
    return HitAnswer(track=track, score=hit.score, chance=hit.chance, strangers=hit.strangers)


def _face(face: FoundFace) -> FaceAnswer:
    fields = face._asdict()
    return FaceAnswer(**fields | {"threshold": face.threshold if face.threshold < float("inf") else None})


endpoints = (
    Endpoint("POST", "/identify", "Who is on a photograph", identify, FacesAnswer, photographs=1, errors=(400, 503)),
    Endpoint(
        "POST", "/search", "Where was this person seen", search_past, SearchAnswer, photographs=1, errors=(400, 503)
    ),
)
