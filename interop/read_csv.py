#!/usr/bin/env python3
"""What Python's `csv` reads of many texts: the judge of the studio's reader (test/csv-python.test.ts).

  python read_csv.py JOBS.json RESULTS.json

JOBS     [{"text": "a,b\\n", "delimiter": ","}, ...]
RESULTS  [{"rows": [["a", "b"]]}, {"error": "',' expected after '\\"'", "line": 3}, ...]; the line is the last one that Python took
         before it gave up.
"""
import csv, io, json, sys

csv.field_size_limit(sys.maxsize)


def read(job):
    reader = csv.reader(io.StringIO(job["text"], newline=""), delimiter=job["delimiter"], strict=True)
    try:
        return {"rows": list(reader)}
    except csv.Error as error:
        return {"error": str(error), "line": reader.line_num}


with open(sys.argv[1], encoding="utf-8") as file:
    jobs = json.load(file)
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump([read(job) for job in jobs], file)
