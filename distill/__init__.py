"""Makes the low-resolution students that ship: the paper's bridge distillation. The only package that imports torch."""
