"""Log-probabilities slice by slice against the whole log-softmax in float64."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from training.objective.head import token_logprobs

N, D, V = 7, 5, 23


def drawn(*, scale: float = 1.0, bias: bool = True, dtype: torch.dtype = torch.float32) -> tuple[nn.Linear, Tensor]:
    """(output projection, hidden states)."""
    torch.manual_seed(3)
    head = nn.Linear(D, V, bias=bias)
    return head.to(dtype), (scale * torch.randn(N, D)).to(dtype).requires_grad_()


TOKEN = torch.tensor([0, 22, 3, 3, 11, 5, 22])
PULL = torch.tensor([1.0, -2.0, 0.0, 0.5, 0.0, 3.0, 0.1])


def by_hand(head: nn.Linear, hidden: Tensor) -> tuple[Tensor, list[Tensor]]:
    """(log-probabilities, gradients by hidden, weight and bias) in float64."""
    leaves = [each.detach().double().requires_grad_() for each in (hidden, *head.parameters())]
    logits = nn.functional.linear(*leaves)
    logprobs = logits.log_softmax(1)[torch.arange(N), TOKEN]
    return logprobs.detach(), list(torch.autograd.grad(logprobs @ PULL.double(), leaves))


def differences(head: nn.Linear, hidden: Tensor, found: Tensor) -> list[float]:
    """The largest errors of log-probabilities and of each gradient; of what exceeds 1, as a share of its largest."""
    expected, gradients = by_hand(head, hidden)
    (found @ PULL).backward()
    pairs = zip([found, hidden.grad, *(each.grad for each in head.parameters())], [expected, *gradients], strict=True)
    return [((left.double() - right).abs().max() / right.abs().max().clamp(min=1)).item() for left, right in pairs]


@settings(max_examples=30, deadline=None)
@given(max_logits=st.integers(1, 400), scale=st.sampled_from([0.0, 1.0, 50.0]), bias=st.booleans())
def test_slices_of_any_width_give_the_whole(max_logits: int, scale: float, bias: bool) -> None:
    """One id at a time, or all; with logits of all sizes; with a bias and without."""
    head, hidden = drawn(scale=scale, bias=bias)

    found = token_logprobs(head.forward, hidden, TOKEN, max_logits)

    assert max(differences(head, hidden, found)) < 1e-5


def test_a_head_that_is_no_plain_projection_is_called_as_it_is() -> None:
    """An adapter's or a quantised one: a few tokens at a time, with the gradients of autograd."""

    class Wrapped(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            assert len(input) <= 2
            return super().forward(input)

    plain, hidden = drawn()
    head = Wrapped(D, V)
    head.load_state_dict(plain.state_dict())

    found = token_logprobs(head.forward, hidden, TOKEN, 2 * V)

    assert max(differences(head, hidden, found)) < 1e-5


def test_weights_that_are_frozen_get_no_gradient() -> None:
    """As under an adapter: the hidden states still get theirs."""
    head, hidden = drawn()
    head.requires_grad_(False)

    (token_logprobs(head.forward, hidden, TOKEN, 20) @ PULL).backward()

    assert head.weight.grad is None
    assert (hidden.grad.double() - by_hand(head, hidden)[1][0]).abs().max() < 1e-5


def test_the_softmax_of_16_bit_matrices_is_in_32_bit() -> None:
    """A hundred thousand equal logits: in bfloat16 their sum stops growing at 256, and the answer would be ln 256."""
    head = nn.Linear(1, 100_000, bias=False, dtype=torch.bfloat16)
    nn.init.zeros_(head.weight)

    found = token_logprobs(head.forward, torch.ones(1, 1, dtype=torch.bfloat16), torch.tensor([5]), 4096)

    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(-11.512925, abs=1e-4)


def test_16_bit_gradients_are_off_by_one_rounding_however_many_slices() -> None:
    """Summed over 512 slices in float32; in bfloat16 the sum would be off by a tenth."""
    torch.manual_seed(0)
    hidden = torch.randn(8, 64, dtype=torch.bfloat16).requires_grad_()
    head, token = nn.Linear(64, 4096, bias=False, dtype=torch.bfloat16), torch.arange(8)
    exact = hidden.detach().double().requires_grad_()

    token_logprobs(head.forward, hidden, token, 8 * 8).sum().backward()
    (exact @ head.weight.double().T).log_softmax(1)[torch.arange(8), token].sum().backward()

    assert (hidden.grad.double() - exact.grad).abs().max() < 0.01 * exact.grad.abs().max()


def test_autocast_is_heeded() -> None:
    """The matrices are multiplied in its dtype, the gradients come back in the weights' own."""
    head, hidden = drawn()

    with torch.autocast("cpu", torch.bfloat16):
        found = token_logprobs(head.forward, hidden, TOKEN, 20)

    assert 1e-5 < max(differences(head, hidden, found)) < 0.05
    assert head.weight.grad.dtype == torch.float32


@pytest.mark.parametrize("num_pulling", [0, 2])
def test_nothing_is_computed_backwards_for_tokens_without_a_gradient(num_pulling: int) -> None:
    """An answer that stands right costs its forward pass alone."""
    head, hidden = drawn()
    pull = torch.zeros(N).index_fill(0, torch.arange(num_pulling), 1.0)

    found = token_logprobs(head.forward, hidden, TOKEN, V * N)
    with _Sizes() as sizes:
        (found * pull).sum().backward()

    assert sizes.logits == {(num_pulling, V)}
    assert hidden.grad.any(1).sum() == num_pulling
    assert bool(head.weight.grad.any()) == bool(num_pulling)


class _Sizes(TorchDispatchMode):
    """Notes what the operations make: the largest tensor of all, and the shapes of logits."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0
        self.logits: set[tuple[int, ...]] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor):
            self.largest = max(self.largest, made.numel())
            self.logits |= {tuple(made.shape)} if func is torch.ops.aten.exp_.default else set()
        return made


def test_the_logits_of_all_tokens_never_exist() -> None:
    """Forward and backward: nothing larger than the weights, where all logits would be ten times that."""
    head, hidden = nn.Linear(4, 1000), torch.randn(40, 4, requires_grad=True)

    with _Sizes() as sizes:
        token_logprobs(head.forward, hidden, torch.arange(40), 2000).sum().backward()

    assert sizes.largest == head.weight.numel() < 40 * 1000
