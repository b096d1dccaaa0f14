"""The optimizer and its schedule against plain linear algebra."""

import numpy as np
import pytest
import torch

from training.optimizer import StudentOptimizer, learning_rate_factor, orthogonalised


@pytest.mark.parametrize("shape", [(8, 24), (24, 8), (16, 16)])
def test_orthogonalised_keeps_directions_and_levels_their_sizes(shape: tuple[int, int]) -> None:
    """Same singular vectors, singular values near 1, as the quintic iteration promises (0.7 to 1.2)."""
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    left, _, right = np.linalg.svd(matrix.numpy(), full_matrices=False)

    turned = left.T @ orthogonalised(matrix).numpy() @ right.T

    assert np.allclose(turned, np.diag(np.diag(turned)), atol=1e-4)
    assert 0.6 < np.diag(turned).min() <= np.diag(turned).max() < 1.3


def test_the_rate_warms_up_peaks_and_ends_at_the_floor() -> None:
    """Never zero, never above one."""
    factors = [learning_rate_factor(step, num_steps=100, warmup_steps=10, floor=0.05) for step in range(100)]

    assert factors[0] == pytest.approx(0.1)
    assert max(factors) == factors[9] == pytest.approx(1.0)
    assert factors[-1] == pytest.approx(0.05)
    assert factors[10:] == sorted(factors[10:], reverse=True)


def test_every_weight_of_the_student_is_trained(student) -> None:
    """Matrices inside the blocks by Muon, everything else by AdamW, nothing by neither."""
    optimizer = StudentOptimizer(student, learning_rate=1e-2, matrix_learning_rate=1e-2)
    before = {name: value.clone() for name, value in student.state_dict().items()}
    student(input_ids=torch.arange(20)[None]).logits.square().mean().backward()

    optimizer.step(1.0)

    still = [name for name, value in student.named_parameters() if torch.equal(value, before[name])]
    assert [name for name in still if not name.endswith("c_attn.bias")] == []
