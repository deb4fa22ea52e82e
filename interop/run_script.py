#!/usr/bin/env python3
"""Runs the Python scripts that the studio writes of a run, as they stand, and tells what they trained.

  python run_script.py JOBS.json RESULTS.json

JOBS     [{"script": FILE, "folder": DIR, "train": true or false, "weight": NAME}, ...]: the folder has the files that the script
         names; without "train" everything but the training and the evaluation is done; the weight is one to tell the values of
RESULTS  [{"error": null or TEXT, "trained": {NAME: NUMBERS}, "config": {..} or null, "labels": [..] or null, "steps": ..,
         "learning_rates": [..], "total_flos": .., "rows": .., "evaluated": [TEXT, ..], "saved": [FILE, ..], "weight": [..]}, ...]
"""
import json, logging, os, re, sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch, transformers
from torch.optim.optimizer import register_optimizer_step_pre_hook

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
logging.getLogger("adapters").setLevel(logging.ERROR)

train, evaluate = transformers.Trainer.train, transformers.Trainer.evaluate
rates = []
register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: rates.append(optimizer.param_groups[0]["lr"]))


def run(job):
    rates.clear()
    os.chdir(job["folder"])
    transformers.Trainer.train = train if job["train"] else lambda self: None
    transformers.Trainer.evaluate = evaluate if job["train"] else lambda self: None
    names = {"__name__": "__main__"}
    with open(job["script"], encoding="utf-8") as script:
        exec(compile(script.read(), job["script"], "exec"), names)
    trainer, model = names["trainer"], names["model"]
    # Tensors of two names by their own one: a prefix is one network that every layer holds, prompts and a masked-LM head hold the
    # base's embeddings.
    named = [(key, weight) for key, weight in model.named_parameters(remove_duplicate=False) if weight.requires_grad]
    trained = {key: weight.numel() for key, weight in named if not re.search(r"\.prefix_tuning\.pool\.|\.base_model_embeddings\.|^heads\.default\.", key)}
    counted = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    adapter = getattr(model, "adapters_config", None) and model.adapters_config.get(names.get("name"))
    return {
        "trained": trained, "counted": counted, "config": adapter.to_dict() if adapter else None, "labels": names.get("labels"),
        "steps": trainer.state.global_step, "learning_rates": list(rates), "total_flos": trainer.state.total_flos,
        "rows": len(names["train_rows"]), "evaluated": [row["text"] for row in names.get("evaluated_rows", names["validation_rows"])],
        "saved": sorted(os.listdir("trained")),
        "weight": model.get_parameter(job["weight"]).flatten().tolist() if "weight" in job else None}


def checked(job):
    try:
        return {"error": None, **run(job)}
    except (Exception, SystemExit) as error:  # told to the test, which fails with it
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    jobs_file, results_file = (os.path.abspath(path) for path in sys.argv[1:])
    with open(jobs_file, encoding="utf-8") as jobs:
        results = [checked(job) for job in json.load(jobs)]
    with open(results_file, "w", encoding="utf-8") as out:
        json.dump(results, out)


if __name__ == "__main__":
    main()
