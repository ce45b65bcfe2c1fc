#!/usr/bin/env python3
"""Cordwood's storage engine beside RocksDB and LevelDB, in turn, in one run.

    bench/compare_engines.py --bench build/release/bench/storage_bench \\
        --benchmarks fillrandom,compact,readrandom [--engines cordwood,rocksdb] [-- --num=1000000]

Every engine runs the benchmarks once a round, each time on a new database, one engine after the
other, so that a machine whose speed drifts treats all alike. What follows `--` goes to
storage_bench, for every engine. Prints medians over the rounds, and Cordwood's to those of each
other engine; then the states of the last round, which the rows met. bench/README.md says what the
rows and columns mean.
"""

import argparse
import json
import statistics
import subprocess
import sys

# Of rows that only Cordwood has.
OWN_BENCHMARKS = {"memtableadd"}
ENGINE_OF_RATIOS = "cordwood"

COLUMNS = [  # title, field, format
    ("ops/s", "ops_per_second", "{:,.0f}"),
    ("puts MB/s", "puts_mb", "{:,.1f}"),
    ("CPU us/op", "cpu_us", "{:.3f}"),
    ("more until idle", "drain_cpu_us", "{:.3f}"),
    ("p50 us", "p50_us", "{:,.2f}"),
    ("p99 us", "p99_us", "{:,.2f}"),
    ("p99.9 us", "p999_us", "{:,.1f}"),
    ("max ms", "max_ms", "{:,.2f}"),
    ("16 puts ms", "longest_16_puts_ms", "{:,.2f}"),
    ("held ms", "held_ms", "{:,.2f}"),
    ("written/byte", "written", "{:.2f}"),
    ("by the device", "device_written", "{:.2f}"),
    ("peak MB", "peak_mb", "{:,.0f}"),
    ("beside: fdatasync p99.9 ms", "beside_p999_ms", "{:,.2f}"),
]
RATIOS = [("ops/s to it", "ops_per_second"), ("CPU to it", "cpu_us")]


def run_once(program, engine, benchmarks, more):
    """The rows of one run, in order."""
    names = [name for name in benchmarks
             if engine == ENGINE_OF_RATIOS or name not in OWN_BENCHMARKS]
    command = [program, f"--engine={engine}", "--json", "--benchmarks=" + ",".join(names), *more]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {run.returncode}")
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    for row in rows:
        row["puts_mb"] = row["user_bytes_per_second"] / (1 << 20)
        row["max_ms"] = row["max_us"] / 1000
        row["peak_mb"] = row["peak_bytes"] / (1 << 20)
        if "fdatasync_beside_p999_us" in row:
            row["beside_p999_ms"] = row["fdatasync_beside_p999_us"] / 1000
    return rows


def numbered(rows):
    """By what tells a row from others of its name: (name, how many before it have that name)."""
    counts, result = {}, {}
    for row in rows:
        number = counts.get(row["row"], 0)
        counts[row["row"]] = number + 1
        result[row["row"], number] = row
    return result


def median(rows, field):
    """Nothing if the row has no such field, or it does not apply."""
    values = [row[field] for row in rows if field in row]
    return statistics.median(values) if values and any(values) else None


def ratio(results, key, engine, field):
    if engine == ENGINE_OF_RATIOS or key not in results.get(ENGINE_OF_RATIOS, {}):
        return ""
    ours = median(results[ENGINE_OF_RATIOS][key], field)
    theirs = median(results[engine][key], field)
    return f"{ours / theirs:.2f}" if ours and theirs else ""


def print_table(results):
    keys = list(dict.fromkeys(key for rows in results.values() for key in rows))
    columns = [(title, field, form) for title, field, form in COLUMNS
               if any(median(rows, field) is not None
                      for by_key in results.values() for rows in by_key.values())]
    titles = ["row", "engine"] + [title for title, _, _ in columns] + [title for title, _ in RATIOS]
    print("| " + " | ".join(titles) + " |")
    print("|" + "---|" * len(titles))
    for key in keys:
        for engine, by_key in results.items():
            if key not in by_key:
                continue
            cells = [key[0] + (f" ({key[1] + 1})" if key[1] else ""), engine]
            for _, field, form in columns:
                value = median(by_key[key], field)
                cells.append("" if value is None else form.format(value))
            cells += [ratio(results, key, engine, field) for _, field in RATIOS]
            print("| " + " | ".join(cells) + " |")


def print_states(results):
    print("\n| row | engine | held for | met, in the last round |")
    print("|---|---|---|---|")
    for engine, by_key in results.items():
        for (name, number), rows in by_key.items():
            title = name + (f" ({number + 1})" if number else "")
            reasons = sorted({row["held_reason"] for row in rows if "held_reason" in row})
            print(f"| {title} | {engine} | {', '.join(reasons)} | {rows[-1]['state']} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="path of storage_bench")
    parser.add_argument("--benchmarks", default="fillrandom,overwrite,compact,readrandom,"
                        "readmissing,seekrandom,scan,readwhilewriting,fillsync")
    parser.add_argument("--engines", default="cordwood,rocksdb,leveldb")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("more", nargs="*", help="options of storage_bench")
    options = parser.parse_args()
    engines = options.engines.split(",")
    results = {engine: {} for engine in engines}
    for _ in range(options.rounds):
        for engine in engines:
            rows = run_once(options.bench, engine, options.benchmarks.split(","), options.more)
            for key, row in numbered(rows).items():
                results[engine].setdefault(key, []).append(row)
    print_table(results)
    print_states(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
