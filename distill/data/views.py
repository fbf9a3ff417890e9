"""Makes small views of sharp faces, a batch at once, on the device that trains: the same code on a GPU and on a CPU.

`distill/data/degrade.py` does the same to one face with OpenCV; a test compares both. All random numbers come from
torch's default generator of the device, so that a CUDA graph can replay the whole step.
"""

import math

import cv2
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from distill.config import DegradeSettings
from distill.data.degrade import OVERSAMPLING
from distill.data.detector_errors import draw_misalignments
from distill.data.footage import Footage
from distill.data.infrared import infrared_some
from distill.data.jpeg import JpegLoss
from distill.data.matrices import resize_matrix
from distill.data.view_bank import ENTRIES, ViewBank

CPU_CHUNK = 16  # faces that are resampled at once on a CPU
LUMA = (0.299, 0.587, 0.114)
JPEG_QUALITIES = (35.0, 95.0)
MAX_PHOTON_NOISE, MAX_READ_NOISE = 0.5, 6.0  # grey levels; photon noise at a brightness of 1 of 255
MAX_GAMMA = 2.0  # the least is its inverse
CONTRAST_SPREAD, BRIGHTNESS_SPREAD = 0.25, 20.0  # logarithm, and grey levels


class ViewMaker:
    """Draws a new view of each face.

    A batch has fixed shares of views of footage, of views that are only shrunk by area, that are enlarged again, and
    that are degraded, in this order; so the faces of a batch have to be in random order.
    """

    def __init__(
        self,
        size: int,
        face_side: int,
        settings: DegradeSettings,
        *,
        seed: int,
        device: torch.device,
        entries: int = ENTRIES,
    ) -> None:
        """size: pixels of a view. face_side: pixels of the sharp faces. Raises ValueError for shares above 1."""
        if settings.area_only + settings.enlarged > 1:
            raise ValueError(
                f"degrade: expected area_only + enlarged of at most 1, got {settings.area_only} + {settings.enlarged}"
            )
        self._settings, self._size = settings, size
        self._dtype = torch.float16 if device.type == "cuda" else torch.float32
        self._side = min(face_side, OVERSAMPLING * size)
        self.bank = ViewBank(size, self._side, settings, seed=seed, device=device, dtype=self._dtype, entries=entries)
        self._area = torch.from_numpy(resize_matrix(face_side, size, cv2.INTER_AREA)).to(device)
        self._jpeg = JpegLoss(device)
        self._footage = Footage(size, face_side, settings, seed=seed, device=device) if settings.footage else None
        self._line = (torch.arange(self._side, device=device) * 2 + 1) / self._side - 1  # centres of the pixels
        self._luma = torch.tensor(LUMA, device=device)[:, None, None]

    @torch.no_grad()
    def __call__(self, faces: Tensor) -> Tensor:
        """Map sharp faces uint8 (N,3,M,M) RGB to views uint8 (N,3,size,size) RGB."""
        filmed: list[Tensor] = []
        if self._footage:
            count = round(len(faces) * self._settings.footage)
            filmed, faces = [self._footage(faces[:count])], faces[count:]
        area, enlarged = self._counts(len(faces))
        places = self._draw_places(len(faces), faces.device)
        entries = self._draw_entries(len(faces), area, enlarged, faces.device)
        views = self._project(faces, places, entries)
        plain = area + enlarged
        degraded = self._sense(views[plain:], entries[plain:])
        views = self._take_colour(torch.cat([*filmed, views[:plain] * 255, degraded]))
        return infrared_some(views, self._settings.infrared).round().to(torch.uint8)

    @torch.no_grad()
    def shrink(self, faces: Tensor) -> Tensor:
        """Map sharp faces uint8 (N,3,M,M) to uint8 (N,3,size,size) by area alone, as tests do."""
        views = self._area @ faces.float() @ self._area.mT
        return views.round().clamp(0, 255).to(torch.uint8)

    def _counts(self, count: int) -> tuple[int, int]:
        area = round(count * self._settings.area_only)
        return area, min(round(count * self._settings.enlarged), count - area)

    def _project(self, faces: Tensor, places: Tensor, entries: Tensor) -> Tensor:
        """Resample uint8 (N,3,M,M) to views float (N,3,size,size) in 0..1, in parts that fit a CPU's cache."""
        step = CPU_CHUNK if faces.device.type == "cpu" else max(1, len(faces))
        parts = [slice(start, start + step) for start in range(0, len(faces), step)]
        views = [self.bank.apply(self._align(faces[part], places[part]), entries[part]).float() for part in parts]
        return (torch.cat(views) / 255).clamp(0, 1) if views else faces.new_zeros(0, 3, self._size, self._size).float()

    def _align(self, faces: Tensor, places: Tensor) -> Tensor:
        """Warp uint8 (N,3,M,M) to (N,3,side,side) in 0..255. places: (N,2,3), from the result to the face."""
        line = self._line
        x, y = places[:, :, 0, None, None] * line, places[:, :, 1, None, None] * line[:, None]
        grid = (x + y + places[:, :, 2, None, None]).permute(0, 2, 3, 1)  # (N,side,side,2)
        return grid_sample(faces.to(self._dtype), grid.to(self._dtype), padding_mode="border", align_corners=False)

    def _draw_places(self, count: int, device: torch.device) -> Tensor:
        """Shift, scale, turn and mirror at random: affine maps (N,2,3) as `affine_grid` of torch takes them."""
        settings = self._settings
        angle = torch.randn(count, device=device) * math.radians(settings.rotate_degrees)
        scale = torch.exp(torch.randn(count, device=device) * settings.scale)
        shift = torch.randn(count, 2, device=device) * (2 * settings.shift)  # a grid is 2 wide
        if settings.detector_alignment:
            angle, scale, shift = self._misalign_as_detector(angle, scale, shift)
        mirror = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
        cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
        x = torch.stack([cosine * mirror, -sine, shift[:, 0]], 1)
        y = torch.stack([sine * mirror, cosine, shift[:, 1]], 1)
        return torch.stack([x, y], 1)

    def _misalign_as_detector(self, angle: Tensor, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Replace a share of angles (N,), scales (N,) and shifts (N,2) of the sampling grid by measured ones."""
        settings, count, device = self._settings, len(angle), angle.device
        pixels = torch.rand(count, device=device) * (settings.to_px - settings.from_px) + settings.from_px
        errors = draw_misalignments(pixels)
        chosen = torch.rand(count, device=device) < settings.detector_alignment
        angle = torch.where(chosen, torch.deg2rad(errors[:, 3]), angle)
        scale = torch.where(chosen, torch.exp(-errors[:, 2]), scale)  # a grid that reaches less far shows a larger face
        return angle, scale, torch.where(chosen[:, None], -2 * errors[:, :2], shift)

    def _draw_entries(self, count: int, area: int, enlarged: int, device: torch.device) -> Tensor:
        bank = self.bank
        return torch.cat(
            [
                torch.zeros(area, dtype=torch.int64, device=device),
                torch.randint(bank.enlarged.start, bank.enlarged.stop, (enlarged,), device=device),
                torch.randint(bank.degraded.start, bank.degraded.stop, (count - area - enlarged,), device=device),
            ]
        )

    def _sense(self, views: Tensor, entries: Tensor) -> Tensor:
        """Change what light and sensor do, and compress: float (N,3,S,S) in 0..1 to 0..255."""
        settings = self._settings
        views = torch.where(_chosen(views, settings.gamma), _change_gamma(views), views) * 255
        noisy = (views + self._noise(views, entries)).clamp(0, 255)
        views = torch.where(_chosen(views, settings.noise), noisy, views)
        views = torch.where(_chosen(views, settings.light), _change_light(views).clamp(0, 255), views)
        if not settings.jpeg or not len(views):
            return views
        least, most = JPEG_QUALITIES
        quality = torch.rand(len(views), device=views.device) * (most - least) + least
        return torch.where(_chosen(views, settings.jpeg), self._jpeg(views, quality).clamp(0, 255), views)

    def _noise(self, views: Tensor, entries: Tensor) -> Tensor:
        """Sensor noise of the small picture behind each view, enlarged with it: grey levels (N,3,S,S)."""
        enlarge = self.bank.noise[entries][:, None]
        noise = torch.randn(views.shape, device=views.device, dtype=self._dtype)
        photon, read = _uniform(views, 0.0, MAX_PHOTON_NOISE), _uniform(views, 0.0, MAX_READ_NOISE)
        return (enlarge @ noise @ enlarge.mT).float() * torch.sqrt(photon**2 * views + read**2)

    def _take_colour(self, views: Tensor) -> Tensor:
        """Make a share of views grey: float (N,3,S,S)."""
        grey = (views * self._luma).sum(1, keepdim=True).expand_as(views)
        return torch.where(_chosen(views, self._settings.grey), grey, views)


def _chosen(views: Tensor, share: float) -> Tensor:
    """Whether an effect is applied, at random: bool (N,1,1,1)."""
    return torch.rand(len(views), 1, 1, 1, device=views.device) < share


def _uniform(views: Tensor, low: float, high: float) -> Tensor:
    """A random number for each view: (N,1,1,1)."""
    return torch.rand(len(views), 1, 1, 1, device=views.device) * (high - low) + low


def _change_gamma(views: Tensor) -> Tensor:
    limit = math.log(MAX_GAMMA)
    return views.clamp_min(1e-4) ** torch.exp(_uniform(views, -limit, limit))


def _change_light(views: Tensor) -> Tensor:
    contrast, brightness = (torch.randn(len(views), 1, 1, 1, device=views.device) for _ in range(2))
    return (views - 128) * torch.exp(CONTRAST_SPREAD * contrast) + 128 + BRIGHTNESS_SPREAD * brightness
