"""Do two pictures show one person? The exit code is 0 if they do, 1 if not.

python examples/compare_two_pictures.py A.jpg B.jpg
"""
# ruff: noqa: T201

import sys

import glimpse


def main(first: str, second: str) -> int:
    comparison = glimpse.compare(first, second, false_match_rate=0.001)
    print(comparison)
    return 0 if comparison.same else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
