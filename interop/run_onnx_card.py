#!/usr/bin/env python3
"""Does what the README.md of ONNX downloads says, on given texts, and writes the logits and what it prints.

  python run_onnx_card.py JOBS.json RESULTS.json

JOBS     [{"folder": DIR, "texts": [..]}, ..]
RESULTS  [{"logits": [[..], ..], "printed": TEXT, "file": FILE}, ..]
"""
import contextlib, io, json, re, sys


def run(job):
    card = open(f"{job['folder']}/README.md", encoding="utf-8").read()
    code = re.search(r"```python\n(.*?)```", card, re.S).group(1)
    code = code.replace("FOLDER_OF_THESE_FILES", job["folder"])
    code = code.replace('["A text to classify."]', repr(job["texts"]), 1)
    names, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return {"logits": names["logits"].tolist(), "printed": printed.getvalue(), "file": names["model"]._model_path}


def main():
    jobs = json.load(open(sys.argv[1], encoding="utf-8"))
    json.dump([run(job) for job in jobs], open(sys.argv[2], "w"))


if __name__ == "__main__":
    main()
