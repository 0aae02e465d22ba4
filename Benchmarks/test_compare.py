"""Tests of the comparison's own arithmetic and protocol; `python3 -m unittest discover -s Benchmarks` runs them."""
import json
import os
import pathlib
import sys
import tempfile
import types
import unittest
from unittest import mock

import neighbours
import saving
import summary
from contender import Contender, Failure

FAKE = """
import sys; sys.path.insert(0, {here!r})
import on_demand, time
on_demand.serve(lambda: time.sleep(0.2), lambda median: {{"ms": {{"mle": median}}}})
"""


def turn(ms, others=0.0):
    return {"ms": ms, "others": others}


def rounds(pairs, precision="auto"):
    return [{"fce": {precision: turn(*mine)}, "rival": turn(*its)} for mine, its in pairs]


def step_of(rounds_of, precision="float32"):
    report = {"ms": {"mle": 100}, "gflops": {"mle": 50}, "of_peak": {"mle": 0.5}, "peak_mb": {"mle": 30},
              "precision": precision}
    rivals = {variant: {"peak_mb": {"mle": 60 + place}} for place, variant in enumerate(rounds_of)}
    return {"fce": {"auto": report}, "rivals": rivals, "rounds": rounds_of}


class Summaries(unittest.TestCase):
    def test_ratios_are_of_neighbours_in_time(self):
        values = summary.ratios(rounds([((100,), (200,)), ((400,), (600,)), ((100,), (300,))]), "auto")
        self.assertEqual(values, [2.0, 1.5, 3.0])

    def test_the_fastest_variant_is_led_by_least(self):
        measured = step_of({"bf16": rounds([((100,), (130,)), ((100,), (110,)), ((100,), (120,))]),
                            "fp32": rounds([((100,), (180,)), ((100,), (170,)), ((100,), (160,))])})
        row = dict(zip(summary.SUMMARY, summary.summary("mle", measured, "auto")))
        self.assertEqual((row["faster"], row["than"], row["of it"]), ("1.20x", "bf16", "0.50"))
        cells = summary.summary("mle", measured, "auto")
        self.assertEqual(cells[6], "1.10 to 1.30")
        self.assertEqual(cells[8:10], ["1.70x", "1.60 to 1.80"])

    def test_bfloat16_is_not_compared_with_float32_apart(self):
        measured = step_of({"fp32": rounds([((100,), (180,))])}, precision="bfloat16")
        self.assertEqual(summary.summary("mle", measured, "auto")[8:10], ["–", "–"])

    def test_a_step_without_rivals_has_its_own_numbers(self):
        row = summary.summary("mle", step_of({}), "auto")
        self.assertEqual(len(row), len(summary.SUMMARY))
        self.assertEqual((row[2], row[5]), ("100", "–"))

    def test_disturbed_rounds_are_counted_once(self):
        quiet = [((100,), (200,))] * 3
        self.assertEqual(summary.disturbed(rounds(quiet), "auto"), "–")
        busy = quiet + [((100, 0.34), (200, 0.2))]
        self.assertEqual(summary.disturbed(rounds(busy), "auto"), "1 of 4, others 34 %")
        slow = quiet + [((126,), (200,))]
        self.assertEqual(summary.disturbed(rounds(slow), "auto"), "1 of 4, others 0 %")


class Saving(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        patch = mock.patch.object(saving, "HERE", pathlib.Path(folder.name))
        self.addCleanup(patch.stop)
        patch.start()
        self.options = types.SimpleNamespace(save="s", network="conv-small", batch=64, runs=3)

    def save(self, variant, cpu="a"):
        with mock.patch("builtins.print"):
            saving.save(self.options, {"cpu": cpu}, {"mle": step_of({variant: rounds([((100,), (200,))])})})
        return json.loads(saving.results("s").read_text())

    def test_a_sitting_is_made_in_pieces(self):
        self.save("bf16")
        self.assertEqual(set(self.save("fp32")["steps"]["mle"]["rounds"]), {"bf16", "fp32"})

    def test_other_processors_and_sizes_are_refused(self):
        self.save("bf16")
        with self.assertRaises(Failure):
            self.save("fp32", cpu="b")
        self.options.batch = 32
        with self.assertRaises(Failure):
            self.save("fp32")


class Contenders(unittest.TestCase):
    def contender(self, script):
        return Contender([sys.executable, "-c", script])

    def test_turns_until_the_report(self):
        with self.contender(FAKE.format(here=str(pathlib.Path(__file__).parent))) as fake:
            turns = [fake.turn() for _ in range(2)]
            # 500 ms a turn are two or three executions of 200 ms.
            self.assertIn(fake.executions, (2, 3))
            self.assertTrue(all(200 <= turn["ms"] < 2000 for turn in turns))
            self.assertGreaterEqual(fake.report()["ms"]["mle"], 200)

    def test_a_failure_is_one_line(self):
        with self.assertRaisesRegex(Failure, "ended with 1: ValueError: no"):
            with self.contender("raise ValueError('no')"):
                pass


class Neighbours(unittest.TestCase):
    def test_what_a_process_does_itself_is_not_others(self):
        watch = neighbours.Watch(os.getpid())
        with mock.patch.object(neighbours, "busy_seconds", lambda: watch.busy + 1.5), \
                mock.patch.object(neighbours, "own_seconds", lambda pid: watch.own + 0.5), \
                mock.patch.object(neighbours.time, "monotonic", lambda: watch.start + 1), \
                mock.patch.object(neighbours.os, "sched_getaffinity", lambda pid: {0, 1}):
            self.assertEqual(watch.others(), 0.5)


if __name__ == "__main__":
    unittest.main()
