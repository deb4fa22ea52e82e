#!/usr/bin/env python3
"""Heads of the real library on a base model: saved folders, logits, losses and gradients.

  python make_heads.py JOBS.json RESULTS.json

JOBS     {"base": DIR, "folder": DIR to write into, "input_ids": [[..]], "attention_mask": [[..]],
          "cases": [{"id": .., "head": arguments of the head's class and "multilabel", "labels": [..],
                     "loss": {"weight": [..] or null, "label_smoothing": ..} or absent for the head's own loss}, ...]}
RESULTS  [{"logits": [[..]], "loss": .., "gradients": {name: [..]}}, ...]

Each case's head is saved with save_head to FOLDER/ID. Biases and weights are drawn with the same spread, so that no gradient
and no bias is trivially zero.
"""
import json, os, sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from adapters import AutoAdapterModel, ClassificationHead, MultiLabelClassificationHead


def make(job, case, seed):
    torch.manual_seed(seed)
    m = AutoAdapterModel.from_pretrained(job["base"])
    for h in list(m.heads):
        m.delete_head(h)
    options = dict(case["head"])
    # add_classification_head makes the same objects, but has no argument for their bias.
    kind = MultiLabelClassificationHead if options.pop("multilabel", False) else ClassificationHead
    if options.get("id2label"):
        options["id2label"] = {int(k): v for k, v in options["id2label"].items()}
    m.add_prediction_head(kind(m, "main", **options))
    m.freeze_model(True)
    m.eval()
    own = {k: p for k, p in m.named_parameters() if k.startswith("heads.main.")}
    with torch.no_grad():
        for p in own.values():
            p.copy_(torch.randn_like(p) * 0.2)
            p.requires_grad_(True)
    m.save_head(os.path.join(job["folder"], case["id"]), "main")
    y = torch.tensor(case["labels"])
    ids, mask = torch.tensor(job["input_ids"]), torch.tensor(job["attention_mask"])
    if case.get("loss") is None:
        out = m(input_ids=ids, attention_mask=mask, labels=y)
        logits, loss = out.logits, out.loss
    else:
        logits = m(input_ids=ids, attention_mask=mask).logits
        weight = None if case["loss"]["weight"] is None else torch.tensor(case["loss"]["weight"])
        loss = torch.nn.CrossEntropyLoss(weight=weight, label_smoothing=case["loss"]["label_smoothing"])(logits, y)
    loss.backward()
    return {"logits": logits.tolist(), "loss": loss.item(),
            "gradients": {k: p.grad.flatten().tolist() for k, p in own.items()}}


def main():
    job = json.load(open(sys.argv[1], encoding="utf-8"))
    results = [make(job, case, 42 + i) for i, case in enumerate(job["cases"])]
    json.dump(results, open(sys.argv[2], "w"))


main()
