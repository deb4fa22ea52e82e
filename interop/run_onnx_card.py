#!/usr/bin/env python3
"""Does what the README.md of an ONNX download says, on given texts, and writes the logits.

  python run_onnx_card.py JOBS.json RESULTS.json

JOBS     {"folder": DIR, "texts": [..]}
RESULTS  {"logits": [[..], ..], "file": FILE}
"""
import json, re, sys


def main():
    job = json.load(open(sys.argv[1], encoding="utf-8"))
    card = open(f"{job['folder']}/README.md", encoding="utf-8").read()
    code = re.search(r"```python\n(.*?)```", card, re.S).group(1)
    code = code.replace("FOLDER_OF_THESE_FILES", job["folder"])
    code = code.replace('["A text to classify."]', repr(job["texts"]), 1)
    names = {}
    exec(code, names)
    file = names["model"]._model_path
    json.dump({"logits": names["logits"].tolist(), "file": file}, open(sys.argv[2], "w"))


if __name__ == "__main__":
    main()
