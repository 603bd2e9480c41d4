"""Tables: both sides measured in each round, and the median of their ratios beside its floor."""

import statistics
import threading


def compare(title, rounds, ours, peer, name="tomada", peer_name="peer", throughput_floor=None, cpu_floor=None):
    """Measures both in each round. What they return is (requests a second, CPU us a request or None).

    The floors are what the project promises: throughput at least, CPU at most.
    """
    cpu, speed = [], []
    print(f"\n{title}\n{'round':>5} {'':10} {'requests/s':>11} {'CPU us/request':>15}")
    for number in range(1, rounds + 1):
        theirs = peer() if number % 2 == 0 else None
        mine = ours()
        theirs = theirs or peer()
        for who, result in ((name, mine), (peer_name, theirs)):
            print(f"{number:>5} {who:10} {result[0]:>11.0f} {result[1] or 0:>15.2f}", flush=True)
        speed.append(mine[0] / theirs[0])
        if mine[1] and theirs[1]:
            cpu.append(mine[1] / theirs[1])
    print_medians({"CPU": (cpu, "at most", cpu_floor), "throughput": (speed, "at least", throughput_floor)})


def compare_at_once(title, rounds, ours, peer):
    """The same with both under load at the same time."""
    ratios = []
    print(f"\n{title}\n{'round':>5} {'tomada CPU us':>14} {'peer CPU us':>12}")
    for number in range(1, rounds + 1):
        results = {}
        threads = [threading.Thread(target=lambda who=who, run=run: results.update({who: run()}))
                   for who, run in (("ours", ours), ("peer", peer))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{number:>5} {results['ours'][1]:>14.2f} {results['peer'][1]:>12.2f}", flush=True)
        ratios.append(results["ours"][1] / results["peer"][1])
    print_medians({"CPU": (ratios, "at most", None)})


def print_medians(measured):
    """`measured` is, by name, the ratios of all rounds, "at least" or "at most", and the floor or None."""
    def text(name, ratios, limit, floor):
        median = f"{name} {statistics.median(ratios):.2f}"
        return median if floor is None else f"{median} (floor: {limit} {floor:.2f})"
    parts = [text(name, *rest) for name, rest in measured.items() if rest[0]]
    print("median ratio: " + ", ".join(parts), flush=True)
