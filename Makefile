# FlowContrast from a fresh clone: `make` says what there is.
.DEFAULT_GOAL := help
.PHONY: help setup build test demo bench smoke fuzz dist docs format lint clean
SHELL := /bin/sh

FCE := .build/release/fce
SOURCES := Sources Tests Plugins Package.swift
DEMO := Runs/fashion-mnist-demo
SECONDS := 10
SUPERVISED := Runs/fashion-mnist-demo-supervised

help:
	@echo 'FlowContrast: energy-based models trained against a flow, on a CPU.'
	@echo
	@echo '  make demo     train on Fashion-MNIST with 100 labels: a table and a report, 5 minutes on 2 cores'
	@echo '  make test     run every test'
	@echo '  make build    build $(FCE), optimised'
	@echo '  make bench    time the steps of training in turns with PyTorch where it is installed, and how they grow'
	@echo '                (FC_PYTHON=python ARGS="--network conv-large": see Benchmarks/README.md)'
	@echo '  make smoke    run every recipe for a few steps'
	@echo '  make fuzz     try broken files on every reader of files, SECONDS=10 each'
	@echo '  make dist     a tarball that runs without Swift: program, manual, completions (.ci/dist tries it)'
	@echo '  make docs     the documentation of the libraries, in .build/docs'
	@echo '  make format   format the sources;  make lint: complain instead'
	@echo '  make clean    remove what was built; Runs and Data stay'
	@echo
	@echo 'Each of them first installs what is missing, on Debian and Ubuntu (.ci/setup). Then:'
	@echo
	@echo '  export PATH="$$PWD/.build/release:$$PATH"'
	@echo '  fce --help'

setup:
	@.ci/setup

build: setup
	swift build -c release --product fce

test: setup
	swift test

# Runs that are finished are not repeated, and one that was stopped goes on: delete Runs to start afresh.
demo: build
	$(FCE) train Recipes/fashion-mnist/demo-supervised.toml --out $(SUPERVISED)/seed-1 --resume
	$(FCE) train Recipes/fashion-mnist/demo.toml --out $(DEMO)/seed-1 --resume
	@echo
	@$(FCE) table $(SUPERVISED) $(DEMO)
	@echo
	@$(FCE) compare $(DEMO) --against $(SUPERVISED)
	@echo
	@echo 'The report: $(DEMO)/seed-1/report.html'

bench: build
	Benchmarks/run $(ARGS)

smoke: build
	.ci/smoke $(FCE)

fuzz: setup
	.ci/fuzz $(SECONDS)

dist: setup
	Packaging/dist

docs: setup
	Packaging/docs

format: setup
	swift format -i -r $(SOURCES)

lint: setup
	swift format lint --strict -r $(SOURCES)

clean:
	rm -rf .build
