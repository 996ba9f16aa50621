"""Where plugins come from, and who may have put them there: a host in C that moves, confines itself
and changes its files before it opens models."""

import json
import os
import shutil
import stat
import subprocess

import pytest
from plugin_host import (  # noqa: F401 (fixtures)
    IMAGES, MODEL, binary, compile_plugin, copy, host, image, library, needs_root, place,
    plugins, runs_fast,
)


# MARK: The origin is fixed when the library is loaded


@pytest.fixture
def planted(prefix, place):
    """A folder that looks like an installation and holds somebody else's plugins."""
    folder = place / "strangers"
    (folder / "lib" / "mtlrt").mkdir(parents=True)
    (folder / "lib" / "libmtlrt.so.1").write_bytes(b"")
    for name in ("simd-avx512", "simd-avx2", "simd-sse2", "openblas"):
        compile_plugin(
            prefix, folder / "lib" / "mtlrt" / f"mtlrt-{name}.so", f'-DNAME="{name}"',
            "-DCONSTRUCTOR", "-DRANK=9999")
    return folder


@pytest.mark.parametrize("way", ["relative", "search path"])
def test_a_library_loaded_by_a_relative_path_stays_where_it_was(host, copy, planted, way):
    name = "libmtlrt.so.1" if way == "search path" else "lib/libmtlrt.so.1"
    env = {"LD_LIBRARY_PATH": "lib"} if way == "search path" else {}
    out, err = host(
        "load", name, "chdir", planted, "open", MODEL, "report", "chdir", "/", "open", MODEL,
        cwd=copy, env=env)
    assert err == []
    assert runs_fast(out[0]) and runs_fast(out[2])
    assert json.loads(out[1])["module_dir"] == str(plugins(copy))


def test_the_command_by_a_relative_path(copy):
    done = subprocess.run(
        ["bin/mtl-run", "--list-backends", "--json"], cwd=copy, capture_output=True, text=True)
    assert json.loads(done.stdout)["module_dir"] == str(plugins(copy))


@needs_root
def test_after_chroot_the_plugins_are_those_of_before(host, copy, image, place):
    empty = place / "empty"
    empty.mkdir(mode=0o755)
    out, _ = host(
        "load", library(copy), "open", MODEL, "read", image, "decode", image, "chroot", empty,
        "open", MODEL, "decode", image, "predict", "fallback")
    assert runs_fast(out[0]) and runs_fast(out[2])
    assert out[1].startswith("decode 0") and out[3].startswith("decode 0")
    assert out[4].startswith("predict 0") and out[5].startswith("fallback 0")


@needs_root
def test_chroot_before_the_first_model_is_no_error(host, copy, place):
    empty = place / "empty"
    empty.mkdir(mode=0o755)
    out, _ = host(
        "load", library(copy), "read", MODEL, "chroot", empty, "open", MODEL, "predict",
        "fallback")
    assert out[0] == "open 0 scalar" and out[1].startswith("predict 0")
    assert out[2].startswith("fallback 4") and str(plugins(copy)) in out[2]


def test_files_may_be_renamed_and_deleted_once_they_are_loaded(host, copy, image):
    out, _ = host(
        "load", library(copy), "open", MODEL, "decode", image, "rename", plugins(copy),
        copy / "gone", "delete", library(copy).resolve(), "delete", library(copy),
        "open", MODEL, "decode", image, "fallback")
    assert runs_fast(out[0]) and runs_fast(out[2])
    assert out[3].startswith("decode 0") and out[4].startswith("fallback 0")


def test_the_library_may_be_deleted_before_the_first_model(host, copy):
    out, _ = host(
        "load", library(copy), "delete", library(copy).resolve(), "delete", library(copy),
        "open", MODEL)
    assert runs_fast(out[0])


def test_a_sandbox_without_readlink(host, copy):
    out, _ = host("no-readlink", "load", library(copy), "open", MODEL, "fallback")
    assert runs_fast(out[0]) and out[1].startswith("fallback 0")


def test_the_command_in_a_sandbox_without_readlink(host, copy):
    out, _ = host("no-readlink", "exec", copy / "bin" / "mtl-run", "--list-backends", "--json")
    assert json.loads(out[0])["module_dir"] == str(plugins(copy))


def test_images_are_decoded_after_confinement(host, copy, image):
    words = ["load", library(copy), "read", image]
    out, _ = host(*words, "flags", IMAGES, "open", MODEL, "no-files", "decode", image)
    assert out[1].startswith("decode 0")
    out, _ = host(*words, "open", MODEL, "no-files", "decode", image, "predict")
    assert out[1].startswith("decode 4") and "MTLRT_IMAGES" in out[1]
    assert out[2].startswith("predict 0")


# MARK: Who may have put it there


@needs_root
@pytest.mark.parametrize("owner", [0, 4321])
def test_a_user_namespace_that_has_no_number_for_root(host, copy, image, owner):
    """There files of root, and the folders above, belong to nobody that is known."""
    enter = ["unshare", "--user", "--map-root-user"]
    tried = subprocess.run([*enter, "true"], capture_output=True, user=4321, group=4321)
    if tried.returncode != 0:
        pytest.skip("user namespaces are not allowed here")
    give(copy, owner, owner)
    os.chown(copy.parent, owner, owner)
    out, _ = host(
        "load", library(copy), "open", MODEL, "fallback", "decode", image,
        before=enter, user=4321, group=4321, extra_groups=[])
    assert runs_fast(out[0]) and out[1].startswith("fallback 0"), out
    assert out[2].startswith("decode 0")


def refused(host, copy, folder, words):
    """The model runs on scalar, and the reason names `words`."""
    out, err = host("load", library(copy), "dir", folder, "open", MODEL, "fallback")
    assert out[0] == "open 0 scalar", out
    assert out[1].startswith("fallback 4") and "not trusted" in out[1], out
    assert str(words) in out[1], out
    assert err == []


def accepted(host, copy, folder):
    out, _ = host("load", library(copy), "dir", folder, "open", MODEL, "fallback")
    assert runs_fast(out[0]) and out[1].startswith("fallback 0"), out


@pytest.fixture
def deep(copy):
    """A folder of plugins with others above it."""
    folder = copy / "one" / "two" / "mtlrt"
    shutil.copytree(plugins(copy), folder)
    return folder


@pytest.mark.parametrize("above", [0, 1, 2])
def test_folders_above_that_all_may_write_are_refused(host, copy, deep, above):
    accepted(host, copy, deep)
    ancestor = [deep, *deep.parents][above]
    ancestor.chmod(0o777)
    refused(host, copy, deep, ancestor)
    ancestor.chmod(0o1777)
    if above == 0:  # plugins may be added there
        refused(host, copy, deep, ancestor)
    else:
        accepted(host, copy, deep)


@needs_root
@pytest.mark.parametrize("above", [0, 1, 2])
def test_folders_above_that_another_user_owns_are_refused(host, copy, deep, above):
    ancestor = [deep, *deep.parents][above]
    os.chown(ancestor, 1234, 0)
    refused(host, copy, deep, ancestor)


@needs_root
def test_folders_that_a_group_may_write(host, copy, deep):
    deep.parent.chmod(0o775)
    accepted(host, copy, deep)
    os.chown(deep.parent, 0, 1234)
    refused(host, copy, deep, deep.parent)
    library(copy).chmod(0o775)
    os.chown(library(copy).resolve(), 0, 1234)
    accepted(host, copy, deep)


@needs_root
def test_links_are_followed_and_their_folders_checked(host, copy, deep):
    link = copy / "links" / "mtlrt"
    link.parent.mkdir(mode=0o755)
    link.symlink_to(deep)
    accepted(host, copy, link)
    link.parent.chmod(0o777)
    refused(host, copy, link, link.parent)
    link.parent.chmod(0o1777)
    accepted(host, copy, link)
    os.chown(link, 1234, 1234, follow_symlinks=False)
    refused(host, copy, link, link)
    link.parent.chmod(0o755)
    deep.parent.chmod(0o777)
    refused(host, copy, link, deep.parent)


def test_links_that_lead_round_and_round(host, copy):
    folder = copy / "round"
    folder.mkdir(mode=0o755)
    (folder / "mtlrt-acme.so").symlink_to("mtlrt-acme.so")
    out, _ = host("load", library(copy), "dir", folder, "open", MODEL, "fallback")
    assert out[0] == "open 0 scalar"
    assert "Too many levels of symbolic links" in out[1]


@needs_root
def test_a_plugin_of_another_user_is_refused(host, copy, prefix):
    acme = compile_plugin(prefix, plugins(copy) / "mtlrt-acme.so", "-DRANK=5000", "-DCONSTRUCTOR")
    os.chown(acme, 1234, 1234)
    out, err = host("load", library(copy), "open", MODEL, "fallback")
    assert runs_fast(out[0]) and err == []
    assert str(acme) in out[1] and "belongs to another user" in out[1]


def give(folder, user, group):
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user, group, follow_symlinks=False)


@needs_root
def test_the_owner_of_the_library_is_trusted(host, copy, image):
    give(copy, 1234, 1234)
    out, _ = host(
        "uid", 4321, "load", library(copy), "open", MODEL, "fallback", "decode", image)
    assert runs_fast(out[0]) and out[1].startswith("fallback 0") and out[2].startswith("decode 0")
    done = subprocess.run(
        [copy / "bin" / "mtl-run", MODEL, "--bench", "--seconds", "0.01", "--json"],
        capture_output=True, text=True, user=4321, group=4321, extra_groups=[])
    assert json.loads(done.stdout)["backend"].startswith("simd") and done.stderr == ""


@needs_root
@pytest.mark.parametrize("user, group", [(0, 0), (1234, 0), (1234, 1234), (1234, 5678)])
def test_files_that_the_group_may_write_as_the_owner_may(host, copy, image, user, group):
    give(copy, user, group)
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (mode & stat.S_IRWXU) >> 3)
    out, _ = host(
        "uid", 4321, "load", library(copy), "open", MODEL, "fallback", "decode", image)
    assert runs_fast(out[0]) and out[1].startswith("fallback 0") and out[2].startswith("decode 0")
