"""What a driver's compiler makes of SPIR-V: registers, spills and instructions, of hardware that need not be there.

Mesa's driver for AMD compiles for a GPU that RADV_FORCE_FAMILY names and says what came out (bench/registers.c asks it); it is
in Debian's mesa-vulkan-drivers, beside lavapipe.
"""
import os
import pathlib
import subprocess

GPU = "navi21"
STATISTICS = {"VGPRs": "registers", "Spilled VGPRs": "spilled", "Instructions": "machine code"}


def environment():
    """None: there is no such driver."""
    drivers = sorted(pathlib.Path("/usr/share/vulkan/icd.d").glob("radeon_icd*.json"))
    return {**os.environ, "VK_DRIVER_FILES": str(drivers[0]), "VK_ICD_FILENAMES": str(drivers[0]), "RADV_FORCE_FAMILY": GPU} if drivers else None


def of_files(bin_dir, files):
    """{file: {what: number}} of SPIR-V files; a file that the driver does not take is missing, without the driver all are."""
    with_driver = environment()
    if with_driver is None:
        return {}
    done = subprocess.run([bin_dir / "bench/registers", *files], capture_output=True, text=True, env=with_driver)
    told = {}
    for line in done.stdout.splitlines():
        file, *statistics = line.split("\t")
        numbers = dict(pair.rsplit("=", 1) for pair in statistics if "=" in pair)
        if all(name in numbers for name in STATISTICS):
            told[pathlib.Path(file)] = {what: int(numbers[name]) for name, what in STATISTICS.items()}
    return told
