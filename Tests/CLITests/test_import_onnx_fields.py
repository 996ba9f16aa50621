"""mtl-export of ONNX files field by field: what is not understood is an error where it counts."""

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, TensorProto, helper, numpy_helper

import onnx_models
from onnx_models import model, node, tensor

X = np.random.default_rng(7).standard_normal((2, 4)).astype(np.float32)


def leaky(**attributes):
    return model([node("LeakyRelu", "x", "y", **attributes)], {"x": ["N", 4]}, {"y": ["N", 4]})


def attribute(change):
    """A LeakyRelu whose attribute was changed."""
    source = leaky(alpha=0.5)
    change(source.graph.node[0].attribute[0])
    return source


def changed(change, source=None):
    source = source or leaky(alpha=0.5)
    change(source)
    return source


def added(constant, uses=True):
    """x plus a constant, or a model that holds but does not use it."""
    nodes = [node("Add", "x c", "y") if uses else node("Neg", "x", "y")]
    return model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]}, [constant])


def answer(mtl_export, mtl_run, folder, source, x=X, **options):
    path = folder / "m.onnx"
    if not path.exists():
        onnx_models.save(source, path)
    mtl_export(path, "-o", folder / "m.mtl", *options.get("arguments", []))
    np.save(folder / "x.npy", x)
    mtl_run(folder / "m.mtl", "--input", folder / "x.npy", "--output", folder / "y.npy")
    return np.load(folder / "y.npy")


def twice(source):
    source.graph.node[0].attribute.append(helper.make_attribute("alpha", 0.25))


def two_places(source):
    source.graph.initializer[0].float_data.extend([1, 2, 3, 4])


def wrong_list(source):
    constant = source.graph.initializer[0]
    constant.ClearField("raw_data")
    constant.int32_data.extend([1, 2, 3, 4])


def cycle(source):
    del source.graph.node[:]
    source.graph.node.extend([
        helper.make_node("Add", ["x", "b"], ["a"], name="one"),
        helper.make_node("Neg", ["a"], ["b"], name="two"), node("Relu", "b", "y")])


def made_twice(source):
    source.graph.node.append(node("Neg", "x", "y"))


def plus():
    return added(numpy_helper.from_array(np.ones(4, np.float32), "c"))


@pytest.mark.parametrize("source, words", [
    (attribute(lambda a: setattr(a, "i", 3)), ["alpha", "kind 1", "a whole number"]),
    (attribute(lambda a: (a.ClearField("type"), setattr(a, "i", 3))), ["alpha", "a float"]),
    (attribute(lambda a: setattr(a, "type", AttributeProto.INT)), ["alpha", "kind 2", "a float"]),
    (changed(twice), ["LeakyRelu", "two attributes", "'alpha'"]),
    (changed(lambda m: m.ClearField("ir_version")), ["which version"]),
    (changed(lambda m: setattr(m, "ir_version", 99)), ["version 99"]),
    (changed(lambda m: m.ClearField("opset_import")), ["which operator set"]),
    (changed(lambda m: m.opset_import.append(helper.make_opsetid("ai.onnx", 11))),
     ["operator sets 17 and 11"]),
    (changed(two_places, plus()), ["'c'", "2 places"]),
    (changed(wrong_list, plus()), ["'c'", "field 5"]),
    (changed(cycle), ["wait for one another", "Add 'one'", "Neg 'two'"]),
    (changed(made_twice), ["'y' is made twice"]),
])
def test_contradictions_are_refused(mtl_export, tmp_path, source, words):
    mtl_export.refuses(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=3,
        words=["m.onnx", *words])
    assert not (tmp_path / "m.mtl").exists()


def field(message, number=77):
    """`message` with a number in a field that the format does not have."""
    key = number << 3
    return message.SerializeToString() + bytes([key & 127 | 128, key >> 7, 1])


def bare(number, payload):
    """A field that is a message or bytes."""
    assert len(payload) < 1 << 14
    return bytes([number << 3 | 2, len(payload) & 127 | 128, len(payload) >> 7]) + payload


@pytest.mark.parametrize("what", [
    "a model", "a graph", "a node", "an attribute", "a tensor", "an input or output", "a type",
    "a shape", "a dimension", "an operator set", "a function"])
def test_fields_that_nobody_knows_are_refused(mtl_export, tmp_path, what):
    source = plus()
    graph = source.graph
    parts = {
        "a graph": (7, field(graph)), "a node": (7, bare(1, field(graph.node[0]))),
        "an attribute": (7, bare(1, bare(5, field(helper.make_attribute("a", 1))))),
        "a tensor": (7, bare(5, field(graph.initializer[0]))),
        "an input or output": (7, bare(11, field(graph.input[0]))),
        "a type": (7, bare(11, bare(2, field(graph.input[0].type)))),
        "a shape": (7, bare(11, bare(2, bare(1, bare(2, field(
            graph.input[0].type.tensor_type.shape)))))),
        "a dimension": (7, bare(11, bare(2, bare(1, bare(2, bare(1, field(
            graph.input[0].type.tensor_type.shape.dim[1]))))))),
        "an operator set": (8, field(source.opset_import[0])),
        "a function": (25, field(onnx.FunctionProto(name="f"))),
    }
    path = tmp_path / "m.onnx"
    if what == "a model":
        path.write_bytes(field(source))
    else:
        number, payload = parts[what]
        if number == 7:
            source.ClearField("graph")
        key = bytes([number << 3 | 2]) if number < 16 else bytes([number << 3 & 127 | 130, 1])
        path.write_bytes(source.SerializeToString() + key + bare(1, payload)[1:])
    mtl_export.refuses(
        path, "-o", tmp_path / "m.mtl", status=3, words=[f"field 77 of {what} is not known"])


def of_kind(number):
    """A constant of one byte an element."""
    return TensorProto(name="c", data_type=number, dims=[4], raw_data=bytes(4))


TEXTS = helper.make_tensor("c", TensorProto.STRING, [4], [b"a", b"b", b"c", b"d"])
SPARSE = helper.make_sparse_tensor(
    helper.make_tensor("c", TensorProto.FLOAT, [1], [2]),
    helper.make_tensor("i", TensorProto.INT64, [1], [3]), [4])


@pytest.mark.parametrize("constant, words", [
    (TEXTS, "is of texts"), (of_kind(TensorProto.FLOAT8E4M3FN), "is of float8e4m3fn"),
    (of_kind(99), "is of element type 99"), (SPARSE, "is sparse"),
])
def test_a_constant_that_cannot_be_read_is_an_error_where_it_is_used(
        mtl_export, mtl_run, tmp_path, constant, words):
    def source(uses):
        if constant is not SPARSE:
            return added(constant, uses)
        made = plus() if uses else leaky(alpha=-1.0)
        del made.graph.initializer[:]
        made.graph.sparse_initializer.append(SPARSE)
        return made
    path = tmp_path / "used.onnx"
    path.write_bytes(source(True).SerializeToString())
    _, err = mtl_export(path, "-o", tmp_path / "u.mtl", status=1)
    assert "(1):" in err and "Add 'y'" in err and f"constant 'c' {words}" in err
    path = tmp_path / "m.onnx"
    path.write_bytes(source(False).SerializeToString())
    y = answer(mtl_export, mtl_run, tmp_path, None)
    np.testing.assert_allclose(y, -X if constant is not SPARSE else np.where(X < 0, -X, X))


@pytest.mark.parametrize("value, words", [
    (helper.make_attribute("alpha", 1), "a whole number, not a float"),
    (AttributeProto(name="alpha", type=AttributeProto.SPARSE_TENSOR, sparse_tensor=SPARSE),
     "a sparse tensor, not a float"),
    (helper.make_attribute("alpha", [0.5]), "a list of floats, not a float"),
    (helper.make_attribute("alpha", helper.make_graph([], "g", [], [])), "a graph, not a float"),
])
def test_attributes_of_another_kind_are_named(mtl_export, tmp_path, value, words):
    source = leaky()
    source.graph.node[0].attribute.append(value)
    path = tmp_path / "m.onnx"
    path.write_bytes(source.SerializeToString())
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "LeakyRelu 'y': attribute alpha is " + words in err


def test_both_names_of_the_standard_domain(mtl_export, mtl_run, tmp_path):
    source = leaky(alpha=0.5)
    source.graph.node[0].domain = "ai.onnx"
    source.opset_import[0].domain = "ai.onnx"
    y = answer(mtl_export, mtl_run, tmp_path, source)
    np.testing.assert_allclose(y, np.where(X < 0, X / 2, X))


def test_operators_of_other_domains_are_others(mtl_export, tmp_path):
    nodes = [helper.make_node("Gelu", [a], [b], domain="com.microsoft")
             for a, b in ("xa", "ab", "bc", "cy")]
    source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]})
    _, err = mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=1)
    assert "(1):" in err
    assert "com.microsoft.Gelu: 4 nodes ('a', 'b', 'c', …): the operator is not supported" in err
    assert "before it was optimized" in err


def test_the_way_out_of_quantized_operators(mtl_export, tmp_path):
    nodes = [
        node("DynamicQuantizeLinear", "x", "q s z"), node("MatMulInteger", "q w z", "i"),
        node("Cast", "i", "f", to=1), node("Mul", "f s", "m"), node("Fancy", "m", "y")]
    weights = numpy_helper.from_array(np.ones((4, 4), np.uint8), "w")
    source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]}, [weights])
    path = tmp_path / "m.onnx"
    path.write_bytes(source.SerializeToString())
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "(3):" in err and err.count("--weights int8") == 2
    for words in ("DynamicQuantizeLinear 'q'", "MatMulInteger 'i'", "Fancy 'y'"):
        assert words in err, err


def test_inputs_that_are_no_tensors(mtl_export, tmp_path):
    source = leaky()
    source.graph.input[0].CopyFrom(helper.make_tensor_sequence_value_info(
        "x", TensorProto.FLOAT, ["N", 4]))
    _, err = mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=1)
    assert "(1):" in err and "input 'x': it is a sequence" in err


def test_an_input_whose_rank_is_not_known(mtl_export, mtl_run, tmp_path):
    source = leaky(alpha=0.5)
    source.graph.input[0].type.tensor_type.ClearField("shape")
    source.graph.input[0].type.denotation = "IMAGE"
    path = onnx_models.save(source, tmp_path / "m.onnx")
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "(1):" in err and "--shape" in err
    y = answer(mtl_export, mtl_run, tmp_path, source, arguments=["--shape", "x=N,4"])
    np.testing.assert_allclose(y, np.where(X < 0, X / 2, X))


def test_nodes_in_any_order(mtl_export, mtl_run, tmp_path):
    nodes = [node("Add", "a b", "y"), node("Neg", "x", "b"), node("Mul", "x b", "a")]
    source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]})
    y = answer(mtl_export, mtl_run, tmp_path, source)
    np.testing.assert_allclose(y, -X - X * X)


def external(folder, location):
    """plus() whose constant lies in a file."""
    source = plus()
    constant = source.graph.initializer[0]
    constant.ClearField("raw_data")
    constant.data_location = TensorProto.EXTERNAL
    constant.external_data.add(key="location", value=location)
    path = folder / "m.onnx"
    path.write_bytes(source.SerializeToString())
    return path


DATA = np.ones(4, np.float32).tobytes()


@pytest.mark.parametrize("location", ["./w.bin", ".//w.bin", "part/./w.bin"])
def test_constants_by_other_names_of_a_file(mtl_export, mtl_run, tmp_path, location):
    (tmp_path / "part").mkdir()
    (tmp_path / "w.bin").write_bytes(DATA)
    (tmp_path / "part" / "w.bin").write_bytes(DATA)
    external(tmp_path, location)
    np.testing.assert_allclose(answer(mtl_export, mtl_run, tmp_path, None), X + 1)


def test_constants_behind_the_links_of_a_cache(mtl_export, mtl_run, tmp_path):
    """Files lie in one folder by their hashes, and links to them in the folder of a version."""
    blobs, version = tmp_path / "blobs", tmp_path / "snapshots" / "v1" / "onnx"
    blobs.mkdir()
    version.mkdir(parents=True)
    external(blobs, "m.onnx_data").rename(blobs / "0a1b")
    (blobs / "2c3d").write_bytes(DATA)
    (version / "m.onnx").symlink_to("../../../blobs/0a1b")
    (version / "m.onnx_data").symlink_to("../../../blobs/2c3d")
    np.testing.assert_allclose(answer(mtl_export, mtl_run, version, None), X + 1)
    (tmp_path / "secret").write_bytes(DATA)
    (version / "m.onnx_data").unlink()
    (version / "m.onnx_data").symlink_to("../../../secret")
    mtl_export.refuses(
        version / "m.onnx", "-o", tmp_path / "n.mtl", status=3, words=["out of the model's folder"])


def branch(made, name):
    return helper.make_graph(
        [made], name, [], [helper.make_tensor_value_info(made.output[0], TensorProto.FLOAT, None)])


@pytest.mark.parametrize("size, expected", [(4, -X), (5, np.maximum(X, 0))])
def test_a_branch_that_shapes_choose(mtl_export, mtl_run, tmp_path, size, expected):
    """The other branch has an operator that is not supported, and a constant of the same name."""
    chosen, other = node("Mul", "t c", "r"), node("Fancy", "x c", "r")
    if size == 5:
        chosen, other = node("Fancy", "x c", "r"), node("Relu", "x", "r")
    then, otherwise = branch(chosen, "then"), branch(other, "else")
    then.initializer.append(onnx_models.number("c", -1))
    otherwise.initializer.append(onnx_models.number("c", 5))
    nodes = [
        node("Shape", "x", "s"), node("Gather", "s one", "g"), node("Equal", "g size", "e"),
        node("Identity", "x", "t"),
        helper.make_node("If", ["e"], ["y"], then_branch=then, else_branch=otherwise)]
    constants = [numpy_helper.from_array(np.array(value, np.int64), name)
                 for name, value in (("one", 1), ("size", size))]
    source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]}, constants)
    (tmp_path / "m.onnx").write_bytes(source.SerializeToString())
    np.testing.assert_allclose(answer(mtl_export, mtl_run, tmp_path, None), expected)


def test_what_the_other_branch_alone_needs_is_no_problem(mtl_export, mtl_run, tmp_path):
    nodes = [
        node("Fancy", "x", "f"), node("Neg", "f", "n"),
        helper.make_node("If", ["e"], ["y"], then_branch=branch(node("Relu", "x", "r"), "then"),
                         else_branch=branch(node("Add", "n x", "q"), "else"))]
    for chosen in (True, False):
        source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]},
                       [numpy_helper.from_array(np.array(chosen), "e")])
        (tmp_path / "m.onnx").write_bytes(source.SerializeToString())
        if chosen:
            y = answer(mtl_export, mtl_run, tmp_path, None)
            np.testing.assert_array_equal(y, np.maximum(X, 0))
        else:
            _, err = mtl_export(tmp_path / "m.onnx", "-o", tmp_path / "n.mtl", status=1)
            assert "(1):" in err and "Fancy 'f'" in err


def test_a_branch_that_the_image_chooses_is_refused(mtl_export, tmp_path):
    nodes = [
        node("ReduceMax", "x", "m", keepdims=0), node("Greater", "m zero", "e"),
        helper.make_node("If", ["e"], ["y"], then_branch=branch(node("Neg", "x", "r"), "then"),
                         else_branch=branch(node("Relu", "x", "q"), "else"))]
    source = model(nodes, {"x": [2, 4]}, {"y": [2, 4]}, [onnx_models.number("zero", 0)])
    _, err = mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=1)
    assert "If 'y'" in err and "the image decides" in err


def test_a_branch_that_the_number_of_images_chooses(mtl_export, mtl_run, tmp_path):
    nodes = [
        node("Shape", "x", "s", end=1), node("Equal", "s one", "e"),
        helper.make_node("If", ["e"], ["y"], then_branch=branch(node("Neg", "x", "r"), "then"),
                         else_branch=branch(node("Relu", "x", "q"), "else"))]
    source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]}, [onnx_models.integers("one", 1)])
    path = onnx_models.save(source, tmp_path / "m.onnx")
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "If 'y'" in err and "--shape" in err
    y = answer(mtl_export, mtl_run, tmp_path, source, X[:1], arguments=["--shape", "x=1,4"])
    np.testing.assert_array_equal(y, -X[:1])


def test_a_free_input_is_the_only_problem(mtl_export, tmp_path):
    source = model([node("Conv", "x w", "c"), node("Relu", "c", "y")],
                   {"x": ["N", 3, "h", "w"]}, {"y": None}, [tensor("w", 4, 3, 3, 3)])
    _, err = mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=1)
    assert "(1):" in err and "there is no tensor" not in err
