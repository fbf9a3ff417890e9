"""Turns frontal aligned faces in depth: a generic head takes the face as its texture and is seen from the side.

The head is an ellipsoid flattened in front, with nose, eye sockets, mouth and chin. Rays find its surface, so the nose
hides the cheek behind it. What the frontal picture does not show continues as its mirror image beyond the outline. The
turned face is aligned again by its five landmarks, as serving would align it. Teachers label the turned face (function
matching), so the shape need not be that person's.
"""

import math
from functools import cache

import torch
from torch import Generator, Tensor
from torch.nn.functional import grid_sample, interpolate

from recognizer.spec import ARCFACE_112

SIDE = 112  # of an aligned face, pixels
MAP = 144  # side of the map of depths, pixels
GRID = 56  # side at which rays are followed; the map is enlarged bilinearly
DEPTHS = 32  # samples of a ray, before the crossing is refined
REFINEMENTS = 4  # halvings of the interval with the crossing
CENTRE = (55.9, 56.0)  # x, y of the head's axis in the aligned face, pixels
HALF_WIDTH, HALF_HEIGHT, FRONT, BACK = 44.0, 66.0, 52.0, 50.0  # of the head, pixels; 1.8 mm each
JITTER = 0.08  # standard deviation of the logarithm of width, depth and nose from face to face
REACH = 84.0  # the nearest depth at which a ray starts, pixels


def turn_some(
    faces: Tensor, share: float, *, yaw_degrees: float, pitch_degrees: float, generator: Generator | None = None
) -> Tensor:
    """Turn a share of aligned faces, (N,3,112,112) of 0..255, uint8 or float, by random angles; the rest stays.

    Yaw is uniform within ±yaw_degrees. Pitch is triangular within ±pitch_degrees, so that most faces stay level.
    """
    count, device = len(faces), faces.device
    if not share:
        return faces

    def draw(*size: int) -> Tensor:
        return torch.rand(*size, device=device, generator=generator)

    yaw = (2 * draw(count) - 1) * math.radians(yaw_degrees)
    pitch = (draw(count) - draw(count)) * math.radians(pitch_degrees)
    shape = torch.exp(JITTER * torch.randn(count, 3, device=device, generator=generator))
    turned = turn(faces, yaw, pitch, shape)
    return torch.where(draw(count, 1, 1, 1) < share, turned, faces)


def turn(faces: Tensor, yaw: Tensor, pitch: Tensor, shape: Tensor | None = None) -> Tensor:
    """Turn aligned faces (N,3,112,112) of 0..255, uint8 or float, and align them again; the type stays.

    yaw, pitch: radians (N,). A positive yaw moves the nose to the right of the picture, a positive pitch down.
    shape: factors (N,3) of the head's width, depth and nose; ones by default.
    """
    if shape is None:
        shape = torch.ones(len(faces), 3, device=faces.device)
    rotation = _rotation(yaw, pitch)
    head = _Head(shape)
    rays = _rays(_alignment(_turned_landmarks(head, rotation)), faces.device)
    places = _texture_places(head, rays, rotation)  # (N,GRID,GRID,2), pixels of the frontal face
    places = interpolate(places.permute(0, 3, 1, 2), size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    grid = (2 * places.permute(0, 2, 3, 1) + 1) / SIDE - 1
    turned = grid_sample(faces.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return turned.round().to(faces.dtype) if faces.dtype == torch.uint8 else turned.to(faces.dtype)


class _Head:
    """The surfaces of heads, in pixels of the aligned face from the head's axis; z points to the camera."""

    def __init__(self, shape: Tensor) -> None:
        width, depth, nose = (factor[:, None] for factor in shape.unbind(1))  # (N,1) each
        self.half_width, self.depth, self.nose = HALF_WIDTH * width, depth, nose

    def inside_outline(self, x: Tensor, y: Tensor) -> Tensor:
        """1 at the axis, 0 on the outline of the frontal head, negative outside; x, y: (N,P)."""
        return 1 - (x / self.half_width).square() - (y / HALF_HEIGHT).abs() ** 3

    def front(self, x: Tensor, y: Tensor) -> Tensor:
        """Depth z (N,P) of the front surface at x, y (N,P)."""
        z = FRONT * self.depth * self.inside_outline(x, y).clamp_min(0).sqrt()
        tip, bridge = 16.0, -6.0  # y of nose tip and bridge
        length = ((y - bridge) / (tip - bridge)).clamp(0, 1) * torch.sigmoid((tip + 4.5 - y) / 1.2)
        nose = 13.0 * self.nose * length**1.2 * torch.exp(-0.5 * (x / (2.6 + 2.6 * length)) ** 2)
        eyes = -4.0 * torch.exp(-0.5 * (((x.abs() - 17.6) / 8.0) ** 2 + ((y + 4.5) / 5.0) ** 2))
        brows = 2.0 * torch.exp(-0.5 * (((x.abs() - 15.0) / 11.0) ** 2 + ((y + 14.0) / 4.0) ** 2))
        mouth = 3.0 * torch.exp(-0.5 * ((x / 12.0) ** 2 + ((y - 36.5) / 6.0) ** 2))
        chin = 3.0 * torch.exp(-0.5 * ((x / 10.0) ** 2 + ((y - 54.0) / 7.0) ** 2))
        return z + nose + eyes + brows + mouth + chin

    def depth_map(self) -> Tensor:
        """Depth of the front and of the back surface, (N,2,MAP,MAP), from -MAP/2 to MAP/2 pixels about the axis.

        Outside the outline the front lies behind the back, so that nothing is inside. A ray looks depths up here:
        computing them at each of its samples would take ten times as long.
        """
        steps = torch.arange(MAP, device=self.depth.device) + 0.5 - MAP / 2
        y, x = (axis.reshape(1, -1) for axis in torch.meshgrid(steps, steps, indexing="ij"))
        outline = self.inside_outline(x, y)
        front = torch.where(outline > 0, self.front(x, y), -2 * REACH)
        back = -BACK * self.depth * outline.clamp_min(0).sqrt()
        return torch.stack([front, back.expand_as(front)], 1).reshape(-1, 2, MAP, MAP)


def _rotation(yaw: Tensor, pitch: Tensor) -> Tensor:
    """Rotations (N,3,3) from the frontal to the turned head: pitch first, then yaw. y points down."""
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)
    cos_yaw, sin_yaw, cos_pitch, sin_pitch = yaw.cos(), yaw.sin(), pitch.cos(), pitch.sin()
    about_y = torch.stack([cos_yaw, zero, sin_yaw, zero, one, zero, -sin_yaw, zero, cos_yaw], 1).reshape(-1, 3, 3)
    about_x = torch.stack([one, zero, zero, zero, cos_pitch, sin_pitch, zero, -sin_pitch, cos_pitch], 1)
    return about_y @ about_x.reshape(-1, 3, 3)


@cache  # a CUDA graph cannot record a copy from the host
def _centre(device: torch.device) -> Tensor:
    return torch.tensor(CENTRE, device=device)


@cache
def _template(device: torch.device) -> Tensor:
    """The five landmarks (5,2) of the aligned face, pixels from the head's axis."""
    return torch.tensor(ARCFACE_112, device=device) - _centre(device)


def _turned_landmarks(head: _Head, rotation: Tensor) -> Tensor:
    """Where the five landmarks are seen after the turn: (N,5,2), pixels from the head's axis."""
    frontal = _template(rotation.device).expand(len(rotation), -1, -1)  # (N,5,2)
    points = torch.cat([frontal, head.front(frontal[..., 0], frontal[..., 1])[..., None]], 2)
    return (points @ rotation.transpose(1, 2))[..., :2]


def _alignment(landmarks: Tensor) -> Tensor:
    """Similarities (N,2,3) from the template's coordinates to those of landmarks (N,5,2), both from the head's axis.

    The least-squares similarity from landmarks to template (Umeyama, PAMI 1991; recognizer/chips.py), inverted.
    """
    template = _template(landmarks.device)
    template_mean, mean = template.mean(0), landmarks.mean(1)  # (2,), (N,2)
    target, source = template - template_mean, landmarks - mean[:, None]
    power = source.square().sum((1, 2))
    a = (source * target).sum((1, 2)) / power  # the similarity is [[a, -b], [b, a]]
    b = (source[..., 0] * target[:, 1] - source[..., 1] * target[:, 0]).sum(1) / power
    size = a.square() + b.square()
    linear = torch.stack([a, b, -b, a], 1).reshape(-1, 2, 2) / size[:, None, None]  # the inverse
    shift = mean - (linear @ template_mean[:, None])[..., 0]
    return torch.cat([linear, shift[..., None]], 2)


def _rays(alignment: Tensor, device: torch.device) -> Tensor:
    """Where the pixels of the aligned, turned face lie in the turned view: (N,GRID*GRID,2), pixels from the axis."""
    steps = (torch.arange(GRID, device=device) + 0.5) * (SIDE / GRID) - 0.5
    y, x = torch.meshgrid(steps - CENTRE[1], steps - CENTRE[0], indexing="ij")
    pixels = torch.stack([x.flatten(), y.flatten()], 1)  # (P,2)
    return pixels @ alignment[:, :, :2].transpose(1, 2) + alignment[:, None, :, 2]


def _texture_places(head: _Head, rays: Tensor, rotation: Tensor) -> Tensor:
    """Which pixel of the frontal face each ray (N,P,2) shows: (N,GRID,GRID,2), x y, pixel centres."""
    surfaces = head.depth_map()

    def frontal(depth: Tensor) -> Tensor:
        return torch.cat([rays, depth[..., None]], 2) @ rotation  # rows times R: the inverse rotation

    def inside(point: Tensor) -> Tensor:
        grid = point[:, None, :, :2] * (2 / MAP)
        front, back = grid_sample(surfaces, grid, mode="bilinear", padding_mode="border", align_corners=False)[
            :, :, 0
        ].unbind(1)
        return (point[..., 2] < front) & (point[..., 2] > back)

    depth = rays.new_full(rays.shape[:2], REACH)
    found = torch.zeros_like(depth, dtype=torch.bool)  # once a ray is inside
    step = 2 * REACH / DEPTHS
    for _ in range(DEPTHS):  # stops where the ray enters the head, at a depth that is inside
        found = found | inside(frontal(depth))
        depth = torch.where(found, depth, depth - step)
    near, far = depth + step, depth
    for _ in range(REFINEMENTS):
        middle = (near + far) / 2
        entered = inside(frontal(middle))
        near, far = torch.where(entered, near, middle), torch.where(entered, middle, far)
    places = torch.where(found[..., None], frontal(far)[..., :2], _outside(head, rays))
    return (places + _centre(rays.device)).reshape(-1, GRID, GRID, 2)


def _outside(head: _Head, rays: Tensor) -> Tensor:
    """The background behind a turned head: its place in the frontal face, moved sideways out of the head's outline."""
    x, y = rays[..., 0], rays[..., 1]
    least = 1.04 * head.half_width * (1 - (y / HALF_HEIGHT).abs() ** 3).clamp_min(0).sqrt()
    return torch.stack([torch.where(x < 0, -1.0, 1.0) * torch.maximum(x.abs(), least), y], 2)
