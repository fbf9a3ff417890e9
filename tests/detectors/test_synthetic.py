"""The synthetic networks that other tests rely on, checked with ONNX Runtime alone."""

import io
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import onnxruntime as ort
import pytest

from detectors.arrays import AnyFloat, Float32, Float64, Image
from recognizer.spec import arcface_landmarks
from tests.synthetic.networks import PEOPLE, Box, face_landmarks, paint_person, write_detector, write_recognizer

SIZES = (10, 12, 16, 24, 32, 48, 64)


def open_session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(path, options)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> ort.InferenceSession:
    return open_session(write_detector(tmp_path_factory.mktemp("nets") / "detector.onnx"))


@pytest.fixture(scope="module")
def embedders(tmp_path_factory: pytest.TempPathFactory) -> dict[int, ort.InferenceSession]:
    folder: Path = tmp_path_factory.mktemp("nets")
    return {size: open_session(write_recognizer(folder / f"{size}.onnx", size)) for size in (16, 32, 64)}


@pytest.fixture(scope="module")
def gallery(embedders: dict[int, ort.InferenceSession]) -> Float32:
    """The vector of every person from a clean picture at 64 px: float32 (PEOPLE, dim)."""
    pictures = np.full((PEOPLE, 96, 96, 3), 100, np.uint8)
    box = (10.0, 10.0, 74.0, 74.0)
    for person in range(PEOPLE):
        paint_person(pictures[person], person, box)
    return embed(embedders[64], [cut_chip(picture, face_landmarks(box), 64) for picture in pictures])


def backgrounds() -> Iterator[Image]:
    """Pictures without a face: plain, noisy, textured, striped."""
    random = np.random.default_rng(3)
    yield np.full((192, 320, 3), 90, np.uint8)
    yield random.integers(0, 256, (192, 320, 3), dtype=np.uint8)
    coarse = random.integers(0, 256, (12, 20, 3), dtype=np.uint8)
    yield np.asarray(cv2.resize(coarse // 3 + 80, (320, 192), interpolation=cv2.INTER_CUBIC), np.uint8)
    stripes = np.full((192, 320, 3), 30, np.uint8)
    stripes[:, ::7] = (200, 220, 240)
    yield stripes


def find(network: ort.InferenceSession, image: Image) -> list[tuple[float, Float64, Float64]]:
    """Score, box and landmarks of every cell with a score above zero, best first."""
    blob = np.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(np.float32))
    names = [output.name for output in network.get_outputs()]
    out = dict(zip(names, network.run(None, {"input": blob}), strict=True))
    faces = []
    for stride in (8, 16, 32):
        columns = image.shape[1] // stride
        for cell in np.flatnonzero(out[f"cls_{stride}"][0, :, 0]):
            corner = np.array([cell % columns, cell // columns]) * stride
            dx, dy, log_w, log_h = out[f"bbox_{stride}"][0, cell]
            centre, half = corner + np.array([dx, dy]) * stride, np.exp([log_w, log_h]) * stride / 2
            points = corner + out[f"kps_{stride}"][0, cell].reshape(5, 2) * stride
            faces.append(
                (float(out[f"cls_{stride}"][0, cell, 0]), np.concatenate([centre - half, centre + half]), points)
            )
    return sorted(faces, key=lambda face: -face[0])


def iou(box: Float64 | Box, other: Float64 | Box) -> float:
    low, high = np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])
    intersection = float(np.prod(np.clip(high - low, 0, None)))
    areas = sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (box, other))
    return intersection / (float(areas) - intersection)


def compress_h264(image: Image) -> Image:
    """Encode a still picture as five frames of H.264 and decode the last."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "28", "preset": "veryfast", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = image.shape[1], image.shape[0], "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as container:
        return np.asarray([frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)][-1])


def cut_chip(image: Image, points: AnyFloat, size: int) -> Image:
    target = np.array(arcface_landmarks(size), np.float32)
    matrix, _ = cv2.estimateAffinePartial2D(points.astype(np.float32), target, method=cv2.LMEDS)
    return np.asarray(cv2.warpAffine(image, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def embed(network: ort.InferenceSession, chips: list[Image]) -> Float32:
    blob = (np.stack(chips)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 127.5
    rows = np.asarray(network.run(None, {"chips": np.ascontiguousarray(blob)})[0])
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("compressed", [False, True], ids=["clean", "h264"])
def test_a_painted_face_is_found_at_any_position(detector: ort.InferenceSession, size: int, compressed: bool) -> None:
    random = np.random.default_rng(size)
    for background in backgrounds():
        x, y = random.uniform(0, 320 - size), random.uniform(0, 192 - size)
        box = (x, y, x + size, y + size)
        image = background.copy()
        paint_person(image, int(random.integers(PEOPLE)), box)
        faces = find(detector, compress_h264(image) if compressed else image)
        assert faces, box
        score, found, points = faces[0]
        assert score > 0.8
        assert iou(found, box) > 0.6, (box, found)
        np.testing.assert_allclose(points, face_landmarks(box), atol=1.5)
        assert all(iou(other, box) > 0.3 for _, other, _ in faces), "false box"


@pytest.mark.parametrize("compressed", [False, True], ids=["clean", "h264"])
def test_backgrounds_have_no_faces(detector: ort.InferenceSession, compressed: bool) -> None:
    for background in backgrounds():
        assert not find(detector, compress_h264(background) if compressed else background)


def test_more_than_500_faces_are_found(detector: ort.InferenceSession) -> None:
    image = np.full((352, 640, 3), 60, np.uint8)
    boxes = [(x, y, x + 12.0, y + 15.0) for y in range(4, 330, 20) for x in range(4, 620, 20)]
    for number, box in enumerate(boxes):
        paint_person(image, number % PEOPLE, box)
    found = find(detector, image)
    assert len(boxes) > 500
    assert all(max(iou(face[1], box) for face in found) > 0.6 for box in boxes[::25])


@pytest.mark.slow
@pytest.mark.parametrize(("aspect", "size"), [*((1.0, size) for size in SIZES), *((0.8, size) for size in SIZES[2:])])
def test_people_are_distinguished(
    detector: ort.InferenceSession,
    embedders: dict[int, ort.InferenceSession],
    gallery: Float32,
    size: int,
    aspect: float,
) -> None:
    """Paint, compress, detect and align at 16 px, then compare with clean pictures at 64 px."""
    chips = []
    for person in range(PEOPLE):
        image = np.full((96, 96, 3), 100, np.uint8)
        paint_person(image, person, (11.3, 13.6, 11.3 + size * aspect, 13.6 + size))
        frame = compress_h264(image)
        chips.append(cut_chip(frame, find(detector, frame)[0][2], 16))
    cosines = embed(embedders[16], chips) @ gallery.T
    own = np.diag(cosines)
    others = cosines[~np.eye(PEOPLE, dtype=bool)]
    assert own.min() > (0.77 if size < 12 else 0.8), f"{size}: {own.min():.2f}"
    assert others.max() < 0.4, f"{size}: {others.max():.2f}"


def test_the_metadata_holds_the_chip_spec(embedders: dict[int, ort.InferenceSession]) -> None:
    spec = embedders[32].get_modelmeta().custom_metadata_map["chip_spec"]
    assert '"size":32' in spec
    assert '"dim":32' in spec


def test_person_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"person: expected 0\.\.\d+, got 99"):
        paint_person(np.zeros((8, 8, 3), np.uint8), 99, (0, 0, 8, 8))
