#!/usr/bin/env python3
"""Does what a downloaded adapter's README.md says, and compares the logits of the model that it leaves.

  python run_card.py JOBS.json RESULTS.json

JOBS     [{"card": FILE, "base": DIR, "named": TEXT, "folder": DIR, "expected": FILE}, ...]
RESULTS  [{"max_abs_diff": .., "error": null or TEXT}, ...]

The card's Python is run as it stands, with the folder put in, and with the folder of the base model where it names it.
"""
import json, re, sys

import torch


def run(job):
    card = open(job["card"], encoding="utf-8").read()
    code = re.search(r"```python\n(.*?)```", card, re.S).group(1)
    code = code.replace(json.dumps(job["named"]), json.dumps(job["base"]), 1)
    code = code.replace("FOLDER_OF_THESE_FILES", job["folder"])
    names = {}
    exec(code, names)
    model = names["classify"].model if "classify" in names else names["model"]
    expected = json.load(open(job["expected"], encoding="utf-8"))
    with torch.no_grad():
        out = model.eval()(
            input_ids=torch.tensor(expected["input_ids"]), attention_mask=torch.tensor(expected["attention_mask"]))
    return (out.logits - torch.tensor(expected["logits"])).abs().max().item()


def checked(job):
    try:
        return {"max_abs_diff": run(job), "error": None}
    except Exception as error:  # told to the test, which fails with it
        return {"max_abs_diff": None, "error": f"{type(error).__name__}: {error}"}


def main():
    jobs = json.load(open(sys.argv[1], encoding="utf-8"))
    with open(sys.argv[2], "w", encoding="utf-8") as results:
        json.dump([checked(job) for job in jobs], results)


if __name__ == "__main__":
    main()
