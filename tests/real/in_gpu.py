"""
Run alone in a seat: holds memory of its GPU by the driver's own library, and says how it went.

For each number of MiB on the standard input one line comes back: what the card has, and whether
there was room. What was held stays held until the input ends.
"""

import ctypes
import json
import sys

MiB = 1024**2


def main():
    """Answer each line."""
    cuda = ctypes.CDLL("libcuda.so.1")
    device, context = ctypes.c_int(), ctypes.c_void_p()
    steps = {
        "init": cuda.cuInit(0),
        "device": cuda.cuDeviceGet(ctypes.byref(device), 0),
        "context": cuda.cuCtxCreate_v2(ctypes.byref(context), 0, device),
    }
    print(json.dumps(steps), flush=True)
    for line in sys.stdin:
        pointer, free, total = ctypes.c_uint64(), ctypes.c_size_t(), ctypes.c_size_t()
        code = cuda.cuMemAlloc_v2(ctypes.byref(pointer), ctypes.c_size_t(int(line) * MiB))
        cuda.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total))
        print(json.dumps({"code": code, "total": total.value}), flush=True)


if __name__ == "__main__":
    main()
