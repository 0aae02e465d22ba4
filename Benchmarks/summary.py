"""What the rounds of a sitting say: medians, ranges, ratios, and which rounds were disturbed. Tables in Markdown.

A step is {"fce": {precision: report}, "rivals": {variant: report}, "rounds": {variant: [round]}}; a round is
{"fce": {precision: turn}, "rival": turn}, a turn {"ms": ..., "others": share of the processors that others took}.
"""
import statistics

# Above this share of the processors taken by others, or above this multiple of its own median, a turn is disturbed.
OTHERS, SLOW = 0.10, 1.25

DETAIL = ["step", "ours", "against", "our ms", "its ms", "faster", "disturbed"]
SUMMARY = ["step", "ours", "ms", "GFLOP/s", "of peak", "faster", "range", "than", "than fp32", "range", "MB", "its MB",
           "of it", "disturbed"]


def markdown(cells):
    return "| " + " | ".join(cells) + " |"


def head(titles, texts):
    """The titles and the line below them; the first `texts` columns are aligned to the left."""
    return markdown(titles) + "\n|" + "---|" * texts + "---:|" * (len(titles) - texts)


def ours(rounds, precision):
    return [round["fce"][precision] for round in rounds]


def theirs(rounds):
    return [round["rival"] for round in rounds]


def ratios(rounds, precision):
    """Their time over ours, round by round: neighbours in time are compared."""
    return [round["rival"]["ms"] / round["fce"][precision]["ms"] for round in rounds]


def milliseconds(turns):
    """The median, the least and the most."""
    times = [turn["ms"] for turn in turns]
    return f"{statistics.median(times):.0f} ({min(times):.0f} to {max(times):.0f})"


def median_ratio(values):
    return f"{statistics.median(values):.2f}x"


def span(values):
    return f"{min(values):.2f} to {max(values):.2f}"


def disturbances(turns):
    """For each turn whether it was disturbed, and by what share of the processors' time at most."""
    usual = statistics.median(turn["ms"] for turn in turns)
    return [turn["others"] > OTHERS or turn["ms"] > SLOW * usual for turn in turns]


def disturbed(rounds, precision):
    """Of how many rounds either side was disturbed, and the most that others took: "1 of 5, others 34 %"."""
    sides = ours(rounds, precision), theirs(rounds)
    count = sum(map(any, zip(*map(disturbances, sides))))
    most = max(turn["others"] for turns in sides for turn in turns)
    return f"{count} of {len(rounds)}, others {100 * most:.0f} %" if count else "–"


def detail(step, name, precision, variant, rounds):
    """How one of our precisions stands against one variant."""
    values = ratios(rounds, precision)
    return [step, name, variant, milliseconds(ours(rounds, precision)), milliseconds(theirs(rounds)),
            f"{median_ratio(values)} ({span(values)})", disturbed(rounds, precision)]


def fastest(rounds_of, precision, kind=""):
    """The variant that ours leads by least; None where there is none of the kind."""
    leads = {variant: statistics.median(ratios(rounds, precision))
             for variant, rounds in rounds_of.items() if variant.startswith(kind)}
    return min(leads, key=leads.get, default=None)


def show(steps):
    """Prints the table of summaries."""
    if steps:
        print("\n" + head(SUMMARY, 2))
    for step, measured in steps.items():
        for row in summaries(step, measured):
            print(markdown(row))


def summaries(step, measured):
    """A row for each of our precisions: against the fastest variant, and float32 against float32's fastest."""
    return [summary(step, measured, precision) for precision in measured["fce"]]


def summary(step, measured, precision):
    mine, rounds_of, rivals = measured["fce"][precision], measured["rounds"], measured["rivals"]
    name = precision_name(step, mine)
    row = [step, name, f"{mine['ms'][step]:.0f}", f"{mine['gflops'][step]:.0f}", f"{100 * mine['of_peak'][step]:.0f} %"]
    best = fastest(rounds_of, precision)
    if best is None:
        return row + ["–"] * 5 + [f"{mine['peak_mb'][step]:.0f}"] + ["–"] * 3
    values = ratios(rounds_of[best], precision)
    row += [median_ratio(values), span(values), best]
    alike = fastest(rounds_of, precision, "fp32") if name == "float32" else None
    same = ratios(rounds_of[alike], precision) if alike else []
    row += [median_ratio(same), span(same)] if same else ["–", "–"]
    ours_mb, its_mb = mine["peak_mb"][step], rivals[best]["peak_mb"][step]
    everywhere = [round for rounds in rounds_of.values() for round in rounds]
    return row + [f"{ours_mb:.0f}", f"{its_mb:.0f}", f"{ours_mb / its_mb:.2f}", disturbed(everywhere, precision)]


def precision_name(step, report):
    """A probe's features are float32 whatever the networks are."""
    return "float32" if step == "probe" else report["precision"]
