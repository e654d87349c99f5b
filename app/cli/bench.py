"""``bench``."""


def bench() -> None:
    """Measure pages against the bare driver in the same run, and print ratios."""
    from app.bench.run import run_bench

    run_bench()
