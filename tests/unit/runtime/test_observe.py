"""The struct through which activations are read is laid out as this build of ggml lays it out."""

import ctypes

from assistant.runtime.observe import GgmlTensor, ggml

F32, I32 = 0, 26


class InitParams(ctypes.Structure):
    """`struct ggml_init_params`."""

    _fields_ = (("mem_size", ctypes.c_size_t), ("mem_buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool))


def test_every_field_read_is_where_ggml_writes_it() -> None:
    """A product that ggml made shows its type, shape, strides, operation, sources, data and name through our struct."""
    ggml.ggml_init.argtypes, ggml.ggml_init.restype = [InitParams], ctypes.c_void_p
    ggml.ggml_new_tensor_3d.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64]
    ggml.ggml_mul_mat_id.argtypes = [ctypes.c_void_p] * 4
    ggml.ggml_set_name.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    ggml.ggml_get_data.argtypes = [ctypes.c_void_p]
    for function in (ggml.ggml_new_tensor_3d, ggml.ggml_mul_mat_id, ggml.ggml_get_data):
        function.restype = ctypes.c_void_p
    context = ggml.ggml_init(InitParams(1 << 20, None, False))
    weights = ggml.ggml_new_tensor_3d(context, F32, 8, 5, 4)
    rows = ggml.ggml_new_tensor_3d(context, F32, 8, 1, 3)
    experts = ggml.ggml_new_tensor_3d(context, I32, 2, 3, 1)
    ggml.ggml_set_name(weights, b"blk.0.ffn_up_exps.weight")

    node = GgmlTensor.from_address(ggml.ggml_mul_mat_id(context, weights, rows, experts))

    found = node.src[0].contents
    assert ggml.ggml_op_name(node.op) == b"MUL_MAT_ID"
    assert [ctypes.addressof(source.contents) for source in node.src[:3]] == [weights, rows, experts]
    assert (found.name, found.type, found.ne[:], found.nb[:]) == (
        b"blk.0.ffn_up_exps.weight", F32, [8, 5, 4, 1], [4, 32, 160, 640],
    )  # fmt: skip
    assert found.data == ggml.ggml_get_data(weights)
    assert node.src[2].contents.type == I32
    assert ggml.ggml_tensor_overhead() >= ctypes.sizeof(GgmlTensor)
    ggml.ggml_free.argtypes = [ctypes.c_void_p]
    ggml.ggml_free(context)
