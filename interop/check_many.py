#!/usr/bin/env python3
"""Runs many checks in one process, because importing torch and adapters takes longer than all of them.

  python check_many.py JOBS.json RESULTS.json

JOBS     {"checks": [{"base": DIR, "adapter": ZIP or DIR, "inputs": FILE, "expected": FILE, "atol": 1e-4,
                       "attention": "eager"}, ...],
          "bins": [{"ours": FILE.bin, "original": FILE.bin}, ...]}
RESULTS  {"checks": [{"exit_code": 0, "problems": [..], "max_abs_diff": .., "output": ".."}, ...],
          "bins": [{"problems": [..], "tensors": n}, ...]}

A check is check_adapter_zip.py with these arguments. A bin is loaded as the library does (weights_only=True), and once more
with mmap=True; names, their order, shapes, dtypes and bits must be the original's.
"""
import contextlib, io, json, os, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_adapter_zip


def check(job):
    output = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        sys.argv = ["check_adapter_zip.py", "--base", job["base"], "--adapter", job["adapter"], "--inputs", job["inputs"],
                    "--expected", job["expected"], "--atol", str(job.get("atol", 1e-4)), "--report", report,
                    "--attention", job.get("attention", "eager")]
        code = None
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                check_adapter_zip.main()
            except SystemExit as e:
                code = e.code
        result = json.load(open(report)) if os.path.exists(report) else {}
    return {"exit_code": code, "problems": result.get("problems", []), "tensors": result.get("tensors"),
            "max_abs_diff": result.get("logits", {}).get("max_abs_diff"), "output": output.getvalue()[-4000:]}


def compare(job):
    import torch
    problems = []
    original = torch.load(job["original"], map_location="cpu", weights_only=True)
    for mmap in (False, True):
        ours = torch.load(job["ours"], map_location="cpu", weights_only=True, mmap=mmap)
        if list(ours) != list(original):
            problems.append(f"names differ: {list(ours)} instead of {list(original)}")
            continue
        for k, v in original.items():
            if ours[k].shape != v.shape or ours[k].dtype != v.dtype:
                problems.append(f"{k}: {ours[k].dtype} {tuple(ours[k].shape)} instead of {v.dtype} {tuple(v.shape)}")
            elif not torch.equal(ours[k].contiguous().view(torch.int32), v.contiguous().view(torch.int32)):
                problems.append(f"{k}: bits differ")
    return {"problems": problems, "tensors": len(original)}


def main():
    jobs = json.load(open(sys.argv[1], encoding="utf-8"))
    results_path = sys.argv[2]
    results = {"checks": [check(j) for j in jobs.get("checks", [])], "bins": [compare(j) for j in jobs.get("bins", [])]}
    json.dump(results, open(results_path, "w"))


if __name__ == "__main__":
    main()
