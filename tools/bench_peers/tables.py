"""The tables for people."""

import statistics

from bench_peers import engines

STORAGE_TITLES = {
    "f32": "Weights as f32, arithmetic in f32",
    "16": "Weights stored in 16 bits where an engine can",
}


PACKED = "ours-packed"


def title(name):
    return "MTL, packed" if name == PACKED else engines.module(name).TITLE


def _threads(count):
    return "1 thread" if count == 1 else f"{count} threads"


def header(machine, versions):
    sets = " ".join(machine["instruction_sets"])
    cpu = f"{machine['cpu']} ({machine['family_model_stepping']})"
    print(f"{cpu}, {machine['cores']} cores: {sets}")
    print(f"{machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}")
    print(", ".join(f"{title(name)} {version}" for name, version in versions.items()))


def storage(kind, names):
    print(f"\n{STORAGE_TITLES[kind]}")
    if kind == "16":
        for name in names:
            print(f"  {title(name)}: {engines.module(name).SIXTEEN_BITS}")


def row(threads, batch, measured, others):
    """One configuration, fastest engine first; others: their share of the machine meanwhile."""
    runs = max(value["runs"] for value in measured.values())
    print(f"\n  {_threads(threads)}, batch {batch} "
          f"({runs} runs; {others:.0%} of the machine was others')")
    print(f"    {'':14}{'median ms':>11}{'p99 ms':>10}{'images/s':>11}{'MTL is':>10}"
          f"{'difference':>13}")
    ours = measured.get("ours")
    for name, value in sorted(measured.items(), key=lambda item: item[1]["median_ms"]):
        times = ""
        if ours and name != "ours":
            times = f"{value['median_ms'] / ours['median_ms']:.2f} x"
        print(f"    {title(name):14}{value['median_ms']:11.3f}{value['p99_ms']:10.3f}"
              f"{value['images_per_second']:11.1f}{times:>10}{value['difference']:13.1e}")


def network(name):
    print(f"\n== {name}")


def summary(rows):
    """rows: those of the report."""
    compared = [row for row in rows if row["ratio"]]
    if not compared:
        return
    print("\nMTL and the best peer")
    together = {}
    for row in compared:
        engines_, peer, of = row["engines"], row["best_peer"], _configuration(row)
        together.setdefault(of, []).append(row["ratio"])
        print(f"  {row['model']:16} {of}  {row['ratio']:5.2f} x  "
              f"{title(peer)}: {engines_[peer]['median_ms']:.3f} ms, "
              f"MTL: {engines_['ours']['median_ms']:.3f} ms")
    if len({row["model"] for row in compared}) > 1:
        for of, ratios in together.items():
            print(f"  {'geometric mean':16} {of}  {statistics.geometric_mean(ratios):5.2f} x")


def _configuration(row):
    return f"{row['storage']:>3}  {_threads(row['threads']) + ',':10} batch {row['batch']:<4}"


def first_answers(kind, threads, measured):
    print(f"\nFirst answer in a fresh Python process, {STORAGE_TITLES[kind].lower()}, "
          f"{_threads(threads)} (medians)")
    print(f"    {'':14}{'whole ms':>10}{'import ms':>11}{'open + answer ms':>18}"
          f"{'peak MiB':>10}{'less bare Python':>18}")
    order = sorted(measured.items(), key=lambda item: item[1]["open_and_answer_ms"])
    for name, value in order:
        extra = (value["peak_kib"] - value["bare_kib"]) / 1024
        print(f"    {title(name):14}{value['process_ms']:10.1f}{value['import_ms']:11.1f}"
              f"{value['open_and_answer_ms']:18.1f}{value['peak_kib'] / 1024:10.1f}{extra:18.1f}")


def without_python(path, whole, peak):
    size = path.stat().st_size / 2**20
    print(f"    MTL without Python: the whole of `mtl-run {path.name} small.jpg` {whole:.1f} ms;\n"
          f"    a program in C peaks at {peak / 1024:.1f} MiB with a model of {size:.1f} MiB")


def sizes(measured):
    print("\nInstalled size of the runtime's own package")
    for name, count in sorted(measured.items(), key=lambda item: item[1]):
        print(f"    {title(name):14}{count / 1e6:10.1f} MB")


def left_out(failed):
    for name, reason in failed.items():
        print(f"\nwithout {title(name)}: {reason}")
