# make reproduce   everything from nothing: environment, data, models, figures
# make pull        the data and models behind the committed figures, from store/
# make test        the same environment, every test
# make check       style, types and the tests of single modules: minutes
# make docs        the pages of docs/ in build/docs
# make lint        style and types of Python, style of Snakemake and of the workflow
# make faults      kills, full disks, hostile files, SEEDS=20 of each: docs/reliability.md
# make mutants     deliberate mistakes, each of which a test must notice: docs/mutants.md
# make notebook    examples/first_look.ipynb with its outputs
# make conda       the workflow in conda's environments, at scale smoke; needs conda
# make image       the image of the Dockerfile, smwm; needs docker
# make slurm       the workflow on a Slurm that the test starts; needs root on Debian
# make kit         what the benchmark of a bare GPU machine knows of the scales, after a change of these
# make lock        renew requirements.lock from pyproject.toml
#
# SCALE=smoke CORES=4 PYTHON=python3.12 TORCH=cpu may follow.
CORES ?= all
VENV ?= .venv
BIN := $(VENV)/bin

# PATH ends at a colon, and so does a target here.
ifneq (,$(findstring :,$(CURDIR)$(VENV)))
$(error $(CURDIR), VENV=$(VENV): a path with ':' is not allowed, move the folder)
endif

.PHONY: reproduce setup pull test check docs lint notebook conda image faults mutants slurm kit lock
.DELETE_ON_ERROR:

# A killed workflow leaves Snakemake's lock behind. A live one also holds .snakemake/running,
# which the kernel frees with its process: then the lock is stale and may be cleared.
reproduce: $(VENV)/.ready
	@if ls .snakemake/locks/* >/dev/null 2>&1; then \
	  flock --nonblock .snakemake/running $(BIN)/snakemake --unlock --quiet all || \
	  { echo "make: another run is working in this folder" >&2; exit 1; }; fi
	@$(BIN)/snakemake --cores $(CORES) $(if $(SCALE),--config scale=$(SCALE))

setup: $(VENV)/.ready

# Scale by scale: a pull of the whole folders would take away the scales that were made here.
PULLED := data/checkpoints data/datasets results
pull: $(VENV)/.ready
	@$(BIN)/dvc pull data/records.json $$(for folder in $(PULLED); do \
	  $(BIN)/dvc ls . $$folder --dvc-only | sed "s#^#$$folder/#"; done)

test: $(VENV)/.ready lint
	$(BIN)/python -m pytest

check: $(VENV)/.ready lint
	$(BIN)/python -m pytest --numprocesses $(if $(filter all,$(CORES)),logical,$(CORES)) \
	  --dist loadfile -m 'not slow and not slurm' --ignore tests/workflow --ignore tests/faults

docs: $(VENV)/.ready
	$(BIN)/python -m sphinx --quiet -W --keep-going docs build/docs
	@echo "done: build/docs/index.html"

lint: $(VENV)/.ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

notebook: $(VENV)/.ready
	cd examples && "$(abspath $(BIN))/jupyter-execute" --inplace first_look.ipynb

conda:
	conda env update --quiet --name smwm --file workflow/envs/host.yaml
	conda run --no-capture-output --name smwm \
	  snakemake --cores $(CORES) --use-conda --config scale=$(or $(SCALE),smoke)

image:
	docker build --tag smwm .

$(VENV)/.ready: requirements.lock pyproject.toml workflow/setup.sh
	@PYTHON="$(PYTHON)" TORCH="$(TORCH)" workflow/setup.sh $(VENV)
	@touch $@

faults: $(VENV)/.ready
	$(BIN)/python tests/faults/report.py --seeds $(or $(SEEDS),20) --out docs/reliability.md

mutants: $(VENV)/.ready
	$(BIN)/python tests/mutants/run.py --jobs $(or $(JOBS),2) --out docs/mutants.md

slurm: $(VENV)/.ready
	@mkdir -p build
	@echo "some minutes; output in build/slurm.log"
	$(BIN)/python -m pytest -m slurm tests/workflow/test_slurm.py > build/slurm.log 2>&1 \
	  && ! grep -q skipped build/slurm.log || { tail -n 20 build/slurm.log; exit 1; }
	@{ git rev-parse --short HEAD; tail -n 1 build/slurm.log; } > docs/slurm-last-result.txt

kit: $(VENV)/.ready
	$(BIN)/python -c "from smwm.benchmark.gpu.counts import write; write()"

# torch pins the CUDA packages of its ordinary build itself; its CPU build needs none, so the
# lock leaves them out and serves both.
lock: $(VENV)/.ready
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --extra test --extra docs --extra cluster --no-annotate --no-header pyproject.toml | grep -vE '^(nvidia-|cuda-|triton)' > lock.tmp
	@{ echo "# Every package and version; written by: make lock"; cat lock.tmp; } > requirements.lock
	@rm lock.tmp
