"""Graphs as lists of edges and as compressed rows."""
import random


def random_graph(nodes, edges, seed=1):
    """Neighbours of each node; edges go both ways"""
    r = random.Random(seed)
    near = [set() for _ in range(nodes)]
    while edges > 0:
        a, b = r.randrange(nodes), r.randrange(nodes)
        if a != b and b not in near[a]:
            near[a].add(b)
            near[b].add(a)
            edges -= 1
    return [sorted(n) for n in near]


def starts(graph):
    return [sum(len(n) for n in graph[:k]) for k in range(len(graph) + 1)]


def targets(graph):
    return [n for near in graph for n in near]


FAR = 2**32 - 1


def levels(graph, source, limit=FAR):
    """Steps from the source to each node; FAR where it is more than `limit`"""
    level, front, depth = {source: 0}, [source], 0
    while front and depth < limit:
        depth += 1
        front = [n for node in front for n in graph[node] if n not in level and not level.update({n: depth})]
    return [level.get(node, FAR) for node in range(len(graph))]


def floyd_warshall_step(distances, n, k):
    return [min(d, distances[at // n * n + k] + distances[k * n + at % n]) for at, d in enumerate(distances)]
