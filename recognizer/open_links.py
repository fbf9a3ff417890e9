"""Opens what ships with a family of recognisers to compare tracks with each other; no network is loaded."""

from recognizer.calibration import read_calibration
from recognizer.links import Links
from recognizer.load import WEIGHTS, family_name
from recognizer.normalisation import load_cohort


def open_links(model: str) -> Links | None:
    """The links of `tiny`, `base`, `large` or `embedded`; None for any other model, and where none ship.

    Raises ValueError for a malformed file, or one that was measured with another cohort or other weights.
    """
    name = family_name(model)
    path, cohort_path = WEIGHTS / f"links_{name}.yaml", WEIGHTS / f"cohort_{name}.npz"
    if not name or not path.is_file() or not cohort_path.is_file():
        return None
    calibration, cohort = read_calibration(path), load_cohort(cohort_path)
    if (calibration.cohort, calibration.weights) != (cohort.digest, cohort.weights):
        raise ValueError(
            f"calibration {path} was measured with another cohort or other weights than {cohort_path};"
            f" make one with python -m recognizer.calibrate_links --recognizer {name} --data PEOPLE --out {path}"
        )
    return Links(calibration, cohort)
