# run: service, page and local AWS. test: everything. Both set themselves up. soak: an outage of STS in real time, or the local AWS
# visited for an hour. fuzz: damaged frames against a running local AWS.
BIN := .venv/bin
LOCKS := pyproject.toml requirements.lock requirements-dev.lock .ci/bootstrap tests/peers/package-lock.json
PURE := */eventstream/*,*/sigv4/*,*/transcribe/*

.PHONY: run test check bench soak fuzz lock clean

run: .venv/.ready-run
	@$(BIN)/scribepass up $(ARGS)

test: .venv/.ready-test
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --cov --cov-report= $(ARGS)
	$(BIN)/coverage report --fail-under=100 --include='$(PURE)'

check: .venv/.ready-test
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/python .ci/lock.py --check

bench: .venv/.ready-test
	@$(BIN)/python -m tests.bench $(ARGS)

soak: .venv/.ready-test
	@$(BIN)/python -m tests.soak $(ARGS)

fuzz: .venv/.ready-test
	@$(BIN)/python -m tests.fuzz.wire $(ARGS)

lock: .venv/.ready-test
	$(BIN)/python .ci/lock.py

clean:
	rm -rf .venv .cache .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache dist build
	rm -rf tests/peers/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready-%: $(LOCKS)
	@.ci/bootstrap $*
