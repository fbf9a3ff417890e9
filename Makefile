# Two commands for a fresh machine: `make demo` and `make test`. Each makes its own virtual environment.
PYTHON ?= python3
.PHONY: release demo pictures test test-serving camera size lock quick simulate simulate-ci fuzz chaos soak long lint audit docs clean

# Packages are those of requirements/*.txt, each file checked by its hash; `make lock` renews them. What is downloaded is
# said first, from requirements/downloads.md.
INSTALL = python -m pip install -q --disable-pip-version-check
say = @sed -n 's/^| $(1) | \([0-9]*\) | \([0-9]*\) |$$/Downloading \2 MB in \1 packages: $(1) (requirements\/downloads.md). pip is silent for a minute or more./p' \
	requirements/downloads.md

.venv/ready: pyproject.toml requirements/demo.txt
	$(call say,demo)
	$(PYTHON) -m venv .venv
	.venv/bin/$(INSTALL) -r requirements/demo.txt
	.venv/bin/$(INSTALL) --no-deps -e .
	touch $@

# torch is the build for GPUs unless TORCH_INDEX names an index with another: both packages come from it, as builds of one
# release from different indexes do not load each other. make test TORCH_INDEX=https://download.pytorch.org/whl/cpu
.venv-dev/ready: pyproject.toml requirements/dev.txt
	$(call say,test)
	$(if $(TORCH_INDEX),,$(call say,torch))
	$(PYTHON) -m venv .venv-dev
	.venv-dev/bin/$(INSTALL) -r requirements/dev.txt
	.venv-dev/bin/$(INSTALL) $(if $(TORCH_INDEX),--index-url '$(TORCH_INDEX)') 'torch>=2.6' 'torchvision>=0.21'
	# jsonschema imports this checker where it is installed, which takes seconds, and Ray does so in each of its processes.
	.venv-dev/bin/python -m pip uninstall -q -y rfc3987-syntax lark
	.venv-dev/bin/$(INSTALL) --no-deps -e .
	touch $@

.venv-serving/ready: pyproject.toml requirements/test.txt
	$(call say,test-serving)
	$(PYTHON) -m venv .venv-serving
	.venv-serving/bin/$(INSTALL) -r requirements/test.txt
	.venv-serving/bin/$(INSTALL) --no-deps -e .
	touch $@

# A camera box: serving and nothing else. HEADLESS=1: an OpenCV without windows, 37 MB less; `--show` does not work then.
CAMERA = .venv-camera$(if $(HEADLESS),-headless)
CAMERA_LOCK = serving$(if $(HEADLESS),-headless)
$(CAMERA)/ready: pyproject.toml requirements/$(CAMERA_LOCK).txt
	$(call say,$(CAMERA_LOCK))
	$(PYTHON) -m venv --clear $(CAMERA)
	$(CAMERA)/bin/$(INSTALL) --no-compile -r requirements/$(CAMERA_LOCK).txt
	$(CAMERA)/bin/$(INSTALL) --no-compile --no-deps .
	$(CAMERA)/bin/python -m pip uninstall -q -y setuptools
	rm -rf build
	touch $@

camera: $(CAMERA)/ready

# The five largest packages of a camera box, and the sum.
size: camera
	$(CAMERA)/bin/python -m install.size $(CAMERA)

lock: .venv-dev/ready
	install/lock.sh
	.venv-dev/bin/python -m install.downloads write
	.venv-dev/bin/python -m install.third_party write

# Your own footage: make demo SOURCE=clip.mp4 [DETECTOR=yunet.onnx RECOGNIZER=model.onnx CHIP_SPEC=model.yaml GALLERY=people.db]
demo: .venv/ready
	@.venv/bin/python -m tests.synthetic.demo $(if $(SOURCE),--source '$(SOURCE)') $(if $(DETECTOR),--detector '$(DETECTOR)') \
		$(if $(RECOGNIZER),--recognizer '$(RECOGNIZER)') $(if $(CHIP_SPEC),--chip-spec '$(CHIP_SPEC)') \
		$(if $(GALLERY),--gallery '$(GALLERY)')

# The pictures of README.md, from a run of the demo's clip.
pictures: .venv/ready
	.venv/bin/python -m tests.synthetic.hall docs

test: .venv-dev/ready
	.venv-dev/bin/python -m pytest -n auto --dist loadfile

# Without torch: all that runs on a camera box. Tests of trainings are skipped.
test-serving: .venv-serving/ready
	.venv-serving/bin/python -m pytest -n auto

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
	.venv-dev/bin/bandit -q -ll -ii -r -c pyproject.toml configs detectors distill glimpse pipeline recognizer run_pipeline.py

# Known faults of the packages that we use. Needs a package index with such data.
audit: .venv-dev/ready
	timeout 120 .venv-dev/bin/pip-audit --local --skip-editable --progress-spinner off

# Wheel, sdist, bill of materials and hashes of the version in pipeline/version.py, tried out, then tagged
# (docs/releasing.md). DRY_RUN=1 makes no tag. Needs a package index.
release: .venv-dev/ready
	.venv-dev/bin/python -m install.release $(if $(DRY_RUN),--dry-run)

# The documentation as a site in site/, which loads nothing from other servers. A warning is an error.
docs: export NO_MKDOCS_2_WARNING = 1
docs: .venv-dev/ready
	.venv-dev/bin/python -m mkdocs build --quiet --strict
	.venv-dev/bin/python -m website.check site

clean:
	rm -rf .venv .venv-camera .venv-camera-headless .venv-dev .venv-serving out build dist site *.egg-info
