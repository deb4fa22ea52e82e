#!/usr/bin/env python3
"""Checks ONNX models that the studio wrote with `onnx.checker`, runs them with `onnxruntime`, and compares logits.

  python check_onnx.py JOBS.json RESULTS.json

JOBS     [{"model": FILE, "expected": FILE}, ...]
RESULTS  [{"max_abs_diff": .., "inputs": [..], "opset": .., "error": null or TEXT}, ...]

EXPECTED has input_ids, attention_mask and logits.
"""
import json, sys

import numpy as np
import onnx
import onnxruntime


def check(job):
    expected = json.load(open(job["expected"], encoding="utf-8"))
    model = onnx.load(job["model"])
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
    inputs = [i.name for i in session.get_inputs()]
    feeds = {name: np.array(expected[name], dtype=np.int64) for name in ("input_ids", "attention_mask")}
    if "token_type_ids" in inputs:
        feeds["token_type_ids"] = np.zeros_like(feeds["input_ids"])
    (logits,) = session.run(["logits"], feeds)
    difference = np.abs(logits.astype(np.float64) - np.array(expected["logits"]).reshape(logits.shape)).max()
    return {"max_abs_diff": float(difference), "inputs": inputs, "opset": model.opset_import[0].version, "error": None}


def main():
    results = []
    for job in json.load(open(sys.argv[1], encoding="utf-8")):
        try:
            results.append(check(job))
        except Exception as e:
            results.append({"max_abs_diff": None, "inputs": [], "opset": None, "error": f"{type(e).__name__}: {e}"})
    json.dump(results, open(sys.argv[2], "w"))


if __name__ == "__main__":
    main()
