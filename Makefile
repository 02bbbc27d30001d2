# Runs with GNU make 3.81 and any POSIX shell, so that a bare macOS or Linux will do.

VENV := .venv
RUN := $(VENV)/bin/python
PYTHONS := python3.13 python3.12 python3.11 python3
# A dataset's name or the path of a folder of images; the bundled dataset where it is empty.
DATA ?= $(WORKBOOK_DATASET)
export DATA
# A name wins over a folder of that name, as in open_dataset: ./leaves is the folder.
NAMES := leaves|digits|imagenette|pets|clothing
LAB_ARGS :=
REPORT_ARGS :=
DASHBOARD_ARGS :=
TEST_ARGS :=
NOTEBOOKS :=

.PHONY: help lab report dashboard test notebooks reset clean
.DEFAULT_GOAL := help

help:
	@echo "make lab        set up .venv and open JupyterLab on your own copy of the notebooks;"
	@echo "                DATA=path/to/images runs them on your own images"
	@echo "make report     a verdict on a folder of images, as one page under reports/;"
	@echo "                DATA=path/to/images, REPORT_ARGS='--budget 10m --need \"accuracy>=0.9\"'"
	@echo "make dashboard  everything by mouse, as a page in the browser, without any code;"
	@echo "                DATA=path/to/images, DASHBOARD_ARGS='--group patient --port 8866'"
	@echo "make test       set up .venv and run every test, the notebooks among them"
	@echo "make reset      fresh copies of the notebooks; the old ones are kept beside them"
	@echo "make notebooks  execute the stored notebooks again and store their outputs"
	@echo "make clean      remove .venv and caches; never your notebooks, marks or images"

# $(1) is the kind of set-up, $(2) the requirements file, $(3) every file it depends on.
# The stamp is named by a checksum, so that a checkout that only touches dates installs nothing;
# the folder is part of it, because an editable install holds an absolute path.
define install
@stamp=$(VENV)/.installed-$(1)-`{ cat $(3); pwd; } | cksum | cut -d ' ' -f 1`; \
if [ -f "$$stamp" ] && $(RUN) -c '' 2>/dev/null; then exit 0; fi; \
if [ "`uname -s` `uname -m`" = "Darwin x86_64" ]; then \
	echo "PyTorch is no longer built for Macs with an Intel processor; use an Apple-silicon Mac, Linux or Windows." >&2; exit 1; \
fi; \
if ! $(RUN) -m pip --version >/dev/null 2>&1; then \
	python=; bare=; \
	for found in $(PYTHONS); do \
		$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
		if $$found -c 'import ensurepip, venv' >/dev/null 2>&1; then python=$$found; break; fi; \
		bare=$${bare:-$$found}; \
	done; \
	if [ -z "$$python" ] && [ -n "$$bare" ]; then \
		echo "$$bare cannot make a virtual environment; install its venv module (Debian, Ubuntu: sudo apt install python3-venv) and run make again." >&2; exit 1; \
	fi; \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11 or newer was found (looked for $(PYTHONS)); install one from python.org or your package manager and run make again." >&2; exit 1; \
	fi; \
	echo "Creating $(VENV) with `$$python --version 2>&1`"; \
	$$python -m venv --clear $(VENV) || exit 1; \
fi; \
echo "Installing the packages of $(2) (a few minutes the first time)"; \
rm -f $(VENV)/.installed-*; \
$(RUN) -m pip install --quiet --disable-pip-version-check -r $(2) || exit 1; \
isolation=; \
if $(RUN) -c 'import setuptools, sys; sys.exit(int(setuptools.__version__.split(".")[0]) < 77)' 2>/dev/null; then \
	isolation=--no-build-isolation; \
fi; \
$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps $$isolation -e . || exit 1; \
touch "$$stamp" $(4)
endef

# pyproject.toml lists the packages that an editable install makes known.
LAB_FILES := requirements.txt pyproject.toml
TEST_FILES := $(LAB_FILES) requirements-dev.txt
lab_stamp = $(VENV)/.installed-lab-`{ cat $(LAB_FILES); pwd; } | cksum | cut -d ' ' -f 1`
install_lab = $(call install,lab,requirements.txt,$(LAB_FILES),)
install_test = $(call install,test,requirements-dev.txt,$(TEST_FILES),"$(lab_stamp)")

lab:
	$(install_lab)
	@$(RUN) -m helpers.course.notebooks copy --data "$$DATA"
	@case "$$DATA" in ""|leaves) folder=notebooks ;; *) folder=notebooks-own-data ;; esac; \
	case "$$DATA" in $(NAMES)|/*) ;; *) [ ! -e "$$DATA" ] || DATA=$$PWD/$$DATA ;; esac; \
	cd work/$$folder && WORKBOOK_DATASET=$$DATA ../../$(RUN) -m jupyterlab $(LAB_ARGS) 00_start_here.ipynb

report:
	$(install_lab)
	@$(RUN) -m helpers report "$$DATA" $(REPORT_ARGS)

# Ctrl-C is the way to stop it, and no failure.
dashboard:
	$(install_lab)
	@$(RUN) -m helpers dashboard "$$DATA" $(DASHBOARD_ARGS)

test:
	$(install_test)
	@$(RUN) -m pytest $(TEST_ARGS)

notebooks:
	$(install_lab)
	@$(RUN) -m helpers.course.notebooks execute $(NOTEBOOKS)

reset:
	$(install_lab)
	@$(RUN) -m helpers.course.notebooks reset --data "$$DATA"

clean:
	@rm -rf $(VENV) .pytest_cache .ruff_cache *.egg-info notebooks/.ipynb_checkpoints
	@find helpers leaves tests studies benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	@echo "Removed .venv and caches; everything under work/ is still there."
