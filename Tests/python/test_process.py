"""The library as a guest: sandboxes, CPU masks, signals and debuggers of the host process."""

import pytest
from c_programs import ROOT, SOURCES, check, run

VECTORS = ROOT / "spec" / "vectors" / "accept"
MODEL = VECTORS / "every-operator.mtl"
POOL = ROOT / "Sources" / "CMTL"
POOL_FILES = ["pool", "workers", "affinity", "cores", "cgroup", "lines", "cpu"]


@pytest.mark.parametrize("mode", ["kill", "kill-later", "refuse", "refuse-reading"])
def test_a_sandbox_ends_no_process(program, mode):
    check(program("sandbox"), MODEL, mode)


@pytest.mark.parametrize("mode", ["none", "empty", "absent", "many"])
def test_masks_that_say_nothing_do_no_harm(program, mode):
    check(program("cpu_masks"), MODEL, mode)


@pytest.mark.parametrize("mode", ["free", "filtered"])
def test_a_bound_thread_says_nothing_of_the_process(program, mode):
    check(program("pinned"), MODEL, mode)


@pytest.mark.parametrize("mode", ["all", "attributes"])
def test_refused_threads_come_later(program, mode):
    check(program("refused_threads"), MODEL, mode)


def test_workers_leave_faults_to_the_application_and_have_names(program):
    check(program("worker_signals"), MODEL)


def test_profilers_find_the_caller_by_frame_pointers(program, backend):
    check(program("frame_pointers", "-fno-omit-frame-pointer"), MODEL, backend)


def compile_with_pool(name, target, files, *flags):
    done = run(
        "cc", "-std=c11", "-g", "-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", *flags,
        "-I", POOL / "include", "-I", POOL, SOURCES / f"{name}.c",
        *(POOL / f"{file}.c" for file in files), "-o", target, "-pthread",
    )
    assert done.returncode == 0, done.stderr


def test_later_openers_take_no_cpus_away(tmp_path):
    compile_with_pool("pool_cores", tmp_path / "pool_cores", POOL_FILES)
    check(tmp_path / "pool_cores")


# What a system tells of the groups of a process: the text of /proc/self/cgroup, mounts as they are
# in /proc/self/mountinfo (top, place, type, options), files, and the CPUs that these grant.
CGROUPS = {
    "none": ("", [], {}, 0),
    "version 2": ("0::/a/b\n", [], {"/sys/fs/cgroup/a/b/cpu.max": "150000 100000"}, 2),
    "version 2, nested": (
        "0::/a/b\n", [],
        {"/sys/fs/cgroup/a/b/cpu.max": "max 100000", "/sys/fs/cgroup/a/cpu.max": "300000 100000"},
        3,
    ),
    "version 2, its own namespace": ("0::/\n", [], {"/sys/fs/cgroup/cpu.max": "100000 100000"}, 1),
    "version 2, no quota": ("0::/a\n", [], {"/sys/fs/cgroup/a/cpu.max": "max 100000"}, 0),
    "version 2 beside version 1": (
        "3:cpu:/a\n0::/b\n", [],
        {
            "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "250000",
            "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000",
        },
        3,
    ),
    "version 1, cpu,cpuacct without a link": (
        "4:cpu,cpuacct:/a/b\n", [],
        {
            "/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us": "-1",
            "/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000",
            "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "200000",
            "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000",
        },
        2,
    ),
    "version 1, cpuacct,cpu": (
        "4:cpuacct,cpu:/a\n", [],
        {
            "/sys/fs/cgroup/cpuacct,cpu/a/cpu.cfs_quota_us": "100000",
            "/sys/fs/cgroup/cpuacct,cpu/a/cpu.cfs_period_us": "100000",
        },
        1,
    ),
    "version 1, elsewhere": (
        "4:cpu,cpuacct:/a\n", [("/", "/dev/my\\040groups", "cgroup", "rw,cpu,cpuacct")],
        {
            "/dev/my groups/a/cpu.cfs_quota_us": "100000",
            "/dev/my groups/a/cpu.cfs_period_us": "50000",
        },
        2,
    ),
    "version 2, elsewhere": (
        "0::/a\n", [("/", "/groups", "cgroup2", "rw")], {"/groups/a/cpu.max": "1000 10000"}, 1,
    ),
    "version 2, a part is mounted": (
        "0::/docker/x/y\n", [("/docker/x", "/groups", "cgroup2", "rw")],
        {"/groups/y/cpu.max": "max 100000", "/groups/cpu.max": "400000 100000"}, 4,
    ),
    "version 2, another part is mounted": (
        "0::/docker/xy\n", [("/docker/x", "/groups", "cgroup2", "rw")],
        {"/groups/y/cpu.max": "100000 100000", "/groups/cpu.max": "400000 100000"}, 4,
    ),
    "version 2, from outside": (
        "0::/../z\n", [("/", "/groups", "cgroup2", "rw")],
        {"/z/cpu.max": "100000 100000", "/groups/cpu.max": "200000 100000"}, 2,
    ),
    "many groups before": (
        "".join(f"{i}:name=n{i}:/{'x' * 200}\n" for i in range(60, 2, -1)) + "2:cpu:/a\n", [],
        {
            "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "100000",
            "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000",
        },
        1,
    ),
    "a long line before": (
        f"2:name=x:/{'x' * 9000}\n0::/a\n", [], {"/sys/fs/cgroup/a/cpu.max": "100000 100000"}, 1,
    ),
    "a long name": (
        "0::" + "/" + "/".join("n" * 200 for _ in range(8)) + "\n", [],
        {"/sys/fs/cgroup/" + "n" * 200 + "/cpu.max": "200000 100000"}, 2,
    ),
    "not understood": (
        "0::\nx\n::::\n3:cpu\n0::/a", [("/", "/groups", "cgroup2", "rw")],
        {"/sys/fs/cgroup/a/cpu.max": "many of them"}, 0,
    ),
}


@pytest.fixture(scope="module")
def cgroups(tmp_path_factory):
    target = tmp_path_factory.mktemp("cgroups") / "cgroups"
    compile_with_pool("cgroups", target, ["cgroup", "lines"], "-fsanitize=address,undefined")
    return target


@pytest.mark.parametrize("name", CGROUPS)
def test_quotas_are_found(cgroups, tmp_path, name):
    groups, mounts, files, expected = CGROUPS[name]
    # Lines of other file systems may be long.
    overlay = f"31 23 0:28 / / rw - overlay overlay rw,lowerdir={'l:' * 4000}\n"
    lines = "".join(
        f"32 31 0:29 {top} {place} rw,relatime shared:9 - {kind} {kind} {options}\n"
        for top, place, kind, options in mounts
    )
    texts = {"/proc/self/cgroup": groups, "/proc/self/mountinfo": overlay + lines, **files}
    for path, text in texts.items():
        target = tmp_path / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text if path.startswith("/proc") else text + "\n")
    done = run(cgroups, tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{expected}\n"), done.stderr


def test_a_confined_process_only_computes(tmp_path):
    """What reads HDF5 files asks nothing of the system but memory and its parent's words."""
    folder = ROOT / "Sources" / "CModelFiles"
    done = run(
        "cc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", SOURCES / "confined.c",
        folder / "confine.c", "-o", tmp_path / "confined",
    )
    assert done.returncode == 0, done.stderr
    check(tmp_path / "confined")
