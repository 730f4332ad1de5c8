"""Every program tests/unit/test_*.c: 0 passes, 77 skips."""
import os

from .common import Failure, Skip


def cases(env):
    for path in sorted((env.bin / "tests").glob("test_*")):
        if path.suffix == "" and os.access(path, os.X_OK):
            yield path.name, lambda path=path: check(env, path)


def environment(env, name):
    """Where a program finds devices that the system does not have."""
    try:
        return env.device("dawn-mesa25") if name in ("test_runtime_apis", "test_runtime_app", "test_runtime_graph") else {}
    except Skip:
        return {}


def check(env, path):
    result = env.run([path], expect=None, timeout=300, env=environment(env, path.name))
    if result.code == 77:
        raise Skip(result.out.decode(errors="replace").strip().splitlines()[-1:] or "the program says so")
    if result.code != 0:
        raise Failure(str(result))
