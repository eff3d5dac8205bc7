# make book   the book, from the stored runs of all studies: nothing is trained
#             RUN=quick runs the studies now, from what CONFOUNDLAB_DATA names, else on simulated
#             twins; RUN=smoke takes a tenth of the time and shows only that everything runs
# make book-student   the same without solutions, in build/student
# make published      the book with the edition without solutions inside it, as it is published
# make check-book     the built book in a browser without a network
# make test   style of code and prose, types, layers and tests
# make results     the stored runs again, with the papers' own settings (hours); PAGES="coil yale"
#                  makes some of them
# make release     fails if the code has changed since a stored run in a way that could touch it
# make calibration false alarms, power and coverage of every test, under an hour
# make audits      our audit on folders with a known truth
# make rivals      other auditors on the nulls of our calibration, in an environment of their own
# make sweeps      what each setting of a study moves: the book's sweeps of COIL-20
# make sensitivity how far each choice that the paper leaves open moves our numbers
# make benchmarks  speed of the engines and of reading files, beside what one would use instead; 100,000
#                  files with: python benchmarks/scale.py --most 100000
# PYTHON chooses the interpreter. CONFOUNDLAB_TORCH_INDEX names a package index to take torch from.

PYTHON ?= python3
RUN ?=
PAGES ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: book book-student published check-book test lint results release calibration audits rivals sensitivity sweeps benchmarks clean

book: $(READY)
	$(BIN)/python book/builder/build.py $(RUN:%=--run %)

book-student: $(READY)
	$(BIN)/python book/builder/build.py $(RUN:%=--run %) --student

published: $(READY)
	$(BIN)/python book/builder/build.py $(RUN:%=--run %) --published

check-book: $(READY)
	book/check/run book/_build/html build/screenshots

PROSE := $(wildcard book/*.md book/*.py book/*.yml book/chapters/*.yml book/builder/*.py book/builder/extensions/*.py)

test: $(READY) lint
	$(BIN)/python -m pytest -n auto --maxprocesses 4

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell README.md CONTRIBUTING.md CHANGELOG.md notebooks confoundlab $(PROSE)
	$(BIN)/python book/check/prose.py

results: $(READY)
	$(BIN)/python book/builder/stored.py $(PAGES)

release: $(READY)
	$(BIN)/python book/builder/stored.py --check

calibration: $(READY)
	$(BIN)/python tests/calibration/run.py
	$(BIN)/python tests/calibration/planted.py

benchmarks: $(READY)
	$(BIN)/python -m pip install --quiet --no-deps imagededup==0.3.3.post2
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/scale.py

sensitivity: $(READY)
	$(BIN)/python benchmarks/sensitivity.py

sweeps: $(READY)
	$(BIN)/python benchmarks/sweeps.py

audits: $(READY)
	$(BIN)/python benchmarks/audit.py

rivals: .venv-rivals/.ready
	.venv-rivals/bin/python benchmarks/rivals.py

.venv-rivals/.ready: benchmarks/rivals.txt
	$(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet --requirement benchmarks/rivals.txt
	.venv-rivals/bin/python -m pip install --quiet --no-deps --editable .
	@touch $@

# The stamp is written last, so an interrupted install is done again.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV): a few minutes the first time ..."
ifdef CONFOUNDLAB_TORCH_INDEX
	$(BIN)/python -m pip install --quiet --index-url $(CONFOUNDLAB_TORCH_INDEX) "torch>=2.6" "torchvision>=0.21"
endif
	$(BIN)/python -m pip install --quiet --editable ".[book,test]"
	@touch $@

clean:
	rm -rf build book/_build book/_made book/executed book/instructor book/check/node_modules runs .pytest_cache .mypy_cache .ruff_cache
