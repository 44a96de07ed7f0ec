"""Traced operations find their part of the step, and share the clock where they run at once."""

import pytest

from benchmarks.operation_trace import Operation, part_of, seconds_by_part
from benchmarks.operations import network_operations
from vae_engine.settings import make_settings

LAYERS = [layer.name for layer in network_operations(make_settings())]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("while/body/_1/while/encoder_1/conv_1_1/Relu:_MklNativeFusedConv2D", "encoder/conv_1"),
        ("gradient_tape/while/encoder_1/dense_2_1/MatMul/MatMul:MatMul", "encoder/dense_2"),
        ("while/decoder_logits_1/dense_2_1/Relu:_MklNativeFusedMatMul", "decoder/dense_2"),
        ("while/decoder_logits_1/dense_image_1/BiasAdd:BiasAdd", "decoder/dense_image"),
        ("while/decoder_logits_1/logits_1/conv_transpose:Conv2D", "decoder/logits"),
        ("while/decoder_logits/conv_transpose_1/BiasAdd:BiasAdd", "decoder/conv_transpose_1"),
        ("while/body/_1/while/adam/truediv_13:RealDiv", "optimizer"),
        ("while/body/_1/while/ResourceApplyAdam_3:ResourceApplyAdam", "optimizer"),
        ("while/stateless_random_normal/StatelessRandomNormalV2:X", "noise"),
        ("gradient_tape/while/logistic_loss/mul:Mul", "loss"),
        ("while/body/_1/while/GatherV2:GatherV2", "batch forming"),
        ("while/cond/_0/while/Less:Less", "other operations"),
    ],
)
def test_an_operation_belongs_to_a_part(name: str, part: str) -> None:
    assert part_of(name, LAYERS) == part


def test_operations_that_run_at_once_share_the_time() -> None:
    operations = [
        Operation("while/adam/Mul:Mul", 0.0, 4.0),
        Operation("while/encoder/conv_1/Relu:Relu", 1.0, 3.0),
        Operation("while/adam/Sub:Sub", 10.0, 11.0),
    ]
    seconds = seconds_by_part(operations, LAYERS)
    # Alone for 2 s, shared for 2 s, and later alone for 1 s: 5 s in all, none counted twice.
    assert seconds == {"optimizer": pytest.approx(4.0), "encoder/conv_1": pytest.approx(1.0)}


def test_two_operations_of_one_part_are_not_counted_twice() -> None:
    operations = [Operation("adam/Mul:Mul", 0.0, 2.0), Operation("adam/Sub:Sub", 0.0, 2.0)]
    assert seconds_by_part(operations, LAYERS) == {"optimizer": pytest.approx(2.0)}
