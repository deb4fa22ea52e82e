#!/usr/bin/env python3
"""Loads folders that the studio wrote with `peft` and `transformers`, and compares logits.

  python check_peft.py JOBS.json RESULTS.json

JOBS     [{"kind": "peft" or "merged", "base": DIR, "folder": DIR, "expected": FILE, "classes": N}, ...]
RESULTS  [{"max_abs_diff": .., "missing": [..], "error": null or TEXT}, ...]

EXPECTED has input_ids, attention_mask and logits. PeftModel.forward fails for prefix tuning on RoBERTa with these library
versions; there the same computation is run on the last hidden states.
"""
import json, sys

import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification


def logits_of(job, ids, mask):
    if job["kind"] == "merged":
        model, info = AutoModelForSequenceClassification.from_pretrained(
            job["folder"], attn_implementation="eager", output_loading_info=True)
        model.eval()
        problems = [f"missing {n}" for n in info["missing_keys"]] + [f"unexpected {n}" for n in info["unexpected_keys"]]
        return model(input_ids=ids, attention_mask=mask).logits, problems
    base = AutoModelForSequenceClassification.from_pretrained(
        job["base"], torch_dtype=torch.float32, num_labels=job["classes"], attn_implementation="eager")
    # Random heads differ from run to run: a head that was not loaded shows.
    model = PeftModel.from_pretrained(base, job["folder"]).eval()
    if type(model.active_peft_config).__name__ != "PrefixTuningConfig":
        return model(input_ids=ids, attention_mask=mask).logits, []
    length = model.active_peft_config.num_virtual_tokens
    seen = torch.cat([torch.ones(len(ids), length, dtype=mask.dtype), mask], dim=1)
    out = model.base_model.roberta(input_ids=ids, attention_mask=seen, past_key_values=model.get_prompt(len(ids)))
    return model.base_model.classifier(out[0]), []


def check(job):
    expected = json.load(open(job["expected"], encoding="utf-8"))
    ids, mask = torch.tensor(expected["input_ids"]), torch.tensor(expected["attention_mask"])
    try:
        with torch.no_grad():
            logits, missing = logits_of(job, ids, mask)
        difference = (logits - torch.tensor(expected["logits"])).abs().max().item()
        return {"max_abs_diff": difference, "missing": missing, "error": None}
    except Exception as error:  # told to the test, which fails with it
        return {"max_abs_diff": None, "missing": [], "error": f"{type(error).__name__}: {error}"}


def main():
    jobs = json.load(open(sys.argv[1], encoding="utf-8"))
    with open(sys.argv[2], "w", encoding="utf-8") as results:
        json.dump([check(job) for job in jobs], results)


if __name__ == "__main__":
    main()
