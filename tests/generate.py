#!/usr/bin/env python3
"""Random Vitte programs: python3 tests/generate.py --seed 1 --count 500 --out FOLDER

A program depends on its seed alone. Those of odd seeds are of 32-bit types, which every device has; those of even seeds have
integers of all widths, f64 or f16 besides. tests/tools/stress.c runs them. What a program computes is the same on every device and in any
order of invocations: integers wrap as the language says, floats stay multiples of 1/4 of at most 256 (f16: of 1/2, 8), so that
sums, products and fused multiply-adds have no rounding to differ in, and what invocations do together is free of races by
construction (tests/generator/groups.py). Raw floats (any bits, NaN and infinity too) are made from integers only to be
converted or asked isnan/isinf.
"""
import argparse
import pathlib

from generator.program import Program


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the first program")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--out", help="folder for SEED.vt; without it the program is printed")
    args = parser.parse_args()
    for seed in range(args.seed, args.seed + args.count):
        text = Program(seed).make()
        if args.out:
            pathlib.Path(args.out, f"{seed}.vt").write_text(text)
        else:
            print(text, end="")


if __name__ == "__main__":
    main()
