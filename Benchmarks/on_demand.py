"""How a contender of `compare.py` is timed at its request, so that contenders take turns.

The contender prints {"ready": true}. For each line of its standard input, a number of executions, it prints
{"ms": [...]}; at the end of the input it prints its report, one JSON object. `fce bench --on-demand` does the same.
"""
import json
import statistics
import sys
import time


def serve(execute, report):
    """Times `execute` as often as standard input asks; `report` is given the median of all times, in milliseconds."""
    print(json.dumps({"ready": True}), flush=True)
    times = []
    for line in sys.stdin:
        answer = [milliseconds(execute) for _ in range(int(line))]
        times += answer
        print(json.dumps({"ms": answer}), flush=True)
    print(json.dumps(report(statistics.median(times))))


def milliseconds(execute):
    start = time.perf_counter()
    execute()
    return round(1e3 * (time.perf_counter() - start), 3)
