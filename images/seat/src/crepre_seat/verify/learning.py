"""Networks: a few steps of training in each framework, and the course's layers and samples."""

from __future__ import annotations

import os
import subprocess
import sys

from crepre_seat.verify.report import Check, ensure


def train() -> str:
    """Train a recurrent network for four epochs with Keras; says on what, and how it went."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(1)
    inputs = np.random.default_rng(1).normal(size=(64, 8, 2)).astype("float32")
    model = keras.Sequential([keras.layers.LSTM(8), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    losses = model.fit(inputs, inputs.sum(axis=(1, 2)), epochs=4, verbose=0).history["loss"]
    ensure(losses[-1] < losses[0], f"the loss went from {losses[0]} to {losses[-1]}")
    return f"{keras.backend.backend()}: the loss went {losses[0]:.3f} to {losses[-1]:.3f}"


def keras_on(backend: str, before: str = "") -> Check:
    """
    A check that Keras learns on *backend*, chosen as a student does it.

    TensorFlow's runs in this process, the others' in their own.

    Args:
        before: What to import first there, to see that the frameworks bear with each other.
    """

    def check_keras() -> str:
        code = f"{before}\nfrom crepre_seat.verify.learning import train\nprint(train())"
        here = backend == "tensorflow"
        said = train() if here else fresh_python(code, KERAS_BACKEND=backend)
        ensure(said.startswith(f"{backend}:"), f"it ran on {said}")
        return said

    return check_keras


def fresh_python(code: str, **environment: str) -> str:
    """
    What *code* prints in a Python of its own.

    Raises:
        AssertionError: If it fails; the message is the end of what it said.
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    ensure(done.returncode == 0, done.stderr.strip()[-500:])
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def check_torch() -> str:
    """PyTorch learns, in a process that has TensorFlow and JAX in it already."""
    import torch

    torch.manual_seed(1)
    inputs = torch.randn(64, 4)
    model = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), inputs.sum(1, keepdim=True))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    ensure(losses[-1] < losses[0], f"the loss went from {losses[0]} to {losses[-1]}")
    return f"torch {torch.__version__}, the loss went {losses[0]:.3f} to {losses[-1]:.3f}"


def check_jax() -> str:
    """JAX compiles and differentiates."""
    import jax

    slope = jax.jit(jax.grad(lambda x: x**3))(2.0)
    ensure(abs(float(slope) - 12) < 1e-4, f"the slope is {slope}")
    return f"jax {jax.__version__}"


def check_mixture_density() -> str:
    """A mixture density layer is trained and sampled, also under its old name ``mdn``."""
    import keras
    import keras_mdn_layer
    import mdn
    import numpy as np

    ensure(mdn.MDN is keras_mdn_layer.MDN, "mdn is another module")
    keras.utils.set_random_seed(1)
    x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
    model = keras.Sequential([keras.layers.Dense(8, activation="tanh"), mdn.MDN(1, 3)])
    model.compile("adam", mdn.get_mixture_loss_func(1, 3))
    first, *_, end = model.fit(x, np.sin(3 * x), epochs=6, verbose=0).history["loss"]
    ensure(end < first, f"the loss went from {first} to {end}")
    sample = mdn.sample_from_output(model.predict(x[:1], verbose=0)[0], 1, 3)
    ensure(np.isfinite(sample).all(), f"it sampled {sample}")
    return f"the loss went {first:.3f} to {end:.3f}"


def check_probability() -> str:
    """TensorFlow Probability samples a mixture."""
    import numpy as np
    import tensorflow_probability as tfp

    family = tfp.distributions
    mixture = family.MixtureSameFamily(
        family.Categorical(probs=[0.5, 0.5]), family.Normal([-3.0, 3.0], [0.1, 0.1])
    )
    sample = mixture.sample(200, seed=1).numpy()
    ensure(2.5 < np.abs(sample).mean() < 3.5, f"the samples are {sample[:3]}")
    return f"tensorflow-probability {tfp.__version__}"


LEARNING: dict[str, Check] = {
    "keras, tensorflow": keras_on("tensorflow"),
    "keras, jax": keras_on("jax"),
    "jax": check_jax,
    "mixture density": check_mixture_density,
    "probability": check_probability,
}
"""What needs the lock alone."""

TORCH: dict[str, Check] = {
    "torch": check_torch,
    "keras, torch": keras_on("torch", before="import torch, jax, tensorflow"),
}
"""What needs PyTorch, which the CPU images have from Debian."""
