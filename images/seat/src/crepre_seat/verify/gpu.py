"""CUDA: its libraries, which are there without a GPU too, and what a GPU computes."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from crepre_seat.verify.environment import site_packages
from crepre_seat.verify.learning import fresh_python
from crepre_seat.verify.report import Check, NotCheckedHere, ensure

LIBRARIES = ("libcudart.so.12", "libcublas.so.12", "libcudnn.so.9", "libcufft.so.11")
SHARING = {
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}
"""Without these, the first program on a card takes all of its memory."""

ON_THE_GPU = {
    "tensorflow": """
import tensorflow as tf
with tf.device("GPU:0"):
    answer = tf.linalg.matmul(tf.ones((64, 64)), tf.ones((64, 64)))
assert "GPU" in answer.device, answer.device
print(float(answer[0, 0]), tf.config.experimental.get_memory_info("GPU:0")["current"])
""",
    "jax": """
import jax
answer = jax.jit(lambda x: x @ x)(jax.numpy.ones((64, 64)))
device, = answer.devices()
assert device.platform == "gpu", device
print(float(answer[0, 0]), device.memory_stats()["bytes_in_use"])
""",
    "torch": """
import torch
answer = torch.ones((64, 64), device="cuda") @ torch.ones((64, 64), device="cuda")
print(float(answer[0, 0]), torch.cuda.memory_reserved())
""",
}
"""One product of matrices in each framework; prints it, and the bytes taken of the card."""

MODEST_BYTES = 1 << 30


def check_cuda_libraries() -> str:
    """CUDA's libraries can be loaded, and all three frameworks are built for the same CUDA."""
    for name in LIBRARIES:
        found = [path for root in site_packages() for path in Path(root, "nvidia").rglob(name)]
        ensure(found, f"{name} is missing")
        ctypes.CDLL(str(found[0]))
    import tensorflow as tf
    import torch

    built = {
        "tensorflow": str(tf.sysconfig.get_build_info()["cuda_version"]),
        "torch": str(torch.version.cuda),
        "jax": fresh_python("import jax_cuda12_plugin; print('12')"),
    }
    majors = {version.partition(".")[0] for version in built.values()}
    ensure(majors == {"12"}, f"they are built for {built}")
    return ", ".join(f"{name} {version}" for name, version in built.items())


def check_sharing() -> str:
    """No framework takes a whole card for itself."""
    wrong = [name for name, value in SHARING.items() if os.environ.get(name) != value]
    ensure(not wrong, f"not set: {', '.join(wrong)}")
    return "no memory before it is needed"


def on_the_gpu(framework: str) -> Check:
    """A check that *framework* computes on the GPU, and takes little of its memory."""

    def check_gpu() -> str:
        ensure_gpu()
        product, taken = fresh_python(ON_THE_GPU[framework]).split()
        ensure(float(product) == 64, f"the product is {product}")
        ensure(int(taken) < MODEST_BYTES, f"it took {taken} bytes of the card")
        return f"{int(taken) >> 20} MiB of the card"

    return check_gpu


def ensure_gpu() -> None:
    """
    Return if there is a GPU for this process.

    Raises:
        NotCheckedHere: If there is none, or no driver.
    """
    count = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        raise NotCheckedHere("no driver of a GPU here") from None
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        raise NotCheckedHere("no GPU here")


GPU: dict[str, Check] = {
    "cuda libraries": check_cuda_libraries,
    **{f"gpu, {name}": on_the_gpu(name) for name in ON_THE_GPU},
}
