# Two commands for a fresh machine: `make demo` and `make test`. Each makes its own virtual environment.
PYTHON ?= python3
.PHONY: demo test quick simulate simulate-ci fuzz chaos soak long lint audit clean

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q --disable-pip-version-check -e '.[demo]'
	touch $@

.venv-dev/ready: pyproject.toml
	$(PYTHON) -m venv .venv-dev
	.venv-dev/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	touch $@

# Your own footage: make demo SOURCE=clip.mp4 [DETECTOR=yunet.onnx RECOGNIZER=model.onnx CHIP_SPEC=model.yaml GALLERY=people.db]
demo: .venv/ready
	.venv/bin/python -m tests.synthetic.demo $(if $(SOURCE),--source '$(SOURCE)') $(if $(DETECTOR),--detector '$(DETECTOR)') \
		$(if $(RECOGNIZER),--recognizer '$(RECOGNIZER)') $(if $(CHIP_SPEC),--chip-spec '$(CHIP_SPEC)') \
		$(if $(GALLERY),--gallery '$(GALLERY)')

test: .venv-dev/ready
	.venv-dev/bin/python -m pytest

# The tests that take under a minute, for every change: on all cores, and with compiled tests kept for the next run.
quick: export PYTHONDONTWRITEBYTECODE =
quick: .venv-dev/ready
	.venv-dev/bin/python -m pytest -n auto -m 'not slow and not shared'

# Half a million odd URLs (a quarter of an hour); `make test` runs a few hundred.
fuzz: .venv-dev/ready
	.venv-dev/bin/python -m tests.fuzz.urls --count $(or $(COUNT),500000)

# Days of faulty cameras, full disks, killed nodes and slow subscribers in minutes (docs/reliability.md). SEED=n chooses.
simulate: .venv-dev/ready
	.venv-dev/bin/python -m tests.simulation --hours 72 $(if $(SEED),--seed $(SEED))

simulate-ci: .venv-dev/ready
	.venv-dev/bin/python -m tests.simulation --seed 1 --seeds 20 --hours 4

# Real nodes, killed 80 times: a quarter of an hour. SEED=n chooses, KILLS=n makes it shorter.
chaos: .venv-dev/ready
	.venv-dev/bin/python -m tests.endurance.chaos --kills $(or $(KILLS),80) $(if $(SEED),--seed $(SEED))

# A node with two cameras, sampled for half an hour or for MINUTES=n.
soak: .venv-dev/ready
	.venv-dev/bin/python -m tests.endurance.soak --minutes $(or $(MINUTES),30)

# All that is too long for CI, an hour and a quarter, with a summary.
long: .venv-dev/ready
	.venv-dev/bin/python -m tests.endurance.long

lint: .venv-dev/ready
	.venv-dev/bin/ruff check .
	.venv-dev/bin/ruff format --check .
	.venv-dev/bin/mypy
	.venv-dev/bin/bandit -q -ll -ii -r -c pyproject.toml configs detectors distill pipeline recognizer run_pipeline.py

# Known faults of the packages that we use. Needs a package index with such data.
audit: .venv-dev/ready
	timeout 120 .venv-dev/bin/pip-audit --local --skip-editable --progress-spinner off

clean:
	rm -rf .venv .venv-dev out build *.egg-info
