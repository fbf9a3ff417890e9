"""Array types of the whole project, named by what they hold. Docstrings give shape, unit and coordinate frame."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]  # a picture: BGR (H,W,3), or one channel (H,W)
Chips = NDArray[np.uint8]  # aligned faces: BGR (N,S,S,3)
Mask = NDArray[np.bool_]  # one truth value per row
Index = NDArray[np.intp]  # row numbers
Int8 = NDArray[np.int8]  # quantised vectors
Int64 = NDArray[np.int64]
Float16 = NDArray[np.float16]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
AnyFloat = NDArray[np.floating]  # for functions that take every precision
AnyArray = NDArray[np.generic]
