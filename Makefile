# make demo: separate the samples, say where the pictures are.   make test: pass the tests.
# make docs: build the documentation in site/.
# Each does all the set-up by itself, on a bare Debian machine too; the environment is .venv.

PYTHON ?= python3
TORCH := torch==2.13.0
BIN := .venv/bin
# Two processes of one thread each; tests/conftest.py says which takes what.
PYTEST := OMP_NUM_THREADS=1 ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1 \
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder
PIP := $(BIN)/python -m pip install --progress-bar off --disable-pip-version-check

# What Qt, OpenGL and a display without a screen need on Debian and its kin; and a browser, in
# which the report is looked at.
SYSTEM_PACKAGES := chromium fonts-dejavu-core libdbus-1-3 libegl1 libfontconfig1 libgl1 \
	libgl1-mesa-dri libglib2.0-0 libopengl0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 \
	libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 \
	libxkbcommon-x11-0 xauth xvfb

.PHONY: demo test gui docs environment
.DELETE_ON_ERROR:

demo: .venv/base
	$(BIN)/xraysep demo

test: environment
	@if command -v xvfb-run > /dev/null; then \
		xvfb-run -a -s "-screen 0 1600x1200x24" env $(PYTEST); \
	else \
		QT_QPA_PLATFORM=offscreen $(PYTEST); \
	fi

gui: environment
	$(BIN)/xraysep gui

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

environment: .venv/system .venv/all

# torch first, by itself: which build of it (CPU, CUDA) is pip's to find.
.venv/torch: $(BIN)/python
	$(PIP) $(TORCH)
	@touch $@

.venv/base: .venv/torch pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e .
	@touch $@

.venv/all: .venv/torch pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e ".[all,test]"
	@touch $@ .venv/base

.venv/docs: .venv/torch pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e ".[docs]"
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'make: Python 3.11 or later is needed: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2> /dev/null || { $(call install_missing,python3-venv); }
	$(PYTHON) -m venv .venv

.venv/system: $(BIN)/python Makefile
	@$(call install_missing,$(SYSTEM_PACKAGES))
	@touch $@

# $(1): Debian packages; those that are missing are installed where that is allowed.
define install_missing
missing=$$(for package in $(1); do \
	dpkg-query -W -f '$${Status}' $$package 2> /dev/null | grep -q 'ok installed' \
		|| echo $$package; \
done); \
if [ -z "$$missing" ]; then :; \
elif ! command -v apt-get > /dev/null; then \
	echo "note: this is no Debian; tests of windows need the like of:" $$missing >&2; \
elif [ "$$(id -u)" = 0 ]; then \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qqy \
		--no-install-recommends $$missing; \
elif sudo -n true 2> /dev/null; then \
	sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -qqy \
		--no-install-recommends $$missing; \
else \
	echo "note: please install: sudo apt-get install" $$missing >&2; \
fi
endef
