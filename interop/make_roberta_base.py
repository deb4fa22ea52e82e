#!/usr/bin/env python3
"""Writes a randomly initialised checkpoint of exactly roberta-base's shapes, and what torch computes on it.

  python make_roberta_base.py FOLDER [--seed 0]
      config.json, model.safetensors (499 MB, F32; RobertaForMaskedLM as on the hub), the tokenizer's files of --tokenizer,
      batch.json (ids and labels of a small ragged batch), start.safetensors (AdapterHub's LoRA r=8 on query and value, and
      its classification head, moved off their initial values), and reference.f32.safetensors: loss, logits and the gradient
      of every trained tensor, dropout off.

  python make_roberta_base.py FOLDER --weights STORED.safetensors --tag int8
      reference.int8.safetensors: the same where tensors of STORED replace the checkpoint's (`scripts/stored-weights.ts`
      writes what the studio's f16 and int8 storage hold).

Weights have the scale of trained ones (standard deviation 0.02; biases and LayerNorms are not left at 0 and 1), their
values mean nothing: what is checked is arithmetic at full size.
"""
import argparse
import json
import os
import shutil
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from safetensors.torch import load_file, save_file

CONFIG = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "vocab_size": 50265,
    "max_position_embeddings": 514,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
    "bos_token_id": 0,
    "pad_token_id": 1,
    "eos_token_id": 2,
}
LENGTHS = (17, 9, 22)
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt")


def make_checkpoint(folder: Path, tokenizer: Path | None, seed: int) -> None:
    from transformers import RobertaConfig, RobertaForMaskedLM

    torch.manual_seed(seed)
    model = RobertaForMaskedLM(RobertaConfig(**CONFIG))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * (0.05 if "LayerNorm.weight" in name else 0.02))
    model.save_pretrained(folder)
    for name in TOKENIZER_FILES:
        if tokenizer and (tokenizer / name).exists():
            shutil.copyfile(tokenizer / name, folder / name)
    generator = torch.Generator().manual_seed(seed)
    rows = [[0, *torch.randint(4, CONFIG["vocab_size"], (n - 2,), generator=generator).tolist(), 2] for n in LENGTHS]
    (folder / "batch.json").write_text(json.dumps({"input_ids": rows, "labels": [i % 2 for i in range(len(rows))]}))


def adapter_model(folder: Path):
    from adapters import AutoAdapterModel

    model = AutoAdapterModel.from_pretrained(folder)
    model.add_adapter("main", config="lora")
    model.add_classification_head("main", num_labels=2)
    model.train_adapter("main")
    return model.eval()


def trained(model):
    """Without the checkpoint's own masked-LM head, which is trainable too but has no part in the loss."""
    named = model.named_parameters()
    return {name: p for name, p in named if p.requires_grad and not name.startswith("heads.default.")}


def make_start(model, path: Path, seed: int) -> None:
    """LoRA's B begins at zero, which would leave A without a gradient."""
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in trained(model).values():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.02)
    save_file({name: p.detach().clone() for name, p in trained(model).items()}, path)


def reference(model, folder: Path, tag: str) -> None:
    batch = json.loads((folder / "batch.json").read_text())
    longest = max(map(len, batch["input_ids"]))
    ids = torch.tensor([row + [1] * (longest - len(row)) for row in batch["input_ids"]])
    out = model(input_ids=ids, attention_mask=(ids != 1).long(), labels=torch.tensor(batch["labels"]))
    out.loss.backward()
    tensors = {f"grad/{name}": p.grad.clone() for name, p in trained(model).items()}
    tensors["loss"] = out.loss.detach().reshape(1)
    tensors["logits"] = out.logits.detach().clone()
    save_file(tensors, folder / f"reference.{tag}.safetensors")
    print(f"{tag}: loss {out.loss.item():.6f}, logits {out.logits.detach().flatten().tolist()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tokenizer", type=Path, help="folder whose tokenizer files are copied")
    parser.add_argument("--weights", type=Path, help="safetensors that replace tensors of the checkpoint")
    parser.add_argument("--tag", default="f32", help="names the reference file")
    options = parser.parse_args()
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "start.safetensors").exists():
        make_checkpoint(folder, options.tokenizer, options.seed)
        make_start(adapter_model(folder), folder / "start.safetensors", options.seed)
    model = adapter_model(folder)
    replaced = {**load_file(folder / "start.safetensors"), **(load_file(options.weights) if options.weights else {})}
    parameters = dict(model.named_parameters())
    # `adapters` wraps the linear layers that have a LoRA; their weight keeps its name.
    missing = [name for name in replaced if name not in parameters]
    if missing:
        raise SystemExit(f"the model has no {missing[:3]}")
    with torch.no_grad():
        for name, tensor in replaced.items():
            parameters[name].copy_(tensor)
    reference(model, folder, options.tag)


if __name__ == "__main__":
    main()
