"""Code that a model folder brings is never run, and weights that can run code are never read."""

from __future__ import annotations

import ast
import functools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import arms
import decide
from arms import FineTuned, Prompted, models
from arms.base import ArmError

ROOT = Path(arms.__file__).parents[1]
CANARY = "from pathlib import Path\nPath({file!r}).write_text('ran')\n"
KINDS = ("config", "tokenizer", "model")


@pytest.fixture
def hostile(tmp_path: Path, tiny_encoder: Path) -> tuple[Path, Path]:
    """A copy of a model whose configuration, tokenizer and model name a module; the file it would write."""
    folder, ran = tmp_path / "model", tmp_path / "ran"
    shutil.copytree(tiny_encoder, folder)
    code = CANARY.format(file=str(ran))
    code += "from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast\n"
    code += "class Config(BertConfig):\n    model_type = 'canary'\n"
    code += "class Model(BertForMaskedLM):\n    config_class = Config\n"
    code += "class Tokenizer(PreTrainedTokenizerFast):\n    pass\n"
    (folder / "canary.py").write_text(code)
    return folder, ran


def edit(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


AUTO = {"AutoConfig": "canary.Config", "AutoModelForMaskedLM": "canary.Model", "AutoModel": "canary.Model"}
AUTO |= {"AutoModelForSequenceClassification": "canary.Model", "AutoModelForCausalLM": "canary.Model"}


def test_a_model_of_an_unknown_type_with_code_is_refused_before_anything_slow(
    hostile: tuple[Path, Path],
) -> None:
    folder, ran = hostile
    edit(folder / "config.json", auto_map=AUTO, model_type="code_of_its_own")
    for arm in (FineTuned(str(folder)), Prompted(str(folder))):
        with pytest.raises(ArmError, match=r"brings code of its own\. Such code is never run"):
            arm.check(decide_toy())
    assert not ran.exists()


def decide_toy() -> Any:
    from evalsets import EvalSet, TextClassification
    from tests.conftest import toy_split

    part = toy_split(12, 1)
    task = TextClassification(("account", "billing", "network"))
    return EvalSet("toy", task, train=part, dev=part, test=part)


def test_code_of_a_model_that_transformers_has_does_not_run(hostile: tuple[Path, Path]) -> None:
    from arms.encoder.masking import load_masked_lm
    from arms.llm.loading import load
    from decide.domain_gap.assess import _tokenizer
    from decide.domain_gap.encoder import load_encoder

    folder, ran = hostile
    edit(folder / "config.json", auto_map=AUTO)
    tokens = {"AutoTokenizer": [None, "canary.Tokenizer"]}
    edit(folder / "tokenizer_config.json", auto_map=tokens)
    models.check_model(str(folder))
    load_masked_lm(folder)
    load_encoder(folder, _tokenizer(folder, "canary"))
    load(str(folder), None, "float32", "cpu")
    assert not ran.exists()


def test_a_tokenizer_that_only_its_own_code_has_does_not_run(hostile: tuple[Path, Path]) -> None:
    from decide.domain_gap.assess import _tokenizer

    folder, ran = hostile
    tokens = {"AutoTokenizer": ["canary.Tokenizer", "canary.Tokenizer"]}
    edit(folder / "tokenizer_config.json", auto_map=tokens, tokenizer_class="CanaryTokenizer")
    try:
        found: Any = _tokenizer(folder, "canary")
    except ArmError:
        found = None
    assert not ran.exists()
    assert found is None or type(found).__module__.startswith("transformers.")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.ckpt", "tf_model.h5", "model.pt"])
def test_weights_that_can_run_code_are_refused(hostile: tuple[Path, Path], name: str) -> None:
    folder, _ = hostile
    (folder / "model.safetensors").rename(folder / name)
    for arm in (FineTuned(str(folder)), Prompted(str(folder))):
        with pytest.raises(ArmError, match=r"no \.safetensors weights.*convert with save_pretrained"):
            arm.check(decide_toy())


def test_a_pickle_beside_safetensors_is_not_read(hostile: tuple[Path, Path]) -> None:
    import pickle

    from arms.encoder.masking import load_masked_lm

    folder, ran = hostile

    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.write_text, (ran, "ran"))

    for name in ("pytorch_model.bin", "training_args.bin", "optimizer.pt"):
        (folder / name).write_bytes(pickle.dumps(Bomb()))
    load_masked_lm(folder)
    assert not ran.exists()


def test_an_adapter_in_a_pickle_is_refused(hostile: tuple[Path, Path]) -> None:
    from arms.llm.loading import check_adapter

    folder, _ = hostile
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.bin").write_bytes(b"x")
    with pytest.raises(ArmError, match=r"no adapter_model\.safetensors"):
        check_adapter(folder)
    with pytest.raises(ArmError, match=r"has an adapter_config\.json"):
        models.check_model(str(folder))


@pytest.mark.parametrize("config", ["", "[]", "{", "[" * 100_000, "\ud800"])
def test_a_broken_config_is_a_message(hostile: tuple[Path, Path], config: str) -> None:
    folder, _ = hostile
    (folder / "config.json").write_bytes(config.encode("utf-8", "surrogatepass"))
    with pytest.raises(ArmError, match=r"config\.json"):
        models.check_model(str(folder))


@functools.cache
def calls() -> list[tuple[str, ast.Call]]:
    """Every call in the packages, with where it stands."""
    found = []
    for package in ("arms", "decide", "evalsets", "reports"):
        for file in (ROOT / package).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            where = file.relative_to(ROOT).as_posix()
            found += [(where, node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return found


def test_every_model_is_loaded_without_code_and_from_safetensors() -> None:
    wrong, seen = [], 0
    for where, call in calls():
        function = call.func
        if not isinstance(function, ast.Attribute) or function.attr != "from_pretrained":
            continue
        seen += 1
        owner = ast.unparse(function.value)
        said = {k.arg: ast.unparse(k.value) for k in call.keywords}
        if owner == "PeftModel":  # check_adapter has seen safetensors, which peft then takes
            continue
        if said.get("trust_remote_code") != "False":
            wrong.append(f"{where}:{call.lineno} trust_remote_code")
        if "Model" in owner and said.get("use_safetensors") != "True" and "gguf_file" not in said:
            wrong.append(f"{where}:{call.lineno} use_safetensors")
    assert not wrong
    assert seen > 10


def test_nothing_is_unpickled_but_the_job_of_the_parent_process() -> None:
    readers = {"pickle.load", "pickle.loads", "cloudpickle.load", "cloudpickle.loads", "torch.load"}
    readers |= {
        "joblib.load",
        "dill.load",
        "dill.loads",
        "np.load",
        "numpy.load",
        "marshal.loads",
        "eval",
        "exec",
    }
    readers |= {"yaml.load", "yaml.unsafe_load", "yaml.full_load", "shelve.open", "pd.read_pickle"}
    found = [where for where, call in calls() if ast.unparse(call.func) in readers]
    assert found == ["decide/worker.py"]


def test_no_setting_lets_code_run() -> None:
    named = [where for where, call in calls() for k in call.keywords if k.arg == "trust_remote_code"]
    assert named
    for kind, cls in decide_arms().items():
        assert not any("remote_code" in name for name in getattr(cls, "__dataclass_fields__", {})), kind


def decide_arms() -> dict[str, Any]:
    from arms.registry import ARMS

    assert decide.FineTuned in ARMS.values()
    return ARMS
