"""Operations are counted as by hand, and as TensorFlow counts them."""

import pytest

from benchmarks.operations import network_operations, training_operations
from vae_engine.settings import Settings, make_settings

SMALL = make_settings(latent_dim=3, filters=(2, 4), kernel_size=4, dense_units=(5,))

# Two for each weight and place: 14 x 14 places of the first convolution, 4 x 4 x 1 x 2 weights.
BY_HAND = {
    "encoder/conv_1": 2 * 14 * 14 * 4 * 4 * 1 * 2,
    "encoder/conv_2": 2 * 7 * 7 * 4 * 4 * 2 * 4,
    "encoder/dense_1": 2 * (7 * 7 * 4) * 5,
    "encoder/z_mean": 2 * 5 * 3,
    "encoder/z_log_var": 2 * 5 * 3,
    "decoder/dense_1": 2 * 3 * 5,
    "decoder/dense_image": 2 * 5 * (7 * 7 * 4),
    "decoder/conv_transpose_1": 2 * 7 * 7 * 4 * 4 * 4 * 2,
    "decoder/logits": 2 * 14 * 14 * 4 * 4 * 2 * 1,
}


def test_layers_of_a_small_network_as_by_hand() -> None:
    assert {layer.name: layer.forward for layer in network_operations(SMALL)} == BY_HAND


def test_only_the_first_layer_needs_no_gradient_of_its_input() -> None:
    assert training_operations(SMALL) == 3 * sum(BY_HAND.values()) - BY_HAND["encoder/conv_1"]


@pytest.mark.parametrize(
    "settings",
    [make_settings(), make_settings(latent_dim=16, filters=(8,), kernel_size=3)],
    ids=["default", "one convolution of 3x3"],
)
def test_forward_operations_as_tensorflow_counts_them(settings: Settings) -> None:
    ours = sum(layer.forward for layer in network_operations(settings))
    assert ours == counted_by_tensorflow(settings)


def counted_by_tensorflow(settings: Settings) -> int:
    """Matrix products and convolutions in the graph of a forward pass of one image."""
    import tensorflow as tf
    from tensorflow.python.framework.ops import get_stats_for_node_def

    from vae_engine.model.network import build_networks

    networks = build_networks(settings)

    def forward(images: object) -> object:
        z_mean, z_log_var = networks.encoder(images)
        return z_log_var, networks.decoder_logits(z_mean)

    specification = tf.TensorSpec((1, 28, 28, 1), tf.float32)
    graph = tf.function(forward).get_concrete_function(specification).graph
    counted = [
        get_stats_for_node_def(graph, operation.node_def, "flops").value
        for operation in graph.get_operations()
        if operation.type in ("Conv2D", "MatMul", "Conv2DBackpropInput")
    ]
    return int(sum(counted))
